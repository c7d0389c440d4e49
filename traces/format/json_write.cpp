// Events as JSON Lines, written by hand: a run at instruction level is millions of lines.
#include <bit>
#include <charconv>

#include "traces/format/bytes_text.hpp"
#include "traces/format/json.hpp"

namespace traces::format {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

template <class T>
void append_number(std::string& out, T value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// `digits` hex digits of `value`, the low ones, zero padded.
void append_digits(std::string& out, u64 value, unsigned digits) {
  char text[16];
  for (unsigned i = digits; i-- != 0; value >>= 4) text[i] = kDigits[value & 15];
  out.append(text, digits);
}

/// A quoted hex number: "0x455e20".
void append_hex(std::string& out, u64 value) {
  out += "\"0x";
  append_digits(out, value,
                value == 0 ? 1 : (67 - static_cast<unsigned>(std::countl_zero(value))) / 4);
  out += '"';
}

/// The same for a number of several words, lowest first.
void append_hex(std::string& out, std::span<const u64> value) {
  while (value.size() > 1 && value.back() == 0) value = value.first(value.size() - 1);
  append_hex(out, value.back());
  if (value.size() == 1) return;
  out.pop_back();
  for (std::size_t i = value.size() - 1; i-- != 0;) append_digits(out, value[i], 16);
  out += '"';
}

bool is_word_size(std::size_t size) { return size != 0 && size <= 32 && std::has_single_bit(size); }

/// Values of a register's size are numbers; anything else is its bytes, lowest address first.
void append_value(std::string& out, std::span<const u8> value) {
  if (is_word_size(value.size())) {
    std::array<u64, 4> number{};
    std::memcpy(number.data(), value.data(), value.size());
    return append_hex(out, std::span(number).first(value.size() <= 8 ? 1 : value.size() / 8));
  }
  out += '"';
  for (const u8 byte : value) append_digits(out, byte, 2);
  out += '"';
}

void begin(std::string& out, std::string_view kind, const Stamp& stamp) {
  out += R"({"e":")";
  out += kind;
  out += R"(","n":)";
  append_number(out, stamp.n);
  out += R"(,"t":)";
  append_number(out, stamp.t);
  if (stamp.ns) {
    out += R"(,"ns":)";
    append_number(out, *stamp.ns);
  }
}

/// `key` comes with its punctuation: `,"fn":`.
void text_field(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  append_string(out, value);
}
void hex_field(std::string& out, std::string_view key, Addr value) {
  out += key;
  append_hex(out, value.value);
}
template <class T>
void number_field(std::string& out, std::string_view key, T value) {
  out += key;
  append_number(out, value);
}

void append_list(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (const auto& text : list) {
    if (&text != &list.front()) out += ',';
    append_string(out, text);
  }
  out += ']';
}

void append_memory(std::string& out, const Changes& insn) {
  out += R"(,"m":[)";
  bool first = true;
  for (const MemEffect& effect : insn.memory()) {
    hex_field(out, first ? R"({"a":)" : R"(,{"a":)", effect.addr);
    number_field(out, R"(,"s":)", effect.size);
    out += effect.kind == Access::Read ? R"(,"k":"r")" : R"(,"k":"w")";
    if (effect.valued) {
      out += effect.repeated ? R"(,"p":)" : R"(,"v":)";
      append_value(out, insn.value(effect));
    }
    out += '}';
    first = false;
  }
  out += ']';
}

void body(std::string& out, const Call& e) {
  begin(out, "call", e);
  text_field(out, R"(,"fn":)", e.fn);
}

void body(std::string& out, const Ret& e) {
  begin(out, "ret", e);
  text_field(out, R"(,"fn":)", e.fn);
}

void body(std::string& out, const Step& e) {
  begin(out, "step", e);
  if (e.n0) number_field(out, R"(,"n0":)", *e.n0);
  number_field(out, R"(,"m":)", e.m);
  number_field(out, R"(,"p":)", e.p);
  number_field(out, R"(,"g":)", e.g);
  if (!e.stack.empty()) text_field(out, R"(,"stack":)", e.stack);
  if (e.curg) number_field(out, R"(,"for":)", *e.curg);
  text_field(out, R"(,"id":)", e.id);
  text_field(out, R"(,"text":)", e.text);
  if (!e.verdict.empty()) text_field(out, R"(,"verdict":)", e.verdict);
  if (!e.weight.empty()) text_field(out, R"(,"weight":)", e.weight);
  out += R"(,"w":[)";
  for (const auto& change : e.changes) {
    text_field(out, &change == &e.changes.front() ? R"({"f":)" : R"(,{"f":)", change.field);
    text_field(out, R"(,"old":)", change.before);
    text_field(out, R"(,"new":)", change.after);
    out += '}';
  }
  out += ']';
}

