/// Where goroutine stacks go to. Go: runtime/stack.go.
#pragma once

#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {

/// Takes a stack back, whole; runs on g0.
Model<> stackfree(Runtime& rt, Stack stk);
/// Gives the pool what an order's cache holds beyond half of its limit.
Model<> stackcacherelease(Runtime& rt, golang::Mcache c, u8 order);
/// A free stack goes back to its span; the pool of that order is locked.
Model<> stackpoolfree(Runtime& rt, Addr x, u8 order);
/// Gives the pool all that an mcache holds.
Model<> stackcache_clear(Runtime& rt, golang::Mcache c);

}  // namespace runtime_model::stack
