#include "tools/verify/undefined.hpp"

#include "emulator/semantics/undefined_flags.hpp"

namespace rt0::verify {

using emulator::decode::FactOperand;
using emulator::decode::InsnFacts;
using emulator::decode::OperandKind;

namespace {

/// The last operand that the text names is a count: an immediate, CL, or a one that the opcode
/// means.
emulator::semantics::ShiftCount count_of(const InsnFacts& facts, std::span<const u8> code,
                                         u64 rcx) {
  emulator::semantics::ShiftCount shift{1, facts.operand[0].width};
  if (facts.immediate_bytes != 0) shift.count = code[facts.length - 1u];
  const FactOperand* last = nullptr;
  for (const FactOperand& o : facts.operand)
    if (o.bits & FactOperand::kExplicit) last = &o;
  const bool in_cl = last != nullptr && last != facts.operand.data() &&
                     last->kind == OperandKind::reg && last->width == 8;
  if (in_cl) shift.count = rcx & 0xff;
  return shift;
}

std::string_view name_of(const InsnFacts& facts) {
  return emulator::decode::Decoder::name(facts.mnemonic);
}

}  // namespace

u64 undefined_flags(const InsnFacts& facts, std::span<const u8> code, u64 rcx) {
  return emulator::semantics::undefined_flags(name_of(facts), count_of(facts, code, rcx));
}

bool undefined_result(const InsnFacts& facts, std::span<const u8> code, u64 rcx) {
  return emulator::semantics::undefined_result(name_of(facts), count_of(facts, code, rcx));
}

}  // namespace rt0::verify
