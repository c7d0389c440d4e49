#include "runtime_model/boot/models.hpp"

namespace runtime_model::boot {

void add_models(model::Registry&) {}

}  // namespace runtime_model::boot
