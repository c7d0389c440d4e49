/// JSON strings that carry any bytes. Text in UTF-8 stays as it is; a byte b that is not part of
/// well-formed UTF-8 is written as the private-use character U+EF00 + b, and so is each byte of a
/// U+EF80…U+EFFF that was there before, so that reading gives back exactly what was written
/// (MirBSD's OPTU encoding).
#pragma once

#include <string>
#include <string_view>

namespace traces::format {

/// Appends `bytes` as a JSON string, quotes included.
void append_string(std::string& out, std::string_view bytes);

/// Undoes the private-use characters in a string that a JSON parser has read.
std::string restore_bytes(std::string_view utf8);

}  // namespace traces::format
