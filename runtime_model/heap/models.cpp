#include "runtime_model/heap/models.hpp"

namespace runtime_model::heap {

void add_models(model::Registry&) {}

}  // namespace runtime_model::heap
