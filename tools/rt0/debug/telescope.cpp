#include "tools/rt0/debug/telescope.hpp"

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::cpu::kSlotZero;
using emulator::decode::Operand;
using emulator::decode::OperandKind;

namespace {

constexpr int kFollowed = 3;  // pointers behind each other

bool printable(std::string_view s) {
  for (const char c : s)
    if (c < 0x20 || c > 0x7e) return false;
  return !s.empty();
}

/// Text that begins at an address, when it looks like text.
std::string text_at(Debugger& d, Addr a) {
  char bytes[24] = {};
  if (!d.target.memory().try_read(a, {reinterpret_cast<u8*>(bytes), sizeof bytes})) return {};
  const std::string_view all(bytes, sizeof bytes);
  const std::string_view s = all.substr(0, std::min(all.find('\0'), all.size()));
  return s.size() >= 4 && printable(s)
             ? fmt::format("\"{}\"{}", s, s.size() == all.size() ? "…" : "")
             : std::string();
}

/// The registers that hold an address: "← rsp".
std::string registers_at(Debugger& d, Addr a) {
  std::string out;
  const auto& regs = d.target.registers();
  for (const unsigned i : {unsigned{emulator::cpu::rsp}, unsigned{emulator::cpu::rbp}})
    if (regs.gpr(i) == a.value) out += fmt::format(" ← {}", emulator::cpu::gpr_name(i));
  return out;
}

}  // namespace

std::string chain_text(Debugger& d, u64 value) {
  std::string out = pointer_text(d.target, Addr(value));
  for (int i = 0; i < kFollowed && value >= 4096; ++i) {
    if (d.target.symbols().function_at(Addr(value)) != nullptr) break;
    if (std::string text = text_at(d, Addr(value)); !text.empty()) return out + " → " + text;
    const auto next = d.target.memory().try_number(Addr(value));
    if (!next) break;
    out += " → " + pointer_text(d.target, Addr(*next));
    value = *next;
  }
  return out;
}

Listing telescope(Debugger& d, Addr from, u64 count) {
  Listing out("telescope", "words");
  for (u64 i = 0; i < count; ++i) {
    const Addr a = from + 8 * i;
    const auto word = d.target.memory().try_number(a);
    if (!word) {
      if (i == 0) emulator::base::user_error("Cannot access memory at address {}", hex(a));
      break;
    }
    const std::string chain = chain_text(d, *word), marks = registers_at(d, a);
    out.item({{"address", a}, {"value", Addr(*word)}, {"reads", chain}},
             cut(fmt::format("{} +{:#04x}: {}{}", hex(a), 8 * i, chain, marks), d.out.width()));
  }
  return out;
}

Addr address_of(Debugger& d, const Operand& o) {
  const auto& regs = d.target.registers();
  u64 a = static_cast<u64>(o.value);
  if (o.absolute) return Addr(a);
  a += regs.slots[o.base] + (regs.slots[o.index] << o.scale) + regs.slots[o.segment];
  return Addr(a);
}

std::string reads_text(Debugger& d, const CodeLine& line) {
  if (!line.valid) return {};
  const std::string_view name = emulator::decode::Decoder::name(line.insn.mnemonic);
  for (u8 i = 0; i < line.insn.operands; ++i) {
    const Operand& o = line.insn.operand[i];
    if (o.kind != OperandKind::mem) continue;
    const Addr a = address_of(d, o);
    std::string out =
        name == "lea" ? pointer_text(d.target, a) : fmt::format("[{}]", pointer_text(d.target, a));
    if (name == "lea" || o.bits > 64 || o.bits < 8) return out;
    if (const auto value = d.target.memory().try_number(a, o.bits / 8))
      out += " = " + pointer_text(d.target, Addr(*value));
    return out;
  }
  return {};
}

}  // namespace rt0::debug
