/// Go: runtime/stack.go, stackinit.
#pragma once

#include "runtime_model/model/model.hpp"

namespace runtime_model::stack {

/// Empties the pools of free stacks.
model::Model<> stackinit(model::Runtime& rt);

}  // namespace runtime_model::stack
