/// The executing core: what handlers see. One guest thread's registers are loaded into it at a
/// time.
#pragma once

#include <array>
#include <optional>

#include "emulator/cpu/cpuid.hpp"
#include "emulator/cpu/effects.hpp"
#include "emulator/cpu/registers.hpp"
#include "emulator/decode/op.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::semantics {

using decode::Handler;
using decode::Op;

/// Why a handler asked the loop to stop, other than for want of a block or of budget.
enum class Trap : u8 { none, syscall };

/// Where indirect jumps found their blocks last.
struct JumpCache {
  static constexpr std::size_t kEntries = 1024;
  using Entry = decode::Entry;
  std::array<Entry, kEntries> entries;

  Entry& at(u64 pc) { return entries[(pc ^ (pc >> 10)) % kEntries]; }
  /// No address matches an empty entry: those stand where the address in them is not looked for.
  void clear() {
    entries.fill({});
    entries[0].pc = 1;
  }
  JumpCache() { clear(); }
};

struct Core {
  cpu::Registers regs;
  memory::Tlb tlb;

  // Instructions are counted by block: on entry a block's whole count is taken off the budget.
  i64 budget = 0;  // may still retire before the loop returns
  u64 goal = 0;    // the instruction number at which budget is 0

  Trap trap = Trap::none;
  const Op* current = nullptr;    // set on the slow paths, where a fault may be raised
  const Op** unlinked = nullptr;  // the exit to patch with the block at regs.rip, or null
  memory::AddressSpace* memory = nullptr;
  cpu::Profile profile;
  i64 clock_offset = 0;  // virtual ns = instruction number + this
  cpu::Effects effects;  // of the last instruction that the observed loop retired
  bool taken = false;    // of the observed loop: the last transfer of control was made
  // In the observed loop: what ended it left a string instruction in the middle; `effects` are
  // those of the iterations before.
  bool partly = false;
  JumpCache jumps;
};

}  // namespace emulator::semantics
