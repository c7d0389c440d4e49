// Read-modify-write instructions made for LOCK: SDM vol. 3, 9.1.2. One guest instruction runs at a
// time, so each is atomic as it stands; LOCK only has to be allowed.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::rax;
using cpu::rbx;
using cpu::rcx;
using cpu::rdx;

/// The destination is written either way (with its old value when they differ), so it must be
/// writable.
template <Word T>
RT0_INLINE void cmpxchg(auto& c) {
  const T expected = c.template reg<T>(rax), current = c.template read<T>(0);
  const T replacement = c.template read<T>(1);
  const Flags flags = cpu::difference(expected, current).flags;
  if (expected == current) {
    c.write(0, replacement);
  } else {
    if (c.is_mem(0)) c.write(0, current);
    c.template set_reg<T>(rax, current);
  }
  c.write(flags);
}

template <Word T>
RT0_INLINE void xadd(auto& c) {
  const T a = c.template read<T>(0), b = c.template read<T>(1);
  const auto [result, flags] = cpu::sum(a, b);
  if (c.is_mem(0)) {
    c.write(0, result);
    c.write(1, a);
  } else {
    c.write(1, a);  // XADD r, r leaves the sum when both are the same register
    c.write(0, result);
  }
  c.write(flags);
}

RT0_INLINE void cmpxchg8b(auto& c) {
  const u64 expected = (u64{c.template reg<u32>(rdx)} << 32) | c.template reg<u32>(rax);
  const u64 current = c.template read<u64>(0);
  const u64 replacement = (u64{c.template reg<u32>(rcx)} << 32) | c.template reg<u32>(rbx);
  c.write(0, expected == current ? replacement : current);
  if (expected != current) {
    c.template set_reg<u32>(rax, static_cast<u32>(current));
    c.template set_reg<u32>(rdx, static_cast<u32>(current >> 32));
  }
  c.write(c.flags().with_zf(expected == current));
}

/// Memory must be 16-byte aligned (#GP).
RT0_INLINE void cmpxchg16b(auto& c) {
  const u64 a = c.address();
  c.require_aligned(16);
  const auto current = c.template load<V128>(a).template lanes<u64>();
  const bool equal =
      current[0] == c.template reg<u64>(rax) && current[1] == c.template reg<u64>(rdx);
  c.store(a,
          V128::of<u64>(equal ? V128::Lanes<u64>{c.template reg<u64>(rbx), c.template reg<u64>(rcx)}
                              : current));
  if (!equal) {
    c.template set_reg<u64>(rax, current[0]);
    c.template set_reg<u64>(rdx, current[1]);
  }
  c.write(c.flags().with_zf(equal));
}

constexpr std::array kRows = {
    words("cmpxchg", "CMPXCHG", RT0_MEANING(cmpxchg), kLockable),
    words("xadd", "XADD", RT0_MEANING(xadd), kLockable),
    one("cmpxchg8b", "CMPXCHG8B/CMPXCHG16B", RT0_MEANING_ONE(cmpxchg8b), kLockable),
    one("cmpxchg16b", "CMPXCHG8B/CMPXCHG16B", RT0_MEANING_ONE(cmpxchg16b), kLockable),
};

}  // namespace

std::span<const Row> atomic_rows() { return kRows; }

}  // namespace emulator::semantics
