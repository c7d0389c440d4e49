#include "runtime_model/thread/models.hpp"

#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/idle.hpp"
#include "runtime_model/thread/mcommoninit.hpp"
#include "runtime_model/thread/newm.hpp"
#include "runtime_model/thread/note.hpp"
#include "runtime_model/thread/startm.hpp"
#include "runtime_model/thread/stopm.hpp"

namespace runtime_model::thread {
namespace {

// Before go1.19 the functions do not know of the time.
Part<> pidleput_untimed(Runtime& rt, golang::P pp) { co_await pidleput(rt, pp, 0); }
Part<golang::P> pidleget_untimed(Runtime& rt) {
  const IdleP found = co_await pidleget(rt, 0);
  co_return std::get<0>(found);
}

// From go1.21 on it may be called with sched.lock held; only where it is not is it modelled.
Part<> startm_locks(Runtime& rt, golang::P pp, bool spinning, bool lockheld) {
  if (lockheld) co_await rt.decline("startm with sched.lock held");
  co_await startm(rt, pp, spinning);
}

void add_threads(model::Registry& registry) {
  constexpr auto kOnG0 = model::Use::on_g0;
  registry.add("runtime.mcommoninit", {17, 27}, mcommoninit, kOnG0);  // 1.23: mProfStackInit
  registry.add("runtime.mpreinit", {17, 27}, mpreinit, kOnG0);
  registry.add("runtime.notesleep", {17, 27}, notesleep, kOnG0);
  registry.add("runtime.notewakeup", {17, 27}, notewakeup, kOnG0);
  registry.add("runtime.futexsleep", {17, 27}, futexsleep, kOnG0);
  registry.add("runtime.futexwakeup", {17, 27}, futexwakeup, kOnG0);
  registry.add("runtime.startm", {17, 20}, startm, kOnG0);
  registry.add("runtime.startm", {21, 27}, startm_locks, kOnG0);
  registry.add("runtime.wakep", {17, 27}, wakep, kOnG0);
  registry.add("runtime.resetspinning", {17, 27}, resetspinning, kOnG0);
  registry.add("runtime.handoffp", {17, 27}, handoffp, kOnG0);
  registry.add("runtime.mspinning", {17, 27}, mspinning);
  registry.add("runtime.newm", {17, 27}, newm, kOnG0);
  registry.add("runtime.allocm", {17, 27}, allocm, kOnG0);
  registry.add("runtime.newm1", {17, 27}, newm1, kOnG0);
  registry.add("runtime.newosproc", {17, 27}, newosproc, kOnG0);
  registry.add("runtime.stopm", {17, 27}, stopm, kOnG0);
  registry.add("runtime.stoplockedm", {17, 27}, stoplockedm, kOnG0);
  registry.add("runtime.startlockedm", {17, 27}, startlockedm, kOnG0);
  registry.add("runtime.mexit", {17, 27}, mexit, kOnG0);
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
  registry.add("runtime.mput", {17, 27}, mput);
  registry.add("runtime.mget", {17, 27}, mget);
  registry.add("runtime.mgetSpecific", {26, 27}, mgetSpecific);
  registry.add("runtime.mReserveID", {17, 27}, mReserveID);
  registry.add("runtime.incidlelocked", {17, 27}, incidlelocked);
  add_threads(registry);
}

}  // namespace runtime_model::thread
