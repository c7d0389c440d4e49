#include "tests/oracle/undefined_flags.hpp"

#include "emulator/semantics/undefined_flags.hpp"
#include "tests/oracle/encoding.hpp"

namespace tests::oracle {
namespace {

namespace semantics = emulator::semantics;

semantics::ShiftCount shift_count(const Case& one, const Decoded& d) {
  u64 count = one.before.gpr[kRcx];
  for (u8 i = 1; i < d.insn.operand_count_visible; ++i)
    if (d.operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) count = d.operands[i].imm.value.u;
  return {count & 0xff, d.operands[0].size};
}

const char* name_of(const Decoded& d) { return ZydisMnemonicGetString(d.insn.mnemonic); }

}  // namespace

u32 undefined_flags(const Case& one) {
  const Decoded d = decode(one);
  return static_cast<u32>(semantics::undefined_flags(name_of(d), shift_count(one, d)));
}

bool undefined_result(const Case& one) {
  const Decoded d = decode(one);
  return semantics::undefined_result(name_of(d), shift_count(one, d));
}

}  // namespace tests::oracle
