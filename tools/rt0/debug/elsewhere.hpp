/// What users of gdb, pwndbg and gef type and rt0 has under another name, or not at all.
#pragma once

#include <string_view>

namespace rt0::debug {

/// One sentence that says what there is instead; "" for a name that means nothing here. `name` is a
/// command, or a family and a word: "layout", "info locals". A beginning of three letters will do.
std::string_view said_elsewhere(std::string_view name);

}  // namespace rt0::debug
