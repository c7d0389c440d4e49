#include "tools/rt0/debug/explain.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/hex.hpp"
#include "emulator/semantics/table.hpp"
#include "tools/rt0/debug/telescope.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::cpu::Effect;
using emulator::cpu::PlaceKind;
using emulator::decode::Insn;
using emulator::decode::Operand;
using emulator::decode::OperandKind;
using emulator::decode::RegClass;

namespace {

/// {0} {1} {2} are operands in Intel's order: {0} is where the result goes.
struct Words {
  std::string_view mnemonic, text;
};
constexpr std::array<Words, 62> kWords = {{
    {"mov", "copies {1} to {0}"},
    {"movzx", "copies {1} to {0}, with zeros in front"},
    {"movsx", "copies {1} to {0}, repeating its sign in front"},
    {"movsxd", "copies {1} to {0}, repeating its sign in front"},
    {"lea", "works out the address {1} and puts it into {0}; no memory is read"},
    {"add", "adds {1} to {0}"},
    {"adc", "adds {1} and the carry flag to {0}"},
    {"sub", "subtracts {1} from {0}"},
    {"sbb", "subtracts {1} and the carry flag from {0}"},
    {"cmp", "compares {0} with {1}: sets the flags as a subtraction would, keeps neither"},
    {"test", "tests bits: sets the flags by {0} AND {1}, keeps neither"},
    {"and", "keeps of {0} the bits that are also set in {1}"},
    {"or", "sets in {0} the bits that are set in {1}"},
    {"xor", "flips in {0} the bits that are set in {1}"},
    {"not", "flips all bits of {0}"},
    {"neg", "negates {0}"},
    {"inc", "adds one to {0}; the carry flag stays"},
    {"dec", "subtracts one from {0}; the carry flag stays"},
    {"shl", "shifts {0} left by {1} bits"},
    {"shr", "shifts {0} right by {1} bits, zeros come in"},
    {"sar", "shifts {0} right by {1} bits, its sign comes in"},
    {"rol", "rotates {0} left by {1} bits"},
    {"ror", "rotates {0} right by {1} bits"},
    {"imul", "multiplies, signed: the product's low half goes to {0}"},
    {"mul", "multiplies rax by {0}, unsigned: the product goes to rdx:rax"},
    {"div", "divides rdx:rax by {0}, unsigned: quotient to rax, remainder to rdx"},
    {"idiv", "divides rdx:rax by {0}, signed: quotient to rax, remainder to rdx"},
    {"cqo", "repeats the sign of rax in all bits of rdx"},
    {"cdq", "repeats the sign of eax in all bits of edx"},
    {"push", "takes 8 bytes of stack and stores {0} there"},
    {"pop", "loads {0} from the top of the stack and gives the 8 bytes back"},
    {"call", "pushes the address of the next instruction and goes to {0}"},
    {"ret", "pops the return address and goes there"},
    {"jmp", "goes to {0}"},
    {"syscall",
     "enters the kernel: the call's number is in rax, its arguments in rdi, rsi, rdx, r10, r8, r9"},
    {"cpuid",
     "asks the CPU about itself: the question is in eax and ecx, the answer comes in eax, ebx, "
     "ecx, edx"},
    {"rdtsc", "reads the time-stamp counter into edx:eax"},
    {"rdtscp", "reads the time-stamp counter into edx:eax and the processor's number into ecx"},
    {"nop", "does nothing"},
    {"pause", "does nothing: a hint to the CPU that this is a loop that waits"},
    {"lfence", "waits until all loads before it are done"},
    {"mfence", "waits until all loads and stores before it are done"},
    {"xchg", "exchanges {0} and {1}; with memory, as one step that no other thread can divide"},
    {"cmpxchg", "if {0} equals rax, stores {1} there and sets ZF; else loads it into rax"},
    {"xadd", "adds {1} to {0} and puts the old {0} into {1}"},
    {"bt", "copies bit {1} of {0} into the carry flag"},
    {"bts", "copies bit {1} of {0} into the carry flag and sets it"},
    {"bsf", "puts the number of the lowest set bit of {1} into {0}"},
    {"bsr", "puts the number of the highest set bit of {1} into {0}"},
    {"bswap", "reverses the order of the bytes of {0}"},
    {"popcnt", "counts the set bits of {1} into {0}"},
    {"tzcnt", "counts the zeros below the lowest set bit of {1} into {0}"},
    {"lzcnt", "counts the zeros above the highest set bit of {1} into {0}"},
    {"movups", "copies 16 bytes, {1}, to {0}"},
    {"movaps", "copies 16 bytes, {1}, to {0}, which must be aligned"},
    {"movdqu", "copies 16 bytes, {1}, to {0}"},
    {"pxor", "flips in {0} the bits that are set in {1}"},
    {"stosq", "stores rax at [rdi] and moves rdi on; with REP, rcx times"},
    {"stosb", "stores al at [rdi] and moves rdi on; with REP, rcx times"},
    {"movsq", "copies 8 bytes from [rsi] to [rdi] and moves both on; with REP, rcx times"},
    {"movsb", "copies a byte from [rsi] to [rdi] and moves both on; with REP, rcx times"},
    {"int3", "raises a breakpoint trap, which becomes SIGTRAP"},
}};

struct Condition {
  std::string_view name, text;
};
constexpr std::array<Condition, 16> kConditions = {{{"z", "equal (ZF)"},
                                                    {"nz", "not equal (ZF clear)"},
                                                    {"b", "below, unsigned (CF)"},
                                                    {"nb", "not below, unsigned (CF clear)"},
                                                    {"be", "below or equal, unsigned"},
                                                    {"nbe", "above, unsigned"},
                                                    {"l", "less, signed"},
                                                    {"nl", "not less, signed"},
                                                    {"le", "less or equal, signed"},
                                                    {"nle", "greater, signed"},
                                                    {"s", "negative (SF)"},
                                                    {"ns", "not negative (SF clear)"},
                                                    {"p", "of even parity (PF)"},
                                                    {"np", "of odd parity (PF clear)"},
                                                    {"o", "overflowed (OF)"},
                                                    {"no", "not overflowed (OF clear)"}}};

std::string_view condition(std::string_view name) {
  const auto* const it = std::ranges::find(kConditions, name, &Condition::name);
  return it == kConditions.end() ? std::string_view() : it->text;
}

class Explainer {
 public:
  Explainer(Debugger& d, const CodeLine& line, bool now) : d_(d), insn_(line.insn), now_(now) {
    mnemonic_ = emulator::decode::Decoder::name(insn_.mnemonic);
  }

