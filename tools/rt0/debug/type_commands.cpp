// Types of the runtime, and memory as bytes.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;

namespace {

/// The type that a name is, or that an expression has; 0: none that is known.
golang::TypeId type_meant(Debugger& d, const std::string& text) {
  if (const auto own = d.variable(text, false)) return own->type;
  for (const std::string& name : {text, "runtime." + text})
    if (const auto type = d.target.type(name); type != 0) return type;
  return evaluate(d.values, text).type;
}

const golang::StructLayout& layout_meant(Debugger& d, const Arguments& a,
                                         std::string_view command) {
  if (a.text.empty())
    user_error("\"{}\" needs a type or an expression, as in \"{} runtime.g\".", command, command);
  const auto type = type_meant(d, a.text);
  if (type == 0) user_error("No type is known of \"{}\".", a.text);
  return d.target.layouts().type(type);
}

void run_ptype(Debugger& d, const Arguments& a) {
  const auto& layout = layout_meant(d, a, "ptype");
  Listing answer("type", "members");
  const bool plain = layout.members.empty();
  const std::string name(go_name(layout));
  answer.also(plain ? fmt::format("type = {}, {} bytes", name, layout.size)
                    : fmt::format("type = {} struct {{  // {} bytes", name, layout.size),
              {{"name", name}, {"size", layout.size}});
  for (const auto& m : layout.members) {
    const std::string_view type = go_name(d.target.layouts().type(m.type));
    answer.item({{"name", m.name}, {"type", type}, {"offset", m.offset}},
                fmt::format("  {:<24} {:<34} // +{:#x}", m.name, type, m.offset));
  }
  if (!plain) answer.also("}");
  d.out.tell(answer);
}

void run_whatis(Debugger& d, const Arguments& a) {
  const auto& layout = layout_meant(d, a, "whatis");
  const std::string name(go_name(layout));
  d.out.tell(Fact("type", {{"name", name}, {"size", layout.size}}, "type = " + name));
}

void run_hexdump(Debugger& d, const Arguments& a) {
  constexpr u64 kRow = 16, kMost = 65536;
  const auto words = a.words();
  u64 count = 64;
  std::string where = a.text;
  if (words.size() > 1 && emulator::base::parse_number(words.back())) {
    count = std::min(*emulator::base::parse_number(words.back()), kMost);
    where = std::string(trimmed(std::string_view(a.text).substr(0, a.text.rfind(words.back()))));
  }
  const Addr from = a.repeated      ? d.next_examined
                    : where.empty() ? d.target.sp()
                                    : Addr(evaluate_number(d.values, where));
  Listing answer("memory", "rows");
  for (u64 at = 0; at < count; at += kRow) {
    std::string bytes, text;
    Data::List numbers;
    for (u64 i = at; i < std::min(count, at + kRow); ++i) {
      const auto byte = d.target.memory().number(from + i, 1);
      bytes += fmt::format("{:02x}{}", byte, i % 8 == 7 ? "  " : " ");
      numbers.emplace_back(byte);
      text += byte >= ' ' && byte <= '~' ? static_cast<char>(byte) : '.';
    }
    answer.item({{"address", from + at}, {"bytes", std::move(numbers)}, {"text", text}},
                fmt::format("{}  {:<50}{}", hex(from + at), bytes, text));
  }
  d.out.tell(answer);
  d.next_examined = from + count;
}

constexpr Command kCommands[] = {
    {"ptype", "pt", Group::looking, "TYPE|EXPRESSION",
     "Show the fields of a type of the runtime, their types and offsets", "", "ptype runtime.g",
     false, Completes::expressions, run_ptype},
    {"whatis", "wha", Group::looking, "TYPE|EXPRESSION", "Name the type of an expression", "",
     "whatis sched.runqsize", false, Completes::expressions, run_whatis},
    {"hexdump", "hd", Group::looking, "[ADDRESS] [BYTES]", "Show memory as bytes and text", "",
     "hexdump $rsp 32", true, Completes::expressions, run_hexdump},
};

}  // namespace

std::span<const Command> type_commands() { return kCommands; }

}  // namespace rt0::debug
