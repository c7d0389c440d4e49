/// What the straight line of a handler hands over to: faults, memory accesses that miss the
/// translation cache, and the way into the next block.
#pragma once

#include <cstring>

#include "emulator/cpu/fault.hpp"
#include "emulator/semantics/core.hpp"
#include "emulator/semantics/operand.hpp"

namespace emulator::semantics {

/// Raises a fault at the instruction `op`: out of line, so that handlers stay small and free of
/// frames.
[[noreturn]] void raise(Core& core, const Op* op, cpu::FaultKind kind);
/// The slow paths of a memory access: page straddling, first touch, copy-on-write, code pages,
/// faults.
template <class T>
T load_slow(Core& core, const Op* op, u64 address);
template <class T>
void store_slow(Core& core, const Op* op, u64 address, T value);
extern template u8 load_slow(Core&, const Op*, u64);
extern template u16 load_slow(Core&, const Op*, u64);
extern template u32 load_slow(Core&, const Op*, u64);
extern template u64 load_slow(Core&, const Op*, u64);
extern template V128 load_slow(Core&, const Op*, u64);
extern template V256 load_slow(Core&, const Op*, u64);
extern template void store_slow(Core&, const Op*, u64, u8);
extern template void store_slow(Core&, const Op*, u64, u16);
extern template void store_slow(Core&, const Op*, u64, u32);
extern template void store_slow(Core&, const Op*, u64, u64);
extern template void store_slow(Core&, const Op*, u64, V128);
extern template void store_slow(Core&, const Op*, u64, V256);
/// True (and faults with #PF otherwise) when [address, address+size) can be written; for stores
/// that must not tear.
void require_writable(Core& core, const Op* op, u64 address, u64 size);

/// Our bug: cpu::Effects has room for what any instruction does.
[[noreturn]] void too_many_effects();

#define RT0_INLINE [[gnu::always_inline]] inline

/// Enters a block at `first`, if the budget holds the rest of it; else back to the loop.
RT0_INLINE const Op* enter(Core& core, const Op* first) {
  const i64 count = decode::count_of(first);
  if (core.budget < count) [[unlikely]] {
    core.regs.rip = decode::block_of(first).pc_of(first).value;
    core.unlinked = nullptr;
    return nullptr;
  }
  core.budget -= count;
  return first;
}

/// Keeps a word in a general register. Compilers like to copy words two at a time through a vector
/// register; where the two were stored one by one just before, as flags are, such a load waits
/// until both stores have reached the cache.
RT0_INLINE u64 alone(u64 word) {
  asm("" : "+r"(word));
  return word;
}

/// Copies an operand. In halves of 16 bytes, which compilers keep in registers; a copy of 32 they
/// route through the stack.
template <class T>
RT0_INLINE void copy_value(void* to, const void* from) {
  if constexpr (sizeof(T) == 32) {
    std::memcpy(to, from, 16);
    std::memcpy(static_cast<u8*>(to) + 16, static_cast<const u8*>(from) + 16, 16);
  } else {
    std::memcpy(to, from, sizeof(T));
  }
}

/// With Probed, `probe` must have found the memory operand in the translation cache before the
/// meaning runs. The slow path is then outside of the meaning, so that a handler for values that
/// are not returned in registers keeps no frame.

}  // namespace emulator::semantics
