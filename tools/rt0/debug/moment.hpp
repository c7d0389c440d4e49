/// Why there is no goroutine, M or P at an instant, in sentences: what the boot has not come to.
#pragma once

#include <string>
#include <string_view>

#include "tools/rt0/debug/target.hpp"

namespace rt0::debug {

/// Why the thread that is looked at has no goroutine.
std::string no_goroutine(Target& target);
/// Why "g", "m" or "p" of this thread, or a numbered one ("g17"), calls nothing here; "" when
/// `name` is none of them.
std::string no_object(Target& target, std::string_view name);
/// Why the runtime's list of all goroutines ('g'), Ms or Ps is empty.
std::string none_made(Target& target, char kind);

}  // namespace rt0::debug
