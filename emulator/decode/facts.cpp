#include "emulator/decode/facts.hpp"

#include <cstring>

#include "emulator/base/error.hpp"

namespace emulator::decode {
namespace {

std::string_view bytes_of(const InsnFacts& facts) {
  static_assert(std::has_unique_object_representations_v<InsnFacts>);
  return {reinterpret_cast<const char*>(&facts), sizeof facts};
}

/// "r64", "m128", "xmm", "imm".
std::string kind_name(const InsnFacts& facts, const FactOperand& o) {
  switch (o.kind) {
    case OperandKind::none:
      return "-";
    case OperandKind::imm:
      return facts.transfers() && !facts.is(InsnFacts::kIndirect) ? "rel" : "imm";
    case OperandKind::mem:
      return fmt::format("m{}", o.width);
    case OperandKind::reg:
      break;
  }
  if (o.reg < ymm(0)) return fmt::format("r{}", o.width);
  if (o.reg < Reg::fs_base) return o.bits & FactOperand::kYmm ? "ymm" : "xmm";
  return "reg";
}

}  // namespace

u64 branch_target(const InsnFacts& facts, std::span<const u8> code, Addr pc) {
  const bool direct =
      facts.flow == Flow::jump || facts.flow == Flow::branch || facts.flow == Flow::call;
  if (!direct || facts.is(InsnFacts::kIndirect)) return 0;
  const u8* const at = code.data() + facts.length - facts.immediate_bytes;
  i64 distance = static_cast<i8>(*at);
  if (facts.immediate_bytes == 4) {
    i32 value;
    std::memcpy(&value, at, sizeof value);
    distance = value;
  }
  return pc.value + facts.length + static_cast<u64>(distance);
}

bool FactsTable::describe(const Decoder& decoder, std::span<const u8> code, InsnFacts& out) {
  if (!decoder.facts(code, out)) return false;
  out.form = form_of(out);
  return true;
}

u32 FactsTable::find(const Decoder& decoder, std::span<const u8> code) {
  InsnFacts facts;
  if (!describe(decoder, code, facts)) return 0;
  if (all_.empty()) {
    all_.reserve(kMost);
    all_.emplace_back();
  }
  if (const auto it = known_.find(bytes_of(facts)); it != known_.end()) return it->second;
  RT0_CHECK(all_.size() < kMost, "facts of more instructions than there is room for");
  const auto number = static_cast<u32>(all_.size());
  known_.emplace(bytes_of(all_.emplace_back(facts)), number);
  return number;
}

void FactsTable::clear() {
  known_.clear();
  all_.clear();
}

u16 FactsTable::form_of(const InsnFacts& facts) {
  std::string name = facts.prefixes & InsnFacts::kLocked  ? "lock "
                     : facts.prefixes & InsnFacts::kRepe  ? "rep "
                     : facts.prefixes & InsnFacts::kRepne ? "repne "
                                                          : "";
  name += Decoder::name(facts.mnemonic);
  for (unsigned i = 0; i < facts.operands && facts.operand[i].bits & FactOperand::kExplicit; ++i)
    name += (i == 0 ? " " : ", ") + kind_name(facts, facts.operand[i]);
  const auto [it, fresh] =
      form_numbers_.try_emplace(std::move(name), static_cast<u16>(forms_.size()));
  if (fresh) forms_.push_back(&it->first);
  return it->second;
}

}  // namespace emulator::decode
