#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "traces/format/bytes_text.hpp"
#include "traces/format/json.hpp"

namespace traces::format {
namespace {

using Json = nlohmann::ordered_json;  // keeps the order of an instruction's register writes

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Malformed(fmt::format("\"{}\" is missing", key));
  return *found;
}

std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string()) throw Malformed(fmt::format("\"{}\" is not a string", key));
  return restore_bytes(value.get_ref<const std::string&>());
}

std::string text_or_empty(const Json& object, const char* key) {
  return object.contains(key) ? text(object, key) : std::string();
}

template <class T>
T number(const Json& object, const char* key) {
  const Json& value = member(object, key);
  using Limits = std::numeric_limits<T>;
  if (value.is_number_unsigned()) {
    if (const u64 v = value.get<u64>(); v <= static_cast<u64>(Limits::max()))
      return static_cast<T>(v);
  } else if (value.is_number_integer()) {
    if (const i64 v = value.get<i64>(); Limits::is_signed && v >= static_cast<i64>(Limits::min()))
      return static_cast<T>(v);
  }
  throw Malformed(fmt::format("\"{}\" is not a whole number in range", key));
}

template <class T>
std::optional<T> number_if_any(const Json& object, const char* key) {
  if (!object.contains(key)) return std::nullopt;
  return number<T>(object, key);
}

const Json& list(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_array()) throw Malformed(fmt::format("\"{}\" is not a list", key));
  return value;
}

const Json& object_in(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_object()) throw Malformed(fmt::format("\"{}\" is not an object", key));
  return value;
}

std::vector<std::string> texts(const Json& object, const char* key) {
  std::vector<std::string> out;
  for (const Json& value : list(object, key)) {
    if (!value.is_string())
      throw Malformed(fmt::format("\"{}\" holds something that is not a string", key));
    out.push_back(restore_bytes(value.get_ref<const std::string&>()));
  }
  return out;
}

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  throw Malformed(fmt::format("'{}' is not a lower-case hex digit", c));
}

/// "0x…" of at most `count` words, lowest first.
std::array<u64, 4> hex_words(std::string_view text, unsigned count) {
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 2 + 16 * std::size_t{count})
    throw Malformed(
        fmt::format("\"{}\" is not a hex number of up to {} bits", text.substr(0, 80), 64 * count));
  text.remove_prefix(2);
  std::array<u64, 4> value{};
  for (std::size_t i = 0; i < text.size(); ++i)
    value[i / 16] |= u64{digit(text[text.size() - 1 - i])} << (4 * (i % 16));
  return value;
}

std::string_view raw_text(const Json& value) {
  if (!value.is_string()) throw Malformed("a value is not a string");
  return value.get_ref<const std::string&>();
}

Addr addr(const Json& object, const char* key) {
  return Addr(hex_words(raw_text(member(object, key)), 1)[0]);
}

/// An access's bytes: a number when it has a register's size, else two digits for each byte.
std::vector<u8> value_bytes(std::string_view text, u32 size) {
  std::vector<u8> bytes(size <= 2 * kMaxLine ? size : 0);
  if (text.starts_with("0x") && size <= 32) {
    const auto value = hex_words(text, size <= 8 ? 1 : size / 8);
    const auto whole = std::span(reinterpret_cast<const u8*>(value.data()), sizeof value);
    for (const u8 beyond : whole.subspan(size))
      if (beyond != 0) throw Malformed(fmt::format("\"v\" does not fit {} bytes", size));
    std::copy_n(whole.begin(), size, bytes.begin());
  } else {
    if (text.size() != 2 * std::size_t{size})
      throw Malformed(fmt::format("\"v\" is not {} bytes", size));
    for (u32 i = 0; i < size; ++i)
      bytes[i] = static_cast<u8>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  }
  return bytes;
}

void read_memory(Changes& insn, const Json& effects) {
  for (const Json& effect : effects) {
    if (!effect.is_object()) throw Malformed("\"m\" holds something that is not an object");
    const std::string kind = text(effect, "k");
    if (kind != "r" && kind != "w") throw Malformed("\"k\" is neither \"r\" nor \"w\"");
    const Access access = kind == "r" ? Access::Read : Access::Write;
    const u32 size = number<u32>(effect, "s");
    if (const auto value = effect.find("v"); value != effect.end())
      insn.add_memory(access, addr(effect, "a"), value_bytes(raw_text(*value), size));
    else if (const auto pattern = effect.find("p"); pattern != effect.end())
      insn.add_memory_repeated(access, addr(effect, "a"), size, hex_words(raw_text(*pattern), 1)[0]);
    else
      insn.add_memory_unvalued(access, addr(effect, "a"), size);
  }
}

void read_changes(Changes& changes, const Json& json) {
  for (const auto& [key, value] : object_in(json, "w").items()) {
    const auto reg = reg_named(key);
    if (!reg) throw Malformed(fmt::format("\"{}\" is not a register", key));
    changes.set(*reg, hex_words(raw_text(value), words(*reg)));
  }
  read_memory(changes, list(json, "m"));
  changes.more += number_if_any<u64>(json, "more").value_or(0);
}

