#include "runtime_model/preempt/models.hpp"

namespace runtime_model::preempt {

void add_models(model::Registry&) {}

}  // namespace runtime_model::preempt
