#include "runtime_model/thread/models.hpp"

namespace runtime_model::thread {

void add_models(model::Registry&) {}

}  // namespace runtime_model::thread
