#include "emulator/base/hex.hpp"

#include <fmt/format.h>

#include <charconv>

namespace emulator::base {

std::string hex(u64 value) { return fmt::format("{:#x}", value); }

std::string hex_bytes(std::span<const u8> bytes) {
  std::string out;
  for (const u8 b : bytes)
    fmt::format_to(std::back_inserter(out), "{}{:02x}", out.empty() ? "" : " ", b);
  return out;
}

std::optional<u64> parse_number(std::string_view text) {
  int radix = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    radix = 16;
  }
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<u64> parse_size(std::string_view text) {
  for (const std::string_view tail : {"iB", "B"}) {
    if (text.size() > tail.size() && text.ends_with(tail)) {
      text.remove_suffix(tail.size());
      break;
    }
  }
  unsigned shift = 0;
  if (!text.empty()) {
    const std::string_view suffixes = "KMGT";
    const auto at = suffixes.find(static_cast<char>(text.back() & ~0x20));
    if (at != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(at) + 1);
      text.remove_suffix(1);
    }
  }
  const auto count = parse_number(text);
  if (!count || (shift != 0 && *count >> (64 - shift) != 0)) return std::nullopt;
  return *count << shift;
}

}  // namespace emulator::base