  std::string sentence() {
    if (mnemonic_.starts_with("j") && mnemonic_ != "jmp") return conditional("j", "goes to");
    if (mnemonic_.starts_with("cmov")) return conditional("cmov", "copies");
    if (mnemonic_.starts_with("set")) return conditional("set", "puts one, else zero, into");
    if (mnemonic_ == "xor" && same_operands()) return filled("sets {0} to zero");
    const auto* const it = std::ranges::find(kWords, mnemonic_, &Words::mnemonic);
    if (it != kWords.end()) return filled(it->text);
    return filled(insn_.operands > 1    ? "works on {0} and {1}"
                  : insn_.operands == 1 ? "works on {0}"
                                        : "has no operands");
  }

 private:
  bool same_operands() const {
    return insn_.operands == 2 && insn_.operand[0].kind == OperandKind::reg &&
           insn_.operand[1].kind == OperandKind::reg &&
           insn_.operand[0].reg == insn_.operand[1].reg;
  }

  std::string conditional(std::string_view prefix, std::string_view verb) {
    const std::string_view when = condition(mnemonic_.substr(prefix.size()));
    if (when.empty()) return filled("works on {0}");
    std::string what =
        prefix == "cmov" ? filled("copies {1} to {0}") : fmt::format("{} {}", verb, operand(0));
    return fmt::format("{} if the comparison before said {}", what, when);
  }

