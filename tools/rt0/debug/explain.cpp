#include "tools/rt0/debug/explain.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/hex.hpp"
#include "emulator/semantics/table.hpp"
#include "tools/rt0/debug/syscall_words.hpp"
#include "tools/rt0/debug/displays.hpp"
#include "tools/rt0/debug/telescope.hpp"
#include "tools/rt0/landmarks.hpp"

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

constexpr u64 kCF = 1, kPF = 4, kZF = 0x40, kSF = 0x80, kOF = 0x800;

/// The flags that a condition asks for, and whether they say yes (SDM vol. 1, appendix B).
struct Asked {
  u64 mask = 0;
  bool yes = false;
};
Asked asked(std::string_view condition_name, u64 rflags) {
  const bool negated = condition_name.starts_with("n");
  const std::string_view base = negated ? condition_name.substr(1) : condition_name;
  const auto set = [&](u64 flag) { return (rflags & flag) != 0; };
  const bool less = set(kSF) != set(kOF);
  const Asked a = base == "z"    ? Asked{kZF, set(kZF)}
                  : base == "b"  ? Asked{kCF, set(kCF)}
                  : base == "be" ? Asked{kCF | kZF, set(kCF) || set(kZF)}
                  : base == "l"  ? Asked{kSF | kOF, less}
                  : base == "le" ? Asked{kZF | kSF | kOF, set(kZF) || less}
                  : base == "s"  ? Asked{kSF, set(kSF)}
                  : base == "p"  ? Asked{kPF, set(kPF)}
                                 : Asked{kOF, set(kOF)};
  return {a.mask, a.yes != negated};
}

/// "ZF is set", "SF is clear and OF is set".
std::string flags_state(u64 mask, u64 rflags) {
  constexpr std::pair<u64, const char*> kNames[] = {
      {kCF, "CF"}, {kZF, "ZF"}, {kSF, "SF"}, {kOF, "OF"}, {kPF, "PF"}};
  std::vector<std::string> out;
  for (const auto& [flag, name] : kNames)
    if ((mask & flag) != 0)
      out.push_back(fmt::format("{} is {}", name, (rflags & flag) != 0 ? "set" : "clear"));
  return fmt::format("{}", fmt::join(out, " and "));
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
    if (mnemonic_ == "syscall" && now_) return system_call();
    const auto* const it = std::ranges::find(kWords, mnemonic_, &Words::mnemonic);
    if (it != kWords.end()) return filled(it->text);
    return filled(insn_.operands > 1    ? "works on {0} and {1}"
                  : insn_.operands == 1 ? "works on {0}"
                                        : "has no operands");
  }

  /// Whether the condition of a jump, move or set holds now, and which instruction decided it.
  std::string verdict() const {
    for (const std::string_view prefix : {"cmov", "set", "j"}) {
      if (!now_ || !mnemonic_.starts_with(prefix)) continue;
      const std::string_view name = mnemonic_.substr(prefix.size());
      if (condition(name).empty()) return {};
      const u64 rflags = d_.target.registers().rflags();
      const Asked a = asked(name, rflags);
      return fmt::format("It {}: {}{}.",
                         prefix == "j"     ? (a.yes ? "will jump" : "will not jump")
                         : prefix == "set" ? (a.yes ? "will put one there" : "will put zero there")
                                           : (a.yes ? "will copy" : "will not copy"),
                         flags_state(a.mask, rflags), decided_by());
    }
    return {};
  }

 private:
  /// ", by instruction 49, cmp rax, 0x123 at runtime.rt0_go+203".
  std::string decided_by() const {
    const auto w =
        d_.target.timeline().last_write(emulator::machine::RegisterPlace{PlaceKind::flags, 0},
                                        d_.target.thread().tid, d_.target.position());
    if (!w) return {};
    return fmt::format(", by instruction {}, {} at {}", grouped(w->number),
                       d_.target.code_at(w->pc, d_.settings.flavor).text,
                       d_.target.describe(w->pc));
  }

  bool same_operands() const {
    return insn_.operands == 2 && insn_.operand[0].kind == OperandKind::reg &&
           insn_.operand[1].kind == OperandKind::reg &&
           insn_.operand[0].reg == insn_.operand[1].reg;
  }

  std::string system_call() const {
    const auto& r = d_.target.registers();
    using namespace emulator::cpu;
    return "enters the kernel: " +
           system_call_text(d_.target.machine().memory(), r[rax],
                            {{r[rdi], r[rsi], r[rdx], r[r10], r[r8], r[r9]}});
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

namespace {

/// What the next instruction did, or does: executed for that, and undone, unless it asks the
/// kernel.
std::vector<std::string> changes(Debugger& d, const CodeLine& line) {
  auto& timeline = d.target.timeline();
  if (d.target.thread().tid != timeline.thread()) return {};
  const u64 here = d.target.position();
  const bool call = line.insn.flow == emulator::decode::Flow::system_call;
  const bool known = here < timeline.furthest();
  if (!known && call) return {};
  (void)timeline.go_to(here + 1);
  const auto done = timeline.executed(here);
  std::string next;
  if (done && !d.target.over()) {
    const auto* t = d.target.machine().kernel().find_thread(done->thread);
    if (t != nullptr && d.target.registers(*t).rip != (line.pc + line.length).value && !call)
      next = d.target.describe(Addr(d.target.registers(*t).rip));
  }
  (void)timeline.go_to(here);
  if (!done) return {};
  std::vector<std::string> out;
  for (const Effect& e : done->effects) {
    if (call && e.kind == PlaceKind::gpr && e.index == emulator::cpu::rax)
      out.push_back("    the call returned " + system_call_result(e.value_after()));
    if (std::string text = effect_text(d, e); !text.empty()) out.push_back("    " + text);
  }
  if (!next.empty()) out.push_back("    rip: it goes to " + next);
  const char* when = known ? "When it was executed, it changed" : "When it is executed, it changes";
  if (out.empty()) return {fmt::format("  {} nothing but rip.", when)};
  out.insert(out.begin(), fmt::format("  {}:", when));
  return out;
}

}  // namespace

Fact explain(Debugger& d, Addr at) {
  const CodeLine line = d.target.code_at(at, d.settings.flavor);
  Data::Fields fields = {{"instruction", code_fields(d, line)}};
  std::string text = fmt::format("{}  {}", d.target.describe(at), line.text);
  if (!line.valid) return {"explain", std::move(fields), text + ": these bytes are no instruction"};
  const bool now = !d.target.over() && at == d.target.pc();
  Explainer explainer(d, line, now);
  const std::string sentence = explainer.sentence();
  fields.emplace_back("sentence", sentence);
  text += fmt::format("\n  It {}.", sentence);
  if (const std::string verdict = explainer.verdict(); !verdict.empty()) {
    fields.emplace_back("verdict", verdict);
    text += "\n  " + verdict;
  }
  if (now) {
    Data::List lines;
    for (const std::string& change : changes(d, line)) {
      lines.emplace_back(trimmed(change));
      text += "\n" + change;
    }
    fields.emplace_back("changes", std::move(lines));
  }
  const auto* row =
      emulator::semantics::find_row(emulator::decode::Decoder::name(line.insn.mnemonic));
  if (row != nullptr) {
    fields.emplace_back("reference", row->reference);
    text += fmt::format("\n  SDM vol. 2: {}", row->reference);
  }
  return {"explain", std::move(fields), std::move(text)};
}

}  // namespace rt0::debug
