#include "emulator/semantics/access.hpp"

namespace emulator::semantics {

void raise(Core& core, const Op* op, cpu::FaultKind kind) {
  core.current = op;
  throw cpu::GuestFault{kind};
}

template <class T> T load_slow(Core& core, const Op* op, u64 address) {
  core.current = op;
  T value;
  core.memory->read(Addr(address), std::span(reinterpret_cast<u8*>(&value), sizeof value));
  return value;
}

template <class T> void store_slow(Core& core, const Op* op, u64 address, T value) {
  core.current = op;
  core.memory->write(Addr(address), std::span(reinterpret_cast<const u8*>(&value), sizeof value));
}

void require_writable(Core& core, const Op* op, u64 address, u64 size) {
  core.current = op;
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