Stamp stamp_of(const Json& json) {
  return {number<u64>(json, "n"), number<u32>(json, "t"), number_if_any<i64>(json, "ns")};
}

/// The event of alternative T in `into`, as it is when it already holds one.
template <class T>
T& reuse(Event& into) {
  if (auto* held = std::get_if<T>(&into)) return *held;
  return into.emplace<T>();
}

void read_insn(const Json& json, Event& into, Strings& strings) {
  Insn& insn = reuse<Insn>(into);
  const Stamp at = stamp_of(json);
  insn.begin(at.n, at.t, addr(json, "pc"));
  insn.ns = at.ns;
  insn.fn = strings.keep(text(json, "fn"));
  insn.off = number<u64>(json, "off");
  insn.text = strings.keep(text(json, "text"));
  read_changes(insn, json);
  insn.cycle = number_if_any<u64>(json, "c");
}

Mapping mapping(const Json& json) {
  if (!json.is_object()) throw Malformed("\"maps\" holds something that is not an object");
  Mapping map{addr(json, "a"),
              number<u64>(json, "s"),
              text_or_empty(json, "prot"),
              json.contains("kept"),
              number_if_any<u64>(json, "off").value_or(0),
              number_if_any<u64>(json, "file").value_or(0)};
  if (map.from_file > map.size) throw Malformed("\"file\" is more than \"s\"");
  if (map.size > ~map.addr.value) throw Malformed("\"s\" goes beyond the end of memory");
  return map;
}

State state(const Json& json) {
  State out;
  static_cast<Stamp&>(out) = stamp_of(json);
  out.why = text(json, "why");
  if (json.contains("maps"))
    for (const Json& map : list(json, "maps")) out.maps.push_back(mapping(map));
  read_changes(out, json);
  return out;
}

Step step(const Json& json) {
  Step out{stamp_of(json),
           number<i64>(json, "m"),
           number<i64>(json, "p"),
           number<i64>(json, "g"),
           text(json, "id"),
           text(json, "text"),
           {},
           text_or_empty(json, "verdict"),
           number_if_any<u64>(json, "n0"),
           text_or_empty(json, "stack"),
           number_if_any<i64>(json, "for"),
           text_or_empty(json, "weight")};
  for (const Json& change : list(json, "w")) {
    if (!change.is_object()) throw Malformed("\"w\" holds something that is not an object");
    out.changes.push_back({text(change, "f"), text(change, "old"), text(change, "new")});
  }
  return out;
}

Json parse(std::string_view line) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) throw Malformed("it is not JSON");
  if (!json.is_object()) throw Malformed("it is not a JSON object");
  return json;
}

}  // namespace

Header parse_header(std::string_view line) {
  const Json json = parse(line);
  if (const std::string schema = text(json, "schema"); schema != kSchema)
    throw Malformed(
        fmt::format("its schema is \"{}\"; this rt0 reads \"{}\"", schema.substr(0, 80), kSchema));
  const auto level = level_named(text(json, "level"));
  if (!level) throw Malformed("\"level\" is none of step, call, instruction");
  const Json& program = object_in(json, "program");
  const Json& machine = object_in(json, "machine");
  return {*level,
          {text(program, "sha256"), text(program, "build_id"), text(program, "go"),
           texts(program, "argv")},
          {text(machine, "cpu"), number<u32>(machine, "cores"), number<u64>(machine, "seed"),
           number<u64>(machine, "quantum"), text(machine, "core")},
          text(json, "runtime")};
}

void parse_event(std::string_view line, Event& into, Strings& strings) {
  const Json json = parse(line);
  const std::string kind = text(json, "e");
  if (kind == "insn") return read_insn(json, into, strings);
  if (kind == "call") {
    into = Call{stamp_of(json), strings.keep(text(json, "fn"))};
  } else if (kind == "ret") {
    into = Ret{stamp_of(json), strings.keep(text(json, "fn"))};
  } else if (kind == "step") {
    into = step(json);
  } else if (kind == "sys") {
    into = Sys{stamp_of(json), text(json, "name"), texts(json, "args"), text_or_empty(json, "ret")};
  } else if (kind == "switch") {
    into = Switch{stamp_of(json), text(json, "from"), text(json, "to"), addr(json, "stack")};
  } else if (kind == "mark") {
    into = Landmark{stamp_of(json), text(json, "fn"), addr(json, "pc"), text(json, "text"),
                    text_or_empty(json, "weight")};
  } else if (kind == "signal") {
    into = Signal{stamp_of(json), number<i32>(json, "sig"), number<i32>(json, "code"),
                  addr(json, "addr")};
  } else if (kind == "thread") {
    into = Thread{stamp_of(json), number<u32>(json, "child")};
  } else if (kind == "exit") {
    into = Exit{stamp_of(json), number<i32>(json, "code"),
                number_if_any<i32>(json, "sig").value_or(0)};
  } else if (kind == "state") {
    into = state(json);
  } else {
    throw Malformed(fmt::format("\"{}\" is not a kind of event", kind.substr(0, 40)));
  }
}

}  // namespace traces::format