  std::string filled(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '{') {
        out += text[i];
        continue;
      }
      out += operand(static_cast<u8>(text[i + 1] - '0'));
      i += 2;
    }
    return out;
  }

  std::string number(u64 v, unsigned bits) const {
    if (bits < 64) v &= (u64{1} << bits) - 1;
    return v < 10 ? fmt::format("{}", v) : pointer_text(d_.target, Addr(v));
  }

  std::string of_register(const Operand& o) const {
    if (o.reg_class != RegClass::gpr)
      return fmt::format("{}{}", o.reg_class == RegClass::ymm ? "ymm" : "xmm", o.reg);
    std::string name(emulator::cpu::gpr_name(o.reg / 8));
    if (o.bits < 64) name = fmt::format("the low {} bits of {}", o.bits, name);
    if (o.bits == 8 && o.reg % 8 == 1)
      name = fmt::format("bits 8 to 15 of {}", emulator::cpu::gpr_name(o.reg / 8));
    if (!now_) return name;
    const u64 v = d_.target.registers().gpr(o.reg / 8) >> (8 * (o.reg % 8));
    return fmt::format("{} ({})", name, number(v, o.bits));
  }

  std::string operand(u8 i) const {
    if (i >= insn_.operands) return "1";
    const Operand& o = insn_.operand[i];
    if (o.kind == OperandKind::reg) return of_register(o);
    if (o.kind == OperandKind::imm)
      return insn_.near_branch ? d_.target.describe(Addr(static_cast<u64>(o.value)))
                               : number(static_cast<u64>(o.value), 64);
    if (o.kind != OperandKind::mem) return "?";
    if (mnemonic_ == "lea")
      return now_ ? pointer_text(d_.target, address_of(d_, o)) : "of its operand";
    std::string out = fmt::format("the {} byte{} ", o.bits / 8, o.bits == 8 ? "" : "s");
    if (!now_) return out + "in memory";
    const Addr a = address_of(d_, o);
    out += "at " + pointer_text(d_.target, a);
    if (o.bits <= 64)
      if (const auto v = d_.target.memory().try_number(a, o.bits / 8))
        out += fmt::format(" ({})", number(*v, o.bits));
    return out;
  }

  Debugger& d_;
  const Insn& insn_;
  std::string_view mnemonic_;
  bool now_;
};

std::string effect_text(Debugger& d, const Effect& e) {
  const auto change = [&](const std::string& name) {
    return fmt::format("{}  {} → {}", name, pointer_text(d.target, Addr(e.value_before())),
                       pointer_text(d.target, Addr(e.value_after())));
  };
  switch (e.kind) {
    case PlaceKind::gpr:
      return change(std::string(emulator::cpu::gpr_name(e.index)));
    case PlaceKind::flags:
      return fmt::format("eflags  {} → {}", flags_text(e.value_before()),
                         flags_text(e.value_after()));
    case PlaceKind::fs_base:
      return change("fs_base");
    case PlaceKind::gs_base:
      return change("gs_base");
    case PlaceKind::mxcsr:
      return change("mxcsr");
    case PlaceKind::memory_write:
      return e.size > 8 ? fmt::format("{} bytes at {}", e.size, pointer_text(d.target, e.address))
                        : fmt::format("[{}]  {} → {}", pointer_text(d.target, e.address),
                                      hex(e.before[0]), hex(e.after[0]));
    case PlaceKind::memory_read:
      return {};
    case PlaceKind::ymm:
      return fmt::format("xmm{}", e.index);
  }
  return {};
}

}  // namespace

std::vector<std::string> explain(Debugger& d, Addr at) {
  const CodeLine line = d.target.code_at(at, d.settings.flavor);
  std::vector<std::string> out = {fmt::format("{}  {}", d.target.describe(at), line.text)};
  if (!line.valid) return {out.front() + ": these bytes are no instruction"};
  const bool now = !d.target.over() && at == d.target.pc();
  out.push_back("  It " + Explainer(d, line, now).sentence() + ".");
  const std::string_view name = emulator::decode::Decoder::name(line.insn.mnemonic);
  const auto* row = emulator::semantics::find_row(name);
  if (row == nullptr && name.starts_with('v')) row = emulator::semantics::find_row(name.substr(1));
  if (now && d.target.thread().tid == d.target.timeline().thread())
    if (const auto done = d.target.timeline().executed(d.target.position())) {
      out.emplace_back("  When it was executed, it changed:");
      for (const Effect& e : done->effects)
        if (std::string text = effect_text(d, e); !text.empty()) out.push_back("    " + text);
    }
  if (row != nullptr) out.push_back(fmt::format("  SDM vol. 2: {}", row->reference));
  return out;
}

}  // namespace rt0::debug
