#include "runtime_model/thread/acquirep.hpp"

#include <fmt/format.h>

namespace runtime_model::thread {

Model<> wirep(Runtime& rt, golang::P pp) {
  const golang::M mp = rt.getm();
  Runtime::require(!mp.p(), "wirep: already in go");
  Runtime::require(!pp.m() && pp.status() == kPidle, "wirep: invalid p state");
  rt.step("wirep/together",
          fmt::format("M{} takes P{}: from now on it may run Go code and allocate", mp.id().get(),
                      pp.id().get()),
          [&] {
            mp.p() = pp;
            pp.m() = mp;
            pp.status() = kPrunning;
          });
  co_return;
}

Model<> acquirep(Runtime& rt, golang::P pp) {
  co_await wirep(rt, pp);
  if (rt.go() >= 26)
    rt.step("acquirep/oldm",
            "the P remembers this M: with it, if it is free, the P will be started again",
            [&] { pp.oldm() = rt.getm().self().get(); });
  // Real code: it has to do something only when a GC cycle began while the P was idle.
  co_await rt.call<void>("runtime.(*mcache).prepareForSweep", pp.mcache());
}

Model<golang::P> releasep(Runtime& rt) {
  const golang::M mp = rt.getm();
  const golang::P pp = mp.p();
  Runtime::require(!!pp, "releasep: invalid arg");
  Runtime::require(pp.m() == mp && pp.status() == kPrunning, "releasep: invalid p state");
  // Real code: a worker of the collector that was picked for this P is free for others.
  if (rt.go() >= 26)
    co_await rt.call<void>("runtime.(*gcControllerState).releaseNextGCMarkWorker",
                           rt.gcController(), pp);
  rt.step("releasep/apart",
          fmt::format("M{} lets go of P{}, which any M may now take", mp.id().get(), pp.id().get()),
          [&] {
            mp.p() = Addr();
            pp.m() = Addr();
            pp.status() = kPidle;
          });
  co_return pp;
}

}  // namespace runtime_model::thread
