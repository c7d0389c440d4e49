#include "emulator/semantics/access.hpp"

#include "emulator/base/error.hpp"

namespace emulator::semantics {

void raise(Core& core, const Op* op, cpu::FaultKind kind) {
  core.current = op;
  throw cpu::GuestFault{kind};
}

void too_many_effects() { RT0_CHECK(false, "an instruction with more effects than any has"); }

namespace {

constexpr bool is_canonical(u64 address) {
  const i64 upper = static_cast<i64>(address) >> 47;
  return upper == 0 || upper == -1;
}

/// Does the access go through SS: it is a push or a pop, or its operand is based on RSP or RBP and
/// has no segment prefix (SDM vol. 1, 3.7.4)?
bool in_stack_segment(const Core& core, const Op* op, u64 address) {
  if (core.regs[cpu::rsp] - address + 8 <= 16) return true;
  if (op->bits & (decode::kOpAbsolute | decode::kOpFs | decode::kOpGs)) return false;
  return (op->base == 8 * cpu::rsp || op->base == 8 * cpu::rbp) &&
         op->index != 8 * cpu::kSlotFsBase && op->index != 8 * cpu::kSlotGsBase;
}

/// The first and the last byte's address are checked before paging is (SDM vol. 1, 3.3.7.1).
void require_canonical(Core& core, const Op* op, u64 address, u64 size) {
  core.current = op;
  if (is_canonical(address) && is_canonical(address + size - 1)) [[likely]]
    return;
  raise(core, op,
        in_stack_segment(core, op, address) ? cpu::FaultKind::stack
                                            : cpu::FaultKind::general_protection);
}

}  // namespace

template <class T>
T load_slow(Core& core, const Op* op, u64 address) {
  require_canonical(core, op, address, sizeof(T));
  T value;
  core.memory->read(Addr(address), std::span(reinterpret_cast<u8*>(&value), sizeof value));
  return value;
}

template <class T>
void store_slow(Core& core, const Op* op, u64 address, T value) {
  require_canonical(core, op, address, sizeof(T));
  core.memory->write(Addr(address), std::span(reinterpret_cast<const u8*>(&value), sizeof value));
}

void require_writable(Core& core, const Op* op, u64 address, u64 size) {
  require_canonical(core, op, address, size);
  for (u64 page = address / base::kPageSize; page <= (address + size - 1) / base::kPageSize; ++page)
    core.memory->translate(page, cpu::Access::write, std::max(address, page * base::kPageSize));
}

template u8 load_slow(Core&, const Op*, u64);
template u16 load_slow(Core&, const Op*, u64);
template u32 load_slow(Core&, const Op*, u64);
template u64 load_slow(Core&, const Op*, u64);
template V128 load_slow(Core&, const Op*, u64);
template V256 load_slow(Core&, const Op*, u64);
template void store_slow(Core&, const Op*, u64, u8);
template void store_slow(Core&, const Op*, u64, u16);
template void store_slow(Core&, const Op*, u64, u32);
template void store_slow(Core&, const Op*, u64, u64);
template void store_slow(Core&, const Op*, u64, V128);
template void store_slow(Core&, const Op*, u64, V256);

}  // namespace emulator::semantics
