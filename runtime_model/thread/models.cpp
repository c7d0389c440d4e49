#include "runtime_model/thread/models.hpp"

#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/idle.hpp"

namespace runtime_model::thread {
namespace {

// Before go1.19 the functions do not know of the time.
Model<> pidleput_untimed(Runtime& rt, golang::P pp) { co_await pidleput(rt, pp, 0); }
Model<golang::P> pidleget_untimed(Runtime& rt) {
  const IdleP found = co_await pidleget(rt, 0);
  co_return std::get<0>(found);
}

}  // namespace

void add_models(model::Registry& registry) {
  registry.add("runtime.acquirep", {17, 27}, acquirep);
  registry.add("runtime.wirep", {17, 27}, wirep);
  registry.add("runtime.releasep", {17, 27}, releasep);
  registry.add("runtime.pidleput", {17, 18}, pidleput_untimed);
  registry.add("runtime.pidleput", {19, 27}, pidleput);
  registry.add("runtime.pidleget", {17, 18}, pidleget_untimed);
  registry.add("runtime.pidleget", {19, 27}, pidleget);
  registry.add("runtime.pidlegetSpinning", {20, 27}, pidlegetSpinning);
  registry.add("runtime.updateTimerPMask", {17, 22}, updateTimerPMask);
  registry.add("runtime.mput", {17, 25}, mput);
  registry.add("runtime.mget", {17, 25}, mget);
  registry.add("runtime.mReserveID", {17, 27}, mReserveID);
  registry.add("runtime.incidlelocked", {17, 27}, incidlelocked);
}

}  // namespace runtime_model::thread
