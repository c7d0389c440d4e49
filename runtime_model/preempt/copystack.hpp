/// Stacks that move. Go: runtime/stack.go.
#pragma once

#include "runtime_model/preempt/words.hpp"

namespace runtime_model::preempt {

/// Moves gp to a stack of another size. The pointers inside of its frames are left to real code.
Model<> copystack(Runtime& rt, golang::G gp, u64 size);
/// Halves the stack when less than a quarter of it is used.
Model<> shrinkstack(Runtime& rt, golang::G gp);

}  // namespace runtime_model::preempt
