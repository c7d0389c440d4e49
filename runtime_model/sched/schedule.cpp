#include "runtime_model/sched/schedule.hpp"

#include "runtime_model/sched/find.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::M;
using golang::P;

namespace {

/// A goroutine that is wired to this M waits for it: only that one may run here.
Part<> run_locked(Runtime& rt, M mp) {
  co_await rt.long_call<void>("runtime.stoplockedm");
  const Addr locked = mp.lockedg();
  co_await rt.jump("runtime.execute", locked, false);
}

void forget_preemption(Runtime& rt, const P& pp) {
  rt.step("schedule/preempt",
          "this P is in the scheduler: any request to preempt what it ran has been met",
          [&] { pp.preempt() = false; });
  const bool work = pp.runnext() || pp.runqhead() != pp.runqtail();
  Runtime::require(!rt.getm().spinning() || !work, "schedule: spinning with local work");
}

Part<bool> enabled(Runtime& rt, G gp) {
  if (!rt.sched().disable().user()) co_return true;
  const bool system = co_await rt.call<bool>("runtime.isSystemGoroutine", gp, true);
  co_return system;
}

/// While user goroutines are disabled one that is found is put aside. True: it may run.
Part<bool> admit(Runtime& rt, G gp) {
  const bool may = co_await enabled(rt, gp);
  if (may) co_return true;
  const golang::SchedDisable disable = rt.sched().disable();
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  const bool again = co_await enabled(rt, gp);
  if (!again)
    rt.step("schedule/disabled",
            "only the runtime's own goroutines may run now: put this one aside", [&] {
              push_back(disable.runnable(), gp);
              if (disable.n().exists()) disable.n() += 1;
            });
  co_await rt.unlock(lock);
  co_return again;
}

/// From here on the M has a goroutine. Returns only when that was put aside or given away.
Part<> run(Runtime& rt, Found found) {
  if (rt.getm().spinning()) co_await rt.call<void>("runtime.resetspinning");
  const bool may = co_await admit(rt, found.gp);
  if (!may) co_return;
  if (found.wake) co_await rt.call<void>("runtime.wakep");
  if (found.gp.lockedm()) co_await rt.park("runtime.startlockedm", found.gp);
  co_await rt.jump("runtime.execute", found.gp, found.inherit_time);
}

/// go1.26 picks a worker of the collector for a P ahead of time; now it is known whether it ran.
Part<> free_worker(Runtime& rt, P pp) {
  constexpr std::string_view kRelease = "runtime.(*gcControllerState).releaseNextGCMarkWorker";
  if (rt.go() >= 26 && rt.has_function(kRelease))
    co_await rt.call<void>(kRelease, rt.gcController(), pp);
}

/// What go1.17 looks for before it calls findrunnable.
Part<Found> find_1_17(Runtime& rt, Search& s) {
  co_await own_timers(rt, s);
  Found found = co_await gc_worker(rt, s);
  if (!found) found = co_await global_for_fairness(rt, s.pp);
  if (!found) found = co_await own_queue(rt, s);
  if (found) co_return found;
  const Addr other = co_await rt.long_call<Addr>("runtime.findrunnable");
  co_return Found{rt.g(other), (rt.result(1) & 0xff) != 0};
}

}  // namespace

Model<> schedule(Runtime& rt) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  const M mp = rt.getm();
  Runtime::require(mp.locks() == 0, "schedule: holding locks");
  if (mp.lockedg()) co_await run_locked(rt, mp);
  Runtime::require(!mp.incgo(), "schedule: in cgo");
  for (;;) {
    forget_preemption(rt, mp.p());
    const Addr gp = co_await rt.long_call<Addr>("runtime.findRunnable");
    const Found found{rt.g(gp), (rt.result(1) & 0xff) != 0, (rt.result(2) & 0xff) != 0};
    forget_snapshot(rt, mp);
    co_await free_worker(rt, mp.p());
    co_await run(rt, found);
  }
}

Model<> schedule_1_17(Runtime& rt) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  const M mp = rt.getm();
  Runtime::require(mp.locks() == 0, "schedule: holding locks");
  if (mp.lockedg()) co_await run_locked(rt, mp);
  Runtime::require(!mp.incgo(), "schedule: in cgo");
  for (;;) {
    Search s{mp, mp.p()};
    forget_preemption(rt, s.pp);
    co_await obey(rt, s);
    const Found found = co_await find_1_17(rt, s);
    co_await run(rt, found);
  }
}

}  // namespace runtime_model::sched
