/// A goroutine with a stack. Go: runtime/proc.go.
#pragma once

#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {

/// Below stack.lo + kStackGuard a function may not begin; what is under it is for functions that do
/// not check. Go: runtime/stack.go, _StackGuard, for linux/amd64.
inline constexpr u64 kStackGuard = 928;

/// A new g with a stack of `size` bytes, rounded up to a power of two; negative: without one.
Model<golang::G> malg(Runtime& rt, emulator::i32 size);

}  // namespace runtime_model::stack
