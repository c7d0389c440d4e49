#include "traces/format/bytes_text.hpp"

#include <cstdint>

namespace traces::format {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

unsigned at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the well-formed UTF-8 sequence that `text` starts with (Unicode 15, table 3-7); 0 when
/// there is none.
std::size_t sequence_length(std::string_view text) {
  const unsigned lead = at(text, 0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xc2 && lead < 0xe0  ? 2
                             : (lead & 0xf0) == 0xe0        ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(text, i) & 0xc0) != 0x80) return 0;
  if (length < 3) return length;
  const unsigned second = at(text, 1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool beyond = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

/// U+EF80…U+EFFF, the characters that stand for bytes: EE BE 80 … EE BF BF.
bool stands_for_byte(std::string_view sequence) {
  return sequence.size() >= 3 && at(sequence, 0) == 0xee && (at(sequence, 1) & 0xfe) == 0xbe;
}

void append_escape(std::string& out, unsigned code_point) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(code_point >> shift) & 15];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      if (c < 0x20 || c == 0x7f)
        append_escape(out, static_cast<unsigned char>(c));
      else
        out += c;
  }
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_string(std::string& out, std::string_view bytes) {
  out += '"';
  while (!bytes.empty()) {
    std::size_t plain = 0;
    while (plain < bytes.size() && is_plain(bytes[plain])) ++plain;
    out.append(bytes.substr(0, plain));
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const std::size_t length = sequence_length(bytes);
    if (length == 1) {
      append_ascii(out, bytes[0]);
      bytes.remove_prefix(1);
    } else if (length == 0 || stands_for_byte(bytes)) {
      append_escape(out, 0xef00 + at(bytes, 0));
      bytes.remove_prefix(1);
    } else {
      out.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  out += '"';
}

std::string restore_bytes(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size();) {
    if (stands_for_byte(utf8.substr(i))) {
      out += static_cast<char>(((at(utf8, i + 1) & 1) << 6) | (at(utf8, i + 2) & 0x3f) | 0x80);
      i += 3;
    } else {
      out += utf8[i++];
    }
  }
  return out;
}

}  // namespace traces::format
