/// The models of this room.
#pragma once

#include "runtime_model/model/registry.hpp"

namespace runtime_model::sched {

void add_models(model::Registry& registry);

}  // namespace runtime_model::sched
