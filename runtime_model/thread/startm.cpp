#include "runtime_model/thread/startm.hpp"

#include <fmt/format.h>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/thread/gc_work.hpp"
#include "runtime_model/thread/idle.hpp"
#include "runtime_model/thread/note.hpp"

namespace runtime_model::thread {
namespace {

/// Nobody sleeps: a new M. Real code calls it, since its model may leave the work to the real one.
Part<> start_new(Runtime& rt, golang::P pp, bool spinning) {
  const i64 id = co_await mReserveID(rt);
  co_await rt.unlock(rt.sched().lock().address());
  Addr fn;
  if (spinning) fn = model::function_value(rt, "runtime.startm", rt.function("runtime.mspinning"));
  co_await rt.call<void>("runtime.newm", fn, pp, id);
}

Part<> wake_sleeping(Runtime& rt, golang::M nmp, golang::P pp, bool spinning) {
  Runtime::require(!nmp.spinning(), "startm: m is spinning");
  Runtime::require(!nmp.nextp(), "startm: m has p");
  Runtime::require(!spinning || runqempty(pp), "startm: p has runnable gs");
  rt.step("startm/nextp",
          spinning ? fmt::format("M{} shall take P{} when it wakes, and look for work",
                                 nmp.id().get(), pp.id().get())
                   : fmt::format("M{} shall take P{} when it wakes", nmp.id().get(), pp.id().get()),
          [&] {
            nmp.spinning() = spinning;
            nmp.nextp() = pp;
          });
  co_await notewakeup(rt, nmp.park());
}

/// When the P's first timer is due, or 0. Go: runtime/time.go, nobarrierWakeTime, inlined.
i64 wake_time(Runtime& rt, const golang::P& pp) {
  i64 next, changed;
  if (rt.go() >= 23)
    next = pp.timers().minWhenHeap(), changed = pp.timers().minWhenModified();
  else
    next = pp.timer0When(), changed = pp.timerModifiedEarliest();
  return next == 0 || (changed != 0 && changed < next) ? changed : next;
}

/// Has the P to be given to an M, as far as can be told without the scheduler's lock?
bool wanted(Runtime& rt, const golang::P& pp) {
  return !runqempty(pp) || rt.sched().runqsize() != 0 ||
         (rt.gcBlackenEnabled() != 0 && mark_work_available(rt, pp));
}

/// The same with the lock held. The last P that runs must not go while nobody waits for the
/// network.
bool wanted_still(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  return sched.runqsize() != 0 || (sched.npidle() == rt.gomaxprocs() - 1 && sched.lastpoll() != 0);
}

Part<> stop_for_gc(Runtime& rt, golang::P pp) {
  const golang::Schedt sched = rt.sched();
  i64 now = 0;
  if (rt.go() >= 23) now = co_await nanotime(rt);
  rt.step("handoffp/gcstop",
          fmt::format("the world is being stopped: P{} stops here, too", pp.id().get()), [&] {
            pp.status() = kPgcstop;
            if (pp.gcStopTime().exists()) pp.gcStopTime() = now;
            --sched.stopwait();
          });
  if (sched.stopwait() == 0) co_await notewakeup(rt, sched.stopnote());
  co_await rt.unlock(sched.lock().address());
}

Part<> one_less_spins(Runtime& rt, std::string_view id) {
  rt.step(id, "no P is idle, so no M can look for work: the one counted as spinning is not",
          [&] { --rt.sched().nmspinning(); });
  Runtime::require(rt.sched().nmspinning() >= 0, "startm: negative nmspinning");
  co_return;
}

Part<> wakep_with_p(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  const IdleP found = co_await pidlegetSpinning(rt, 0);
  const golang::P pp = std::get<0>(found);
  if (!pp) co_await one_less_spins(rt, "wakep/not-spinning");
  co_await rt.unlock(lock);
  if (pp) co_await startm(rt, pp, true);
  rt.step("wakep/releasem", "the search for work has been arranged: this M may be preempted again",
          [&] { releasem(rt); });
}

}  // namespace

Model<> startm(Runtime& rt, golang::P pp, bool spinning) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  rt.step("startm/acquirem", "no preemption while this M holds a P for another one",
          [&] { acquirem(rt); });
  co_await rt.lock(lock);
  if (!pp) {
    const IdleP found = co_await pidleget(rt, 0);
    pp = std::get<0>(found);
  }
  if (!pp) {
    co_await rt.unlock(lock);
    if (spinning) co_await one_less_spins(rt, "startm/not-spinning");
  } else {
    const golang::M nmp = co_await mget(rt);
    if (nmp) {
      co_await rt.unlock(lock);
      co_await wake_sleeping(rt, nmp, pp, spinning);
    } else {
      co_await start_new(rt, pp, spinning);
    }
  }
  rt.step("startm/releasem",
          "this M no longer holds a P for another one: it may be preempted again",
          [&] { releasem(rt); });
}

Model<> wakep(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  if (rt.go() <= 19 && sched.npidle() == 0) co_return;
  if (sched.nmspinning() != 0) co_return;
  rt.step("wakep/spin",
          "no M looks for work while a P may be idle: let one M do so, and count it as spinning",
          [&] {
            sched.nmspinning() = 1;
            if (rt.go() >= 20) acquirem(rt);
          });
  if (rt.go() >= 20)
    co_await wakep_with_p(rt);
  else
    co_await startm(rt, rt.p(Addr()), true);
}

Model<> resetspinning(Runtime& rt) {
  const golang::M mp = rt.getm();
  Runtime::require(mp.spinning(), "resetspinning: not a spinning m");
  rt.step("resetspinning/found",
          fmt::format("M{} has found work and looks no longer", mp.id().get()), [&] {
            mp.spinning() = false;
            --rt.sched().nmspinning();
          });
  Runtime::require(rt.sched().nmspinning() >= 0, "findrunnable: negative nmspinning");
  co_await wakep(rt);
}

Model<> handoffp(Runtime& rt, golang::P pp) {
  if (pp.runSafePointFn() != 0) co_await rt.decline("a function for every P at its safe point");
  if (wanted(rt, pp)) {
    co_await startm(rt, pp, false);
    co_return;
  }
  const golang::Schedt sched = rt.sched();
  if (sched.nmspinning() + sched.npidle() == 0) {
    rt.step("handoffp/spin",
            "every other P is busy and nobody looks for work: this P's next M shall look", [&] {
              sched.nmspinning() = 1;
              if (rt.go() >= 20) sched.needspinning() = 0;
            });
    co_await startm(rt, pp, true);
    co_return;
  }
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  if (sched.gcwaiting() != 0) {
    co_await stop_for_gc(rt, pp);
    co_return;
  }
  if (wanted_still(rt)) {
    co_await rt.unlock(lock);
    co_await startm(rt, pp, false);
    co_return;
  }
  const i64 when = wake_time(rt, pp);
  co_await pidleput(rt, pp, 0);
  co_await rt.unlock(lock);
  if (when != 0) co_await rt.call<void>("runtime.wakeNetPoller", when);
}

Model<> mspinning(Runtime& rt) {
  rt.step("mspinning/spin", "this thread was started to look for work: its M counts as spinning",
          [&] { rt.getm().spinning() = true; });
  co_return;
}

}  // namespace runtime_model::thread
