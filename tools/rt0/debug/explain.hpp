/// An instruction in words.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// What the instruction at an address does: its text, a sentence, the values that it finds when it
/// is the next one, what it does to them, and where the manual describes it.
std::vector<std::string> explain(Debugger& d, Addr at);

}  // namespace rt0::debug
