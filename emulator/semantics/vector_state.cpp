// MXCSR and the areas that hold vector state: SDM vol. 1, 10.2.3, 10.5 (FXSAVE) and chapter 13
// (XSAVE). There is no x87 here: its part is saved as FNINIT leaves it, and ignored when it comes
// back.
#include "emulator/semantics/fp_rows.hpp"

namespace emulator::semantics {
namespace {

// Byte offsets in the areas (SDM vol. 2, table 3-46 of FXSAVE; vol. 1, 13.4).
constexpr u64 kMxcsr = 24, kXmm = 160, kFxsaveEnd = 416, kHeader = 512, kAvx = 576, kXsaveEnd = 832;
enum Component : u64 { kX87 = 1, kSse = 2, kAvxUpper = 4 };

/// Reserved bits of MXCSR are #GP.
u32 checked_mxcsr(auto& c, u32 v) {
  if (v & ~fp::kMxcsrMask) c.raise_fault(cpu::FaultKind::general_protection);
  return v;
}

void ldmxcsr(auto& c) { c.set_mxcsr(checked_mxcsr(c, c.template read<u32>(0))); }
void stmxcsr(auto& c) { c.write(0, c.mxcsr()); }

/// Two 128-bit halves, the shape of the areas' rows.
V256 pair(const V128& low, const V128& high) {
  V256 v;
  std::memcpy(v.bytes.data(), low.bytes.data(), 16);
  std::memcpy(v.bytes.data() + 16, high.bytes.data(), 16);
  return v;
}
V128 half(const V256& v, unsigned which) {
  V128 h;
  std::memcpy(h.bytes.data(), v.bytes.data() + 16 * which, 16);
  return h;
}

void store_x87(auto& c, u64 at) {
  constexpr u64 kControlWord = 0x37f;  // all exceptions masked, 64-bit precision, round to nearest
  c.store(at, V128::of<u64>({kControlWord, 0}));
  c.store(at + 16, u64{0});
  for (u64 i = 32; i < kXmm; i += 32) c.store(at + i, V256{});
}
void store_mxcsr(auto& c, u64 at) {
  c.store(at + kMxcsr, u64{c.mxcsr()} | (u64{fp::kMxcsrMask} << 32));
}
void store_xmm(auto& c, u64 at) {
  for (unsigned i = 0; i < 16; i += 2)
    c.store(at + kXmm + 16 * i, pair(c.template ymm<V128>(i), c.template ymm<V128>(i + 1)));
}

void fxsave(auto& c) {
  c.require_aligned(16);
  const u64 at = c.address();
  require_writable(c.core(), c.op(), at, kFxsaveEnd);
  store_x87(c, at);
  store_mxcsr(c, at);
  store_xmm(c, at);
}

/// The 16 rows of an area from `at` on.
std::array<V128, 16> load_rows(auto& c, u64 at) {
  std::array<V128, 16> rows;
  for (unsigned i = 0; i < 16; i += 2) {
    const V256 v = c.template load<V256>(at + 16 * i);
    rows[i] = half(v, 0), rows[i + 1] = half(v, 1);
  }
  return rows;
}

void fxrstor(auto& c) {
  c.require_aligned(16);
  const u64 at = c.address();
  const u32 mxcsr = checked_mxcsr(c, c.template load<u32>(at + kMxcsr));
  const std::array<V128, 16> xmm = load_rows(c, at + kXmm);
  c.set_mxcsr(mxcsr);
  for (unsigned i = 0; i < 16; ++i) c.write_ymm(i, xmm[i], false);
}

/// The components that EDX:EAX asks for and the CPU has.
u64 requested(auto& c) {
  const u64 mask = (c.template reg<u64>(cpu::rdx) << 32) | c.template reg<u32>(cpu::rax);
  return mask & cpu::xcr0(c.core().profile);
}

/// AVX state counts as in use when an upper half is not zero, SSE state always; x87 state never is.
u64 in_use(auto& c) {
  u64 upper = 0;
  for (unsigned i = 0; i < 16; ++i)
    for (const u64 lane : half(c.template ymm<V256>(i), 1).template lanes<u64>()) upper |= lane;
  return kSse | (upper != 0 ? u64{kAvxUpper} : 0);
}

void xsave(auto& c) {
  c.require_aligned(64);
  const u64 at = c.address(), wanted = requested(c);
  require_writable(c.core(), c.op(), at, wanted & kAvxUpper ? kXsaveEnd : kAvx);
  if (wanted & kX87) store_x87(c, at);
  if (wanted & (kSse | kAvxUpper)) store_mxcsr(c, at);
  if (wanted & kSse) store_xmm(c, at);
  if (wanted & kAvxUpper)
    for (unsigned i = 0; i < 16; i += 2)
      c.store(at + kAvx + 16 * i,
              pair(half(c.template ymm<V256>(i), 1), half(c.template ymm<V256>(i + 1), 1)));
  const u64 others = c.template load<u64>(at + kHeader) & ~wanted;
  c.store(at + kHeader, others | (in_use(c) & wanted));
}

/// Components that are asked for and not in the area get their initial values. Standard form only:
/// CPUID announces no XSAVEC, and a compacted area is #GP.
void xrstor(auto& c) {
  c.require_aligned(64);
  const u64 at = c.address(), wanted = requested(c);
  const u64 present = c.template load<u64>(at + kHeader);
  const V128 reserved = c.template load<V128>(at + kHeader + 8);
  if (reserved != V128{} || (present & ~cpu::xcr0(c.core().profile)))
    c.raise_fault(cpu::FaultKind::general_protection);
  const bool with_mxcsr = wanted & (kSse | kAvxUpper);
  const u32 mxcsr = with_mxcsr ? checked_mxcsr(c, c.template load<u32>(at + kMxcsr)) : c.mxcsr();
  std::array<V128, 16> low{}, high{};
  if (wanted & present & kSse) low = load_rows(c, at + kXmm);
  if (wanted & present & kAvxUpper) high = load_rows(c, at + kAvx);
  c.set_mxcsr(mxcsr);
  if (!with_mxcsr) return;
  for (unsigned i = 0; i < 16; ++i) {
    const V256 old = c.template ymm<V256>(i);
    c.write_ymm(
        i, pair(wanted & kSse ? low[i] : half(old, 0), wanted & kAvxUpper ? high[i] : half(old, 1)),
        false);
  }
}

constexpr std::array kRows = {
    one("ldmxcsr", "LDMXCSR", RT0_MEANING_ONE(ldmxcsr)),
    one("stmxcsr", "STMXCSR", RT0_MEANING_ONE(stmxcsr)),
    one("fxsave", "FXSAVE", RT0_MEANING_ONE(fxsave)),
    one("fxsave64", "FXSAVE", RT0_MEANING_ONE(fxsave)),
    one("fxrstor", "FXRSTOR", RT0_MEANING_ONE(fxrstor)),
    one("fxrstor64", "FXRSTOR", RT0_MEANING_ONE(fxrstor)),
    one("xsave", "XSAVE", RT0_MEANING_ONE(xsave)),
    one("xsave64", "XSAVE", RT0_MEANING_ONE(xsave)),
    one("xrstor", "XRSTOR", RT0_MEANING_ONE(xrstor)),
    one("xrstor64", "XRSTOR", RT0_MEANING_ONE(xrstor)),
};

}  // namespace

std::span<const Row> vector_state_rows() { return kRows; }

}  // namespace emulator::semantics
