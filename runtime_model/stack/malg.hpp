/// A goroutine with a stack. Go: runtime/proc.go.
#pragma once

#include "runtime_model/model/runtime_words.hpp"
#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {

using model::kStackGuard;

/// A new g with a stack of `size` bytes, rounded up to a power of two; negative: without one.
Model<golang::G> malg(Runtime& rt, emulator::i32 size);

}  // namespace runtime_model::stack
