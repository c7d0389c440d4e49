#include "runtime_model/preempt/yield.hpp"

#include "runtime_model/sched/execute.hpp"
#include "runtime_model/sched/queues.hpp"

namespace runtime_model::preempt {

using golang::G;

namespace {

constexpr u8 kWaitReasonPreempted = 25;  ///< runtime/runtime2.go, go1.17 to go1.19

Part<> queue_for_all(Runtime& rt, G gp) {
  const golang::Mutex lock = rt.sched().lock();
  co_await rt.lock(lock.address());
  rt.step("goschedImpl/global",
          "the goroutine goes to the end of the global queue: its own P's queue would bring it "
          "back too soon",
          [&] { sched::globrunqput(rt, gp); });
  co_await rt.unlock(lock.address());
}

/// Real code is told why from go1.22 on.
Part<> give_way(Runtime& rt, G gp, bool preempted) {
  if (rt.go() >= 22)
    co_await rt.jump("runtime.goschedImpl", gp, preempted);
  else
    co_await rt.jump("runtime.goschedImpl", gp);
}

}  // namespace

Model<> gosched_m(Runtime& rt, G gp) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  rt.step("gosched_m/asked", "the goroutine itself asked that others have their turn");
  co_await give_way(rt, gp, false);
}

Model<> gopreempt_m(Runtime& rt, G gp) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  rt.step("gopreempt_m/told", "the goroutine has had its turn: others are due");
  co_await give_way(rt, gp, true);
}

Model<> goschedImpl(Runtime& rt, G gp, bool preempted) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  const golang::P pp = rt.getp();
  co_await sched::casgstatus(rt, gp, sched::kGrunning, sched::kGrunnable);
  rt.step("goschedImpl/dropg", "the M and the goroutine let go of each other",
          [&] { sched::dropg(rt); });
  if (rt.go() >= 26 && preempted && rt.sched().gcwaiting() != 0)
    co_await sched::runqput(rt, pp, gp, true);  // the world stops: it did not have its turn
  else
    co_await queue_for_all(rt, gp);
  // go1.22 on: an idle P may take it.
  if (rt.go() >= 22 && rt.mainStarted()) co_await rt.call<void>("runtime.wakep");
  co_await rt.jump("runtime.schedule");
}

Part<> goschedImpl_1_17(Runtime& rt, G gp) { co_await goschedImpl(rt, gp, false); }

Model<> preemptPark(Runtime& rt, G gp) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  if (gp.atomicstatus() != sched::kGrunning)
    co_await rt.decline("the goroutine's stack is being scanned");
  // Whoever asked sets it from go1.20 on: runtime/preempt.go, suspendG.
  if (rt.go() <= 19)
    rt.step("preemptPark/reason", "note why the goroutine waits: it was preempted",
            [&] { gp.waitreason() = kWaitReasonPreempted; });
  rt.step("preemptPark/locked",
          "the goroutine is preempted, but with the scan bit: nobody may claim it before its M has "
          "let go of it",
          [&] { gp.atomicstatus() = sched::kGscan | sched::kGpreempted; });
  rt.step("preemptPark/dropg", "the M and the goroutine let go of each other",
          [&] { sched::dropg(rt); });
  rt.step("preemptPark/stopped",
          "without the scan bit: whoever asked for the goroutine may have it now",
          [&] { gp.atomicstatus() = sched::kGpreempted; });
  co_await rt.jump("runtime.schedule");
}

}  // namespace runtime_model::preempt
