/// What an instruction did, held against what its facts say of it.
#pragma once

#include "emulator/machine/retired.hpp"
#include "tests/oracle/case.hpp"

namespace tests::oracle {

/// What the observed loop told of one instruction.
struct ToldInsn {
  emulator::decode::InsnFacts facts;
  emulator::cpu::Effects effects;
  u64 next = 0;
  bool taken = false;
  bool same_bytes = false;  ///< those that were told are those of the case
};

/// The first law of facts that was broken, as a sentence; null when all hold. What an instruction
/// changed, and the memory that it accessed, is a subset of what its facts say.
const char* broken_law(const Case& one, const ToldInsn& told, const CpuState& after);

/// `before` with something changed that the instruction does not read, by its facts: another
/// execution from there must do the same. `turn` says what is changed.
CpuState with_unread_changed(const emulator::decode::InsnFacts& facts, const CpuState& before,
                             u64 turn);
/// Did the two executions, from `before` and from `other`, do the same but for what was changed and
/// is still there?
bool did_the_same(const emulator::decode::InsnFacts& facts, const CpuState& before,
                  const CpuState& after, const CpuState& other, const CpuState& other_after);

}  // namespace tests::oracle
