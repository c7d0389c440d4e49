/// What morestack calls: a function found stackguard0 above its stack pointer, because the stack is
/// used up or because somebody wants the goroutine off its thread. Go: runtime/stack.go.
#pragma once

#include "runtime_model/preempt/words.hpp"

namespace runtime_model::preempt {

/// On g0, for m.curg. Never returns: the goroutine goes on where it was, or another one does.
Model<> newstack(Runtime& rt);

}  // namespace runtime_model::preempt
