#include "runtime_model/stack/models.hpp"

#include "runtime_model/stack/malg.hpp"
#include "runtime_model/stack/stackfree.hpp"
#include "runtime_model/stack/stackinit.hpp"

namespace runtime_model::stack {

void add_models(model::Registry& registry) {
  registry.add("runtime.stackinit", {17, 27}, stackinit);
  registry.add("runtime.malg", {17, 27}, malg);
  registry.add("runtime.stackalloc", {17, 27}, stackalloc);
  registry.add("runtime.stackcacherefill", {17, 27}, stackcacherefill);
  registry.add("runtime.stackpoolalloc", {17, 27}, stackpoolalloc);
  registry.add("runtime.stackfree", {17, 27}, stackfree);
  registry.add("runtime.stackcacherelease", {17, 27}, stackcacherelease);
  registry.add("runtime.stackpoolfree", {17, 27}, stackpoolfree);
  registry.add("runtime.stackcache_clear", {17, 27}, stackcache_clear);
}

}  // namespace runtime_model::stack