void body(std::string& out, const Sys& e) {
  begin(out, "sys", e);
  text_field(out, R"(,"name":)", e.name);
  out += R"(,"args":)";
  append_list(out, e.args);
  if (!e.ret.empty()) text_field(out, R"(,"ret":)", e.ret);
}

void body(std::string& out, const Switch& e) {
  begin(out, "switch", e);
  text_field(out, R"(,"from":)", e.from);
  text_field(out, R"(,"to":)", e.to);
  hex_field(out, R"(,"stack":)", e.stack);
}

void body(std::string& out, const Landmark& e) {
  begin(out, "mark", e);
  text_field(out, R"(,"fn":)", e.fn);
  hex_field(out, R"(,"pc":)", e.pc);
  text_field(out, R"(,"text":)", e.text);
  if (!e.weight.empty()) text_field(out, R"(,"weight":)", e.weight);
}

void body(std::string& out, const Signal& e) {
  begin(out, "signal", e);
  number_field(out, R"(,"sig":)", e.sig);
  number_field(out, R"(,"code":)", e.code);
  hex_field(out, R"(,"addr":)", e.addr);
}

void body(std::string& out, const Thread& e) {
  begin(out, "thread", e);
  number_field(out, R"(,"child":)", e.child);
}

void body(std::string& out, const Exit& e) {
  begin(out, "exit", e);
  number_field(out, R"(,"code":)", e.code);
  if (e.sig != 0) number_field(out, R"(,"sig":)", e.sig);
}

void append_registers(std::string& out, const Changes& changes) {
  out += R"(,"w":{)";
  bool first = true;
  for (const RegWrite& write : changes.regs()) {
    out += first ? "\"" : ",\"";
    out += name(write.reg);
    out += "\":";
    append_hex(out, std::span(write.value).first(words(write.reg)));
    first = false;
  }
  out += '}';
}

void append_maps(std::string& out, const std::vector<Mapping>& maps) {
  out += R"(,"maps":[)";
  for (const Mapping& map : maps) {
    hex_field(out, &map == &maps.front() ? R"({"a":)" : R"(,{"a":)", map.addr);
    number_field(out, R"(,"s":)", map.size);
    if (!map.protection.empty()) text_field(out, R"(,"prot":)", map.protection);
    if (map.kept) out += R"(,"kept":true)";
    if (map.from_file != 0) {
      number_field(out, R"(,"off":)", map.offset);
      number_field(out, R"(,"file":)", map.from_file);
    }
    out += '}';
  }
  out += ']';
}

void body(std::string& out, const State& e) {
  begin(out, "state", e);
  text_field(out, R"(,"why":)", e.why);
  if (!e.maps.empty()) append_maps(out, e.maps);
  append_registers(out, e);
  append_memory(out, e);
  if (e.more != 0) number_field(out, R"(,"more":)", e.more);
}

void body(std::string& out, const Insn& e) {
  begin(out, "insn", e);
  hex_field(out, R"(,"pc":)", e.pc);
  text_field(out, R"(,"fn":)", e.fn);
  number_field(out, R"(,"off":)", e.off);
  text_field(out, R"(,"text":)", e.text);
  append_registers(out, e);
  append_memory(out, e);
  if (e.more != 0) number_field(out, R"(,"more":)", e.more);
  if (e.cycle) number_field(out, R"(,"c":)", *e.cycle);
}

}  // namespace

void append_json(std::string& out, const Header& header) {
  text_field(out, R"({"schema":)", kSchema);
  text_field(out, R"(,"level":)", name(header.level));
  text_field(out, R"(,"program":{"sha256":)", header.program.sha256);
  text_field(out, R"(,"build_id":)", header.program.build_id);
  text_field(out, R"(,"go":)", header.program.go);
  out += R"(,"argv":)";
  append_list(out, header.program.argv);
  text_field(out, R"(},"machine":{"cpu":)", header.machine.cpu);
  number_field(out, R"(,"cores":)", header.machine.cores);
  number_field(out, R"(,"seed":)", header.machine.seed);
  number_field(out, R"(,"quantum":)", header.machine.quantum);
  text_field(out, R"(,"core":)", header.machine.core);
  text_field(out, R"(},"runtime":)", header.runtime);
  out += '}';
}

void append_json(std::string& out, const Insn& insn) {
  body(out, insn);
  out += '}';
}

void append_json(std::string& out, const Event& event) {
  std::visit([&](const auto& e) { body(out, e); }, event);
  out += '}';
}

}  // namespace traces::format
