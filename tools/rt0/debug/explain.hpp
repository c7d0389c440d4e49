/// An instruction in words.
#pragma once

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// What the instruction at an address does: its text, a sentence, the values that it finds when it
/// is the next one, what it does to them, and where the manual describes it.
Fact explain(Debugger& d, Addr at);

}  // namespace rt0::debug
