#include "runtime_model/sched/execute.hpp"

#include <fmt/format.h>
#include "runtime_model/sched/wait_reason.hpp"

namespace runtime_model::sched {

using golang::G;

namespace {

/// A CPU profile that began or ended is noticed when the M switches goroutines.
Part<> follow_profile(Runtime& rt) {
  const i32 hz = rt.sched().profilehz();
  const golang::M mp = rt.getm();
  if (mp.profilehz() == hz) co_return;
  if (rt.has_function("runtime.setThreadCPUProfiler"))
    co_await rt.call<void>("runtime.setThreadCPUProfiler", hz);
  else
    rt.step("execute/profile",
            hz != 0 ? "this M takes part in the CPU profile from here on"
                    : "the CPU profile is over: this M takes part no longer",
            [&] { mp.profilehz() = hz; });
}

/// While one of its goroutines parks a bubble of testing/synctest is not idle, even if all of them
/// are blocked: `change` is incActive or decActive, the latter of which may wake whoever waits.
Part<> tell_bubble(Runtime& rt, Addr bubble, std::string_view change_24, std::string_view change) {
  if (bubble == Addr()) co_return;
  co_await rt.call<void>(rt.go() >= 25 ? change : change_24, bubble);
}
Part<> begin_parking(Runtime& rt, Addr bubble) {
  co_await tell_bubble(rt, bubble, "runtime.(*synctestGroup).incActive",
                       "runtime.(*synctestBubble).incActive");
}
Part<> end_parking(Runtime& rt, Addr bubble) {
  co_await tell_bubble(rt, bubble, "runtime.(*synctestGroup).decActive",
                       "runtime.(*synctestBubble).decActive");
}

/// Name of the function that a func value refers to.
std::string_view name_of(Runtime& rt, Addr funcval) {
  const auto* f = rt.guest().symbols.function_at(rt.load<Addr>(funcval));
  Runtime::require(f != nullptr, "park_m: the unlock function has no name");
  return f->name;
}

}  // namespace

Model<> execute(Runtime& rt, G gp, bool inherit_time) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  const golang::M mp = rt.getm();
  rt.step("execute/tie", "the M and the goroutine point to each other", [&] {
    mp.curg() = gp;
    gp.m() = mp;
    if (gp.syncSafePoint().exists()) gp.syncSafePoint() = false;
  });
  co_await casgstatus(rt, gp, kGrunnable, kGrunning);
  rt.step("execute/fresh",
          fmt::format("any old request to stop the goroutine is void: its stack guard stands {} "
                      "bytes above the low end",
                      kStackGuard),
          [&] {
            gp.waitsince() = 0;
            gp.preempt() = false;
            gp.stackguard0() = gp.stack().lo().get() + kStackGuard;
          });
  if (!inherit_time)
    rt.step("execute/tick",
            "a new time slice begins: by this tick sysmon sees that the P has switched goroutines",
            [&] { mp.p()->schedtick() += 1; });
  co_await follow_profile(rt);
  co_await rt.jump("runtime.gogo", gp.sched());
}

void dropg(Runtime& rt) {
  const golang::M mp = rt.getm();
  mp.curg()->m() = Addr();
  mp.curg() = Addr();
}

Model<> park_m(Runtime& rt, G gp) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  const golang::M mp = rt.getm();
  // Once it waits, whoever wakes it may have it run elsewhere, and end: its bubble is read before.
  const Addr bubble = bubble_of(gp).exists() ? bubble_of(gp).get() : Addr();
  co_await begin_parking(rt, bubble);
  rt.step("park_m/reason", fmt::format("the goroutine waits: {}", wait_reason(rt, gp)));
  co_await casgstatus(rt, gp, kGrunning, kGwaiting);
  rt.step("park_m/dropg", "the M and the waiting goroutine let go of each other",
          [&] { dropg(rt); });
  const Addr unlock = mp.waitunlockf();
  if (unlock != Addr()) {
    const Addr lock = mp.waitlock();
    const bool parked = co_await rt.call<bool>(name_of(rt, unlock), gp, lock);
    rt.step("park_m/unlocked",
            "the goroutine's unlock function ran only once it counted as waiting: whoever wakes it "
            "finds it so",
            [&] {
              mp.waitunlockf() = Addr();
              mp.waitlock() = Addr();
            });
    if (!parked) {
      co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
      co_await end_parking(rt, bubble);
      co_await rt.jump("runtime.execute", gp, true);
    }
  }
  co_await end_parking(rt, bubble);
  co_await rt.jump("runtime.schedule");
}

Model<> ready(Runtime& rt, G gp, i64, bool next) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  if (gp.atomicstatus() != kGwaiting) co_await rt.decline("the goroutine's stack is being scanned");
  rt.step("ready/acquirem", "no preemption: this M must keep the P that the next steps use",
          [&] { acquirem(rt); });
  co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
  co_await runqput(rt, rt.getp(), gp, next);
  co_await rt.call<void>("runtime.wakep");
  rt.step("ready/releasem", "the goroutine is queued: this M may be preempted again",
          [&] { releasem(rt); });
}

Model<> goready(Runtime& rt, G gp, i64 traceskip) {
  if (tracing(rt)) co_await rt.decline(std::string(kTracing));
  if (gp.atomicstatus() != kGwaiting) co_await rt.decline("the goroutine's stack is being scanned");
  rt.switch_to_g0();
  co_await rt.call<void>("runtime.ready", gp, traceskip, true);
  rt.switch_back();
}

}  // namespace runtime_model::sched
