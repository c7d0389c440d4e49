#include "emulator/decode/go_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace emulator::decode {

namespace {

using cpu::kSlotFsBase;
using cpu::kSlotGsBase;
using cpu::kSlotZero;

struct Renamed {
  std::string_view intel, go;
};

/// Conditions: cmd/internal/obj/x86/anames.go beside SDM vol. 2, appendix B.1.4.
constexpr std::array<Renamed, 20> kConditions = {
    {{"o", "OS"},   {"no", "OC"}, {"b", "CS"},   {"nb", "CC"}, {"z", "EQ"},
     {"nz", "NE"},  {"be", "LS"}, {"nbe", "HI"}, {"s", "MI"},  {"ns", "PL"},
     {"p", "PS"},   {"np", "PC"}, {"l", "LT"},   {"nl", "GE"}, {"le", "LE"},
     {"nle", "GT"}, {"e", "EQ"},  {"ne", "NE"},  {"a", "HI"},  {"ae", "CC"}}};

/// Go has names of its own for these.
constexpr std::array<Renamed, 14> kNames = {{{"movdqu", "MOVOU"},
                                             {"movdqa", "MOVO"},
                                             {"movsxd", "MOVLQSX"},
                                             {"pushfq", "PUSHFQ"},
                                             {"popfq", "POPFQ"},
                                             {"cmpxchg8b", "CMPXCHG8B"},
                                             {"cmpxchg16b", "CMPXCHG16B"},
                                             {"ud2", "UD2"},
                                             {"punpckldq", "PUNPCKLLQ"},
                                             {"punpckhdq", "PUNPCKHLQ"},
                                             {"paddd", "PADDL"},
                                             {"psubd", "PSUBL"},
                                             {"pcmpeqd", "PCMPEQL"},
                                             {"cdqe", "CDQE"}}};

/// Instructions on general registers, whose size Go adds as a letter.
constexpr std::array kSized = {
    "adc",  "add", "and",  "andn",  "blsi", "blsmsk", "blsr", "bsf",    "bsr",  "bswap", "bt",
    "btc",  "btr", "bts",  "cmp",   "dec",  "div",    "idiv", "imul",   "inc",  "lea",   "lzcnt",
    "mov",  "mul", "mulx", "neg",   "not",  "or",     "pop",  "popcnt", "push", "rcl",   "rcr",
    "rol",  "ror", "rorx", "sar",   "sarx", "sbb",    "shl",  "shld",   "shlx", "shr",   "shrd",
    "shrx", "sub", "test", "tzcnt", "xadd", "xchg",   "xor",  "cmpxchg"};

constexpr std::array kStrings = {"movs", "stos", "lods", "scas", "cmps"};

std::string upper(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

char letter(unsigned bits) { return bits == 8 ? 'B' : bits == 16 ? 'W' : bits == 32 ? 'L' : 'Q'; }

std::string_view condition(std::string_view intel) {
  const auto* const it = std::ranges::find(kConditions, intel, &Renamed::intel);
  return it == kConditions.end() ? std::string_view() : it->go;
}

bool is_string(std::string_view name) {
  return name.size() == 5 && std::string_view("bwdq").find(name.back()) != name.npos &&
         std::ranges::find(kStrings, name.substr(0, 4)) != kStrings.end();
}

/// "MOVSQ" of movsq, "STOSL" of stosd.
std::string string_name(std::string_view name) {
  std::string out = upper(name);
  if (out.back() == 'D') out.back() = 'L';
  return out;
}

/// movzx and movsx name both sizes: MOVBLZX.
std::string extension(const Insn& i, std::string_view name) {
  return fmt::format("MOV{}{}{}X", letter(i.operand[1].bits), letter(i.operand[0].bits),
                     name == "movzx" ? 'Z' : 'S');
}

/// The instruction's name, with the letter of its size where Go's has one.
std::string go_name(const Insn& i, std::string_view name) {
  const unsigned bits = i.operands > 0 ? i.operand[0].bits : 64;
  if (name == "movzx" || name == "movsx") return extension(i, name);
  if (const auto* const it = std::ranges::find(kNames, name, &Renamed::intel); it != kNames.end())
    return std::string(it->go);
  if (name.starts_with("j") && !condition(name.substr(1)).empty())
    return fmt::format("J{}", condition(name.substr(1)));
  if (name.starts_with("set") && !condition(name.substr(3)).empty())
    return fmt::format("SET{}", condition(name.substr(3)));
  if (name.starts_with("cmov") && !condition(name.substr(4)).empty())
    return fmt::format("CMOV{}{}", letter(bits), condition(name.substr(4)));
  if ((name == "cvtsi2sd" || name == "cvtsi2ss") && i.operands > 1)
    return fmt::format("CVTS{}2S{}", letter(i.operand[1].bits), name.back() == 'd' ? 'D' : 'S');
  if (name == "movq" || name == "movd") return i.wide || name == "movq" ? "MOVQ" : "MOVL";
  if (is_string(name) && i.operand[0].reg_class != RegClass::xmm) return string_name(name);
  if (std::ranges::find(kSized, name) == kSized.end()) return upper(name);
  const bool three = name == "imul" && i.operands == 3;
  return fmt::format("{}{}{}", upper(name), three ? "3" : "", letter(bits));
}

std::string gpr(u8 offset, unsigned bits) {
  std::string name = upper(cpu::gpr_name(offset / 8));
  if (offset % 8 == 1) return fmt::format("{}H", name[1]);
  const bool numbered = std::isdigit(static_cast<unsigned char>(name[1])) != 0;
  if (numbered) return name;
  name.erase(0, 1);
  // Go leaves the size to the instruction, but for the low bytes of the first four.
  if (bits == 8 && name.back() == 'X') name.back() = 'L';
  return name;
}

std::string number(i64 value) {
  return value < 0 ? fmt::format("-{:#x}", u64{0} - static_cast<u64>(value))
                   : fmt::format("{:#x}", value);
}

std::string memory(const Operand& o, const NameOf& name_of) {
  if (o.absolute) {
    const std::string name = name_of(Addr(static_cast<u64>(o.value)));
    return name.empty() ? fmt::format("{:#x}(SB)", static_cast<u64>(o.value)) : name + "(SB)";
  }
  std::string segment, registers;
  const auto add = [&](u8 slot, unsigned scale) {
    if (slot == kSlotZero) return;
    if (slot == kSlotFsBase || slot == kSlotGsBase)
      segment = slot == kSlotFsBase ? "FS:" : "GS:";
    else if (scale == 0 && slot == o.base)
      registers += fmt::format("({})", gpr(static_cast<u8>(8 * slot), 64));
    else
      registers += fmt::format("({}*{})", gpr(static_cast<u8>(8 * slot), 64), 1u << scale);
  };
  add(o.base, 0);
  if (o.index != kSlotZero) add(o.index, o.scale);
  add(o.segment, 0);
  const bool bare = registers.empty();
  return segment + (o.value != 0 || bare ? number(o.value) : "") + registers;
}

std::string operand_text(const Insn& i, const Operand& o, const NameOf& name_of) {
  switch (o.kind) {
    case OperandKind::reg:
      if (o.reg_class == RegClass::gpr) return gpr(o.reg, o.bits);
      return fmt::format("{}{}", o.reg_class == RegClass::ymm ? 'Y' : 'X', o.reg);
    case OperandKind::mem:
      return memory(o, name_of);
    case OperandKind::imm:
      if (!i.near_branch) return "$" + number(o.value);
      if (const auto name = name_of(Addr(static_cast<u64>(o.value)));
          !name.empty() && name.find('+') == name.npos)
        return name + "(SB)";
      return fmt::format("{:#x}", static_cast<u64>(o.value));
    case OperandKind::none:
      break;
  }
  return {};
}

}  // namespace

std::string go_syntax(const Insn& i, const NameOf& name_of) {
  const std::string_view name = Decoder::name(i.mnemonic);
  std::string out = i.lock ? "LOCK; " : "";
  if (i.repne) out += "REPN; ";
  if (i.rep && is_string(name)) out += "REP; ";
  out += go_name(i, name);
  if (is_string(name) && i.operand[0].reg_class != RegClass::xmm) return out;
  std::vector<std::string> operands;
  for (u8 k = 0; k < i.operands; ++k) operands.push_back(operand_text(i, i.operand[k], name_of));
  // Source first, but for comparisons, which read like the condition that follows.
  if (name != "cmp") std::ranges::reverse(operands);
  return operands.empty() ? out : fmt::format("{} {}", out, fmt::join(operands, ", "));
}

}  // namespace emulator::decode
