/// Numbers as text, one spelling everywhere: lower-case hex with 0x, no padding.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "emulator/base/types.hpp"

namespace emulator::base {

/// "0x455e20"
std::string hex(u64 value);
inline std::string hex(Addr a) { return hex(a.value); }

/// Bytes as machine code is written: "48 8d 3d".
std::string hex_bytes(std::span<const u8> bytes);

/// Reads "0x…" hexadecimal or plain decimal; nothing when the text is not wholly a number or does
/// not fit 64 bits.
std::optional<u64> parse_number(std::string_view text);

/// Reads "256M", "4GiB", "1048576": a size in bytes with an optional binary suffix K, M, G or T.
std::optional<u64> parse_size(std::string_view text);

}  // namespace emulator::base
