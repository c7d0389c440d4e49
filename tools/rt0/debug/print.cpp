#include "tools/rt0/debug/print.hpp"

#include <algorithm>
#include <bit>
#include <cctype>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using golang::Kind;
using golang::StructLayout;

namespace {

constexpr u64 kMostElements = 16;   // of an array that are shown
constexpr unsigned kDeepest = 2;    // structs in structs that are opened
constexpr std::size_t kShort = 90;  // columns: a struct that fits is shown in one line

i64 extended(u64 bits, unsigned size) {
  const unsigned unused = size >= 8 ? 0 : 64 - 8 * size;
  return static_cast<i64>(bits << unused) >> unused;
}

std::string char_text(u64 bits) {
  const auto c = static_cast<unsigned char>(bits);
  return fmt::format("{} {}", extended(c, 1),
                     std::isprint(c) != 0 ? fmt::format("'{}'", static_cast<char>(c))
                                          : fmt::format("'\\{:03o}'", unsigned{c}));
}

std::string float_text(u64 bits, unsigned size) {
  if (size == 4) return fmt::format("{}", std::bit_cast<float>(static_cast<u32>(bits)));
  return fmt::format("{}", std::bit_cast<double>(bits));
}

/// "1.5s", "2m0.25s", "100ns": as Go prints a time.Duration (time/time.go, Duration.String).
std::string duration_text(i64 ns) {
  const u64 n = ns < 0 ? 0 - static_cast<u64>(ns) : static_cast<u64>(ns);
  const auto in = [](u64 part, u64 unit, int digits, const char* name) {
    std::string rest = digits == 0 ? "" : fmt::format(".{:0{}}", part % unit, digits);
    while (rest.ends_with('0')) rest.pop_back();
    return fmt::format("{}{}{}", part / unit, rest == "." ? "" : rest, name);
  };
  constexpr u64 kMicro = 1000, kMilli = 1'000'000, kSecond = 1'000'000'000, kMinute = 60 * kSecond;
  std::string out = n == 0        ? "0s"
                    : n < kMicro  ? in(n, 1, 0, "ns")
                    : n < kMilli  ? in(n, kMicro, 3, "µs")
                    : n < kSecond ? in(n, kMilli, 6, "ms")
                                  : in(n % kMinute, kSecond, 9, "s");
  const u64 minutes = n / kMinute;
  if (minutes >= 60) out = fmt::format("{}h{}m{}", minutes / 60, minutes % 60, out);
  if (minutes > 0 && minutes < 60) out = fmt::format("{}m{}", minutes, out);
  return ns < 0 ? "-" + out : out;
}

std::string binary_text(u64 bits) { return fmt::format("{:b}", bits); }

/// Writes values with their types' structure.
class Printer {
 public:
  Printer(Values& values, char letter) : values_(values), letter_(letter) {}

  /// What cannot be read says so, in the midst of what can.
  std::string text(const Value& v, unsigned indent) {
    try {
      return whole_text(v, indent);
    } catch (const emulator::base::UserError& e) {
      if (v.held) return "<optimised away>";
      if (indent == 0) throw;
      return fmt::format("<{}>", e.what());
    }
  }

 private:
  std::string whole_text(const Value& v, unsigned indent) {
    if (v.kind == Value::Kind::vector) return vector(v);
    if (values_.lost(v)) return "<optimised away>";
    if (letter_ == 0 && is_go_value(v)) {
      if (indent > kDeepest) return "{…}";
      return go_value_text(values_, v, [&](const Value& e) { return text(e, indent + 1); });
    }
    if (!values_.aggregate(v)) return scalar(v);
    const StructLayout& t = values_.layout(v);
    switch (v.type == 0 ? Kind::opaque : t.kind) {
      case Kind::structure:
        return structure(v, t, indent);
      case Kind::array:
        return elements(v, t.count, indent);
      case Kind::slice: {
        const u64 data = word(v, 0), len = word(v, 8);
        const std::string cap = values_.lost(values_.part(v, 16, 0))
                                    ? "<optimised away>"
                                    : fmt::format("{}", word(v, 16));
        const std::string head = fmt::format("len {}, cap {}, {}", len, cap, hex(data));
        return len == 0 || indent > kDeepest
                   ? "{" + head + "}"
                   : fmt::format("{{{}}} {}", head, elements(v, len, indent));
      }
      case Kind::string:
        return go_string(v);
      default:
        return fmt::format("{{{} bytes at {}}}", v.size, pointer_text(values_.target, v.at));
    }
  }

  bool is_go_value(const Value& v) const {
    const Kind kind = values_.layout(v).kind;
    return v.type != 0 && !v.is_code && !v.is_cast &&
           (kind == Kind::interface || kind == Kind::map || kind == Kind::channel ||
            kind == Kind::func || kind == Kind::floating || kind == Kind::complex);
  }
  u64 word(const Value& v, u64 offset) { return values_.word(v, offset); }

