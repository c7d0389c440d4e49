#include "runtime_model/stack/models.hpp"

#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {

void add_models(model::Registry& registry) {
  registry.add("runtime.stackalloc", {17, 27}, stackalloc);
  registry.add("runtime.stackcacherefill", {17, 27}, stackcacherefill);
  registry.add("runtime.stackpoolalloc", {17, 27}, stackpoolalloc);
}

}  // namespace runtime_model::stack
