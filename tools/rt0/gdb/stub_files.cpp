// vFile: the program's file, for a gdb that cannot open it (gdb manual, "Host I/O Packets").
#include <fmt/format.h>

#include <algorithm>

#include "tools/rt0/gdb/stub.hpp"

namespace rt0::gdb {
namespace {

constexpr u64 kFile = 3;  // the only descriptor there is
constexpr std::string_view kNoSuchFile = "F-1,2", kBadFile = "F-1,9", kInvalid = "F-1,16";

void big_endian(std::string& text, u64 value, unsigned bytes) {
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
}

/// The protocol's struct stat: a regular file of that size.
std::string status_of(u64 size) {
  constexpr u64 kRegularReadable = 0100444;
  std::string text;
  for (const u64 word : {u64{0}, u64{1}, kRegularReadable, u64{1}, u64{0}, u64{0}, u64{0}})
    big_endian(text, word, 4);
  for (const u64 word : {size, u64{4096}, (size + 511) / 512}) big_endian(text, word, 8);
  text.append(12, '\0');  // times
  return text;
}

}  // namespace

/// A program that is a file of this machine is opened by gdb itself: to be told that vFile is not
/// known makes it look there.
std::string Stub::file(std::string_view text) {
  if (!program_.inside) return "";
  const auto [operation, arguments] = split(text, ':');
  const auto [first, rest] = split(arguments, ',');
  if (operation == "setfs") return "F0";
  if (operation == "open") return first == to_hex(program_.path) ? "F3" : std::string(kNoSuchFile);
  if (operation != "pread" && operation != "fstat" && operation != "close") return "";
  if (hex_number(first) != kFile) return std::string(kBadFile);
  if (operation == "close") return "F0";
  if (operation == "fstat") {
    const std::string status = status_of(program_.bytes.size());
    return fmt::format("F{:x};{}", status.size(), status);
  }
  const auto [count, offset] = split(rest, ',');
  const auto size = hex_number(count), at = hex_number(offset);
  if (!size || !at) return std::string(kInvalid);
  // Each byte may need an escape.
  const u64 left = program_.bytes.size() - std::min<u64>(*at, program_.bytes.size());
  const auto piece = program_.bytes.subspan(program_.bytes.size() - left,
                                            std::min({left, *size, u64{kMostPayload / 2 - 32}}));
  return fmt::format("F{:x};{}", piece.size(), std::string(piece.begin(), piece.end()));
}

}  // namespace rt0::gdb