  std::string scalar(const Value& v) {
    const u64 bits = values_.number(v);
    if (letter_ == 's') return c_string_text(values_.target, Addr(bits));
    if (letter_ != 0) return number_text(values_.target, bits, v.size, v.is_signed, letter_);
    if (v.is_code || v.is_cast) return pointer_text(values_.target, Addr(bits));
    if (v.kind == Value::Kind::reg) return of_register(v, bits);
    if (v.type != 0 || !v.owner.empty() || !v.field.empty()) return typed(v, bits);
    if (v.is_signed) return fmt::format("{}", static_cast<i64>(bits));
    constexpr u64 kSmall = 1 << 20;
    return bits < kSmall ? fmt::format("{}", bits) : pointer_text(values_.target, Addr(bits));
  }

  std::string of_register(const Value& v, u64 bits) {
    if (v.reg.kind == RegisterName::Kind::flags) return flags_text(bits);
    return bits < 10 ? fmt::format("{}", bits) : pointer_text(values_.target, Addr(bits));
  }

  std::string typed(const Value& v, u64 bits) {
    const golang::NamedPlace place{{}, v.type, v.owner, v.field};
    const std::string text = values_.target.names().value_text(place, bits);
    const bool named =
        !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && text[0] != '-';
    if (values_.is_pointer(v.type) || v.field == ".ptr")
      return bits == 0 ? "0x0" : pointer_text(values_.target, Addr(bits));
    const StructLayout& t = values_.layout(v);
    if (t.name == "runtime.waitReason" && values_.target.wait_reason(bits) != text)
      return fmt::format("{} ({})", values_.target.wait_reason(static_cast<u8>(bits)), bits);
    if (t.name == "time.Duration")
      return fmt::format("{} ({})", duration_text(static_cast<i64>(bits)), static_cast<i64>(bits));
    if (t.name == "uint8" && std::isprint(static_cast<int>(bits & 0xff)) != 0 && v.owner.empty())
      return fmt::format("{} '{}'", bits, static_cast<char>(bits));
    if (named && t.name == "uintptr") return fmt::format("{} <{}>", hex(bits), text);
    if (named && t.kind == Kind::unsigned_int) return fmt::format("{} ({})", text, bits);
    return text;
  }

  std::string vector(const Value& v) {
    std::string out = "{";
    for (unsigned i = v.size / 8; i-- > 0;)
      out += fmt::format("{}{:#018x}", out.size() > 1 ? ", " : "", v.lanes[i]);
    return out + "}, highest lane first";
  }

  std::string go_string(const Value& v) {
    const u64 data = word(v, 0), len = word(v, 8);
    std::string bytes(std::min<u64>(len, 200), '\0');
    if (!values_.target.memory().try_read(Addr(data),
                                          {reinterpret_cast<u8*>(bytes.data()), bytes.size()}))
      return fmt::format("a string of {} bytes at {}, which cannot be read", len, hex(data));
    const u64 rest = len - bytes.size();
    return go_quoted(bytes) + (rest > 0 ? fmt::format(" … {} more bytes", rest) : "");
  }

  std::string elements(const Value& v, u64 count, unsigned indent) {
    std::string out = "[";
    const u64 shown = std::min(count, kMostElements);
    for (u64 i = 0; i < shown; ++i)
      out += (i == 0 ? "" : ", ") + text(values_.index(v, i), indent + 1);
    if (shown < count) out += fmt::format(", … {} more", count - shown);
    return out + "]";
  }

  std::string structure(const Value& v, const StructLayout& t, unsigned indent) {
    if (indent > kDeepest) return "{…}";
    std::vector<std::string> fields;
    std::size_t width = 0;
    for (const auto& m : t.members) {
      if (m.name == "_") continue;
      Value field = values_.part(v, m.offset, m.type);
      field.field = m.name, field.owner = t.name;
      fields.push_back(fmt::format("{} = {}", m.name, text(field, indent + 1)));
      width += fields.back().size() + 2;
    }
    if (width < kShort) return fmt::format("{{{}}}", fmt::join(fields, ", "));
    const std::string pad(2 * (indent + 1), ' ');
    return fmt::format("{{\n{}{}\n{}}}", pad, fmt::join(fields, ",\n" + pad),
                       std::string(2 * indent, ' '));
  }

  Values& values_;
  char letter_;
};

}  // namespace

Format parse_format(std::string_view text) {
  Format f;
  if (!text.starts_with('/')) return f;
  text.remove_prefix(1);
  if (text.starts_with('-')) f.backwards = true, text.remove_prefix(1);
  u64 count = 0;
  bool counted = false;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      counted = true;
      count = std::min<u64>(count * 10 + static_cast<u64>(c - '0'), 1'000'000);
    } else if (std::string_view("bhwg").find(c) != std::string_view::npos) {
      f.size = c;
    } else if (std::string_view("xduotacfsziwrm").find(c) != std::string_view::npos) {
      f.letter = c;
    } else {
      user_error(
          "There is no format \"{}\": take one of x d u o t a c f s z i, and b h w g for the "
          "size.",
          c);
    }
  }
  if (counted) f.count = count;
  return f;
}

