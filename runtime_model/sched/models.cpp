#include "runtime_model/sched/models.hpp"

namespace runtime_model::sched {

void add_models(model::Registry&) {}

}  // namespace runtime_model::sched
