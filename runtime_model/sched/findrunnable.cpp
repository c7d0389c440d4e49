#include "runtime_model/sched/findrunnable.hpp"

namespace runtime_model::sched {

namespace {

/// From the own queue on, all releases look in this order.
Part<Found> ordinary(Runtime& rt, Search& s) {
  co_await wake_finalizer(rt);
  co_await wake_cleanups(rt);
  Found found = co_await own_queue(rt, s);
  if (!found) found = co_await global_queue(rt, s);
  if (!found) found = co_await network(rt);
  if (!found) found = co_await steal(rt, s);
  if (found || s.again) co_return found;
  found = co_await idle_gc(rt, s);
  if (!found) found = co_await surrender(rt, s);
  if (found || s.again) co_return found;
  found = co_await look_again(rt, s);
  if (found || s.again) co_return found;
  found = co_await wait_for_network(rt, s);
  co_return found;
}

/// What go1.19 moved here from schedule.
Part<Found> first_sources(Runtime& rt, Search& s) {
  Found found = co_await gc_worker(rt, s);
  if (!found) found = co_await global_for_fairness(rt, s.pp);
  co_return found;
}

Part<Found> search(Runtime& rt, bool all) {
  for (;;) {
    Search s{rt.getm(), rt.getp()};
    co_await obey(rt, s);
    co_await own_timers(rt, s);
    Found found{rt.g(Addr())};
    if (all) found = co_await first_sources(rt, s);
    if (!found) found = co_await ordinary(rt, s);
    if (found) co_return found;
  }
}

}  // namespace

Model<std::tuple<golang::G, bool, bool>> findRunnable(Runtime& rt) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  const Found found = co_await search(rt, true);
  co_return {found.gp, found.inherit_time, found.wake};
}

Model<std::tuple<golang::G, bool>> findrunnable_1_17(Runtime& rt) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  const Found found = co_await search(rt, false);
  co_return {found.gp, found.inherit_time};
}

}  // namespace runtime_model::sched
