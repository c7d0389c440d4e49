#include "tools/verify/facts.hpp"

#include <algorithm>
#include <iterator>

#include "emulator/base/error.hpp"

namespace rt0::verify {
namespace {

using emulator::decode::Decoder;
using emulator::decode::Insn;
using emulator::decode::Operand;
using emulator::decode::OperandKind;
using emulator::decode::RegClass;

/// Their results are the simulated machine's: the kernel, its processor's identity, its clock. INT
/// is among them because INT 80h is a system call of the host's.
constexpr std::string_view kGiven[] = {"syscall", "sysenter", "int",    "cpuid",  "rdtsc",
                                       "rdtscp",  "xgetbv",   "rdrand", "rdseed", "rdpid"};
/// Change vector state without naming a vector register.
constexpr std::string_view kVectorState[] = {"vzeroupper", "vzeroall",  "ldmxcsr", "vldmxcsr",
                                             "fxrstor",    "fxrstor64", "xrstor",  "xrstor64",
                                             "fninit",     "emms"};

bool among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_vector(const Operand& o) {
  return o.kind == OperandKind::reg &&
         (o.reg_class == RegClass::xmm || o.reg_class == RegClass::ymm);
}

/// "r64", "m128", "xmm", "imm".
std::string kind_name(const Insn& insn, unsigned i) {
  const Operand& o = insn.operand[i];
  switch (o.kind) {
    case OperandKind::none:
      return "-";
    case OperandKind::imm:
      return insn.near_branch ? "rel" : "imm";
    case OperandKind::mem:
      return fmt::format("m{}", o.bits);
    case OperandKind::reg:
      break;
  }
  if (o.reg_class == RegClass::gpr) return fmt::format("r{}", o.bits);
  if (o.reg_class == RegClass::xmm) return "xmm";
  return o.reg_class == RegClass::ymm ? "ymm" : "reg";
}

std::string form_name(const Insn& insn) {
  std::string text = insn.lock ? "lock " : insn.rep ? "rep " : insn.repne ? "repne " : "";
  text += Decoder::name(insn.mnemonic);
  for (unsigned i = 0; i < insn.operands; ++i) text += (i == 0 ? " " : ", ") + kind_name(insn, i);
  return text;
}

bool jumps_anywhere(const Insn& insn, std::string_view name) {
  return name.starts_with("ret") || name.starts_with("iret") ||
         ((name == "jmp" || name == "call") && !insn.near_branch);
}

/// Stores of a register and nothing else, which are frequent enough to matter.
bool is_plain_store(const Insn& insn, std::string_view name) {
  return insn.operand[0].kind == OperandKind::mem &&
         (name.starts_with("mov") || name.starts_with("vmov"));
}

}  // namespace

const Facts& FactBook::at(Addr pc) {
  const auto it = known_.find(pc.value);
  if (it != known_.end()) return it->second;
  const auto* region = memory_.region_at(pc);
  if (region == nullptr || (region->protection & emulator::memory::kWrite) != 0)
    return fresh_ = make(pc);
  return known_.emplace(pc.value, make(pc)).first->second;
}

Facts FactBook::make(Addr pc) {
  Facts f;
  std::size_t got = f.bytes.size();
  while (got > 0 && !memory_.peek(pc, std::span(f.bytes).first(got))) --got;
  Insn insn;
  if (decoder_.decode(std::span(f.bytes).first(got), pc, insn) != Decoder::Status::ok) {
    f.mnemonic = "(bad)";  // raises #UD or a fetch fault
  } else {
    f.length = insn.length;
    f.mnemonic = Decoder::name(insn.mnemonic);
    f.given = among(kGiven, f.mnemonic);
    f.repeats = insn.rep || insn.repne;
    f.jumps_anywhere = jumps_anywhere(insn, f.mnemonic);
    f.target = insn.near_branch ? static_cast<u64>(insn.operand[0].value) : 0;
    f.pushes_flags = f.mnemonic.starts_with("pushf");
    f.touches_vectors =
        (std::any_of(insn.operand.begin(), insn.operand.begin() + insn.operands, is_vector) &&
         !is_plain_store(insn, f.mnemonic)) ||
        among(kVectorState, f.mnemonic);
    f.shift = {1, insn.operand[0].bits};
    bool immediate = false;
    for (unsigned i = 1; i < insn.operands; ++i)
      if (insn.operand[i].kind == OperandKind::imm)
        f.shift.count = static_cast<u64>(insn.operand[i].value) & 0xff, immediate = true;
    f.count_in_cl = emulator::semantics::undefined_by_count(f.mnemonic) && !immediate &&
                    insn.operands > 1 && insn.operand[insn.operands - 1].kind == OperandKind::reg;
    f.undefined = emulator::semantics::undefined_flags(f.mnemonic, f.shift);
  }
  const std::string name = f.length == 0 ? std::string(f.mnemonic) : form_name(insn);
  const auto [it, fresh] = form_numbers_.try_emplace(name, static_cast<u32>(forms_.size()));
  if (fresh) forms_.push_back({name, 0});
  f.form = it->second;
  return f;
}

namespace {

emulator::semantics::ShiftCount shift_of(const Facts& f, u64 rcx) {
  return {f.count_in_cl ? rcx & 0xff : f.shift.count, f.shift.width};
}

}  // namespace

u64 undefined_flags(const Facts& f, u64 rcx) {
  return f.count_in_cl ? emulator::semantics::undefined_flags(f.mnemonic, shift_of(f, rcx))
                       : f.undefined;
}

bool undefined_result(const Facts& f, u64 rcx) {
  return emulator::semantics::undefined_result(f.mnemonic, shift_of(f, rcx));
}

}  // namespace rt0::verify