std::string number_text(Target& target, u64 bits, unsigned size, bool is_signed, char letter) {
  if (size < 8) bits &= (u64{1} << (8 * size)) - 1;
  switch (letter) {
    case 'd':
      return fmt::format("{}", extended(bits, size));
    case 'u':
      return fmt::format("{}", bits);
    case 'o':
      return bits == 0 ? "0" : fmt::format("0{:o}", bits);
    case 't':
      return binary_text(bits);
    case 'z':
      return fmt::format("{:#0{}x}", bits, 2 * size + 2);
    case 'c':
      return char_text(bits);
    case 'f':
      return float_text(bits, size);
    case 'a':
    case 'i':
      return pointer_text(target, Addr(bits));
    case 'x':
      return hex(bits);
    default:
      return is_signed ? fmt::format("{}", extended(bits, size)) : fmt::format("{}", bits);
  }
}

std::string value_text(Values& values, const Value& v, char letter) {
  return Printer(values, letter).text(v, 0);
}

Data::Fields value_fields(Values& values, const Value& v, char letter) {
  Data::Fields out = {{"text", value_text(values, v, letter)}};
  if (v.type != 0) out.emplace_back("type", golang::go_name(values.layout(v)));
  if (v.kind == Value::Kind::place && !v.held)
    out.insert(out.end(), {{"address", v.at}, {"size", v.size}});
  if (v.kind == Value::Kind::vector || values.aggregate(v)) return out;
  const u64 bits = values.number(v);
  if (v.type != 0 && values.layout(v).kind == Kind::floating) {
    out.emplace_back("value", float_text(bits, v.size));
    return out;
  }
  // As text: not every reader of JSON has numbers of 64 bits.
  out.emplace_back("value",
                   values.is_signed(v) ? fmt::format("{}", static_cast<i64>(bits)) : hex(bits));
  return out;
}

std::string short_text(Values& values, const Value& v) {
  constexpr std::size_t kMost = 40;
  const Kind kind = v.type == 0 ? Kind::opaque : values.layout(v).kind;
  if (kind == Kind::structure || kind == Kind::array) return "{…}";
  if (kind == Kind::slice) {
    const Value len = values.part(v, 8, 0);
    return values.lost(len) ? "[…]" : fmt::format("[{} …]", values.word(v, 8));
  }
  if (kind == Kind::interface || kind == Kind::map || kind == Kind::channel) return "{…}";
  std::string text = value_text(values, v, 0);
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string pointer_text(Target& target, Addr a) {
  const std::string name = a.value < 4096 ? std::string() : target.name_of(a);
  return name.empty() ? hex(a) : fmt::format("{} <{}>", hex(a), name);
}

namespace {

/// Bytes of the character of UTF-8 that a text begins with; 0 when it begins with none.
std::size_t utf8_length(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const std::size_t n = lead < 0x80   ? 1
                        : lead < 0xc2 ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                        : lead < 0xf5 ? 4
                                      : 0;
  if (n > s.size()) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((static_cast<unsigned char>(s[i]) & 0xc0) != 0x80) return 0;
  return n;
}

}  // namespace

std::string go_quoted(std::string_view bytes) {
  std::string out = "\"";
  while (!bytes.empty()) {
    const auto u = static_cast<unsigned char>(bytes[0]);
    const std::size_t n = utf8_length(bytes);
    if (u == '"' || u == '\\')
      out += fmt::format("\\{}", bytes[0]);
    else if (u == '\n')
      out += "\\n";
    else if (u == '\t')
      out += "\\t";
    else if (u < 0x20 || u == 0x7f || n == 0)
      out += fmt::format("\\{:03o}", unsigned{u});
    else
      out += bytes.substr(0, n);
    bytes.remove_prefix(std::max<std::size_t>(1, n));
  }
  return out + "\"";
}

std::string c_string_text(Target& target, Addr a, std::size_t most) {
  std::string bytes;
  for (; bytes.size() < most; a += 1) {
    const auto byte = target.memory().try_number(a, 1);
    if (!byte && bytes.empty()) user_error("Cannot access memory at address {}", hex(a));
    if (!byte || *byte == 0) return go_quoted(bytes);
    bytes += static_cast<char>(*byte);
  }
  return go_quoted(bytes) + "…";
}

std::string flags_text(u64 rflags) {
  constexpr std::pair<unsigned, const char*> kFlags[] = {
      {0, "CF"}, {2, "PF"}, {4, "AF"}, {6, "ZF"}, {7, "SF"}, {9, "IF"}, {10, "DF"}, {11, "OF"}};
  std::string out = "[";
  for (const auto& [bit, name] : kFlags)
    if ((rflags >> bit & 1) != 0) out += fmt::format(" {}", name);
  return out + " ]";
}

}  // namespace rt0::debug
