#include "runtime_model/thread/stopm.hpp"

#include <fmt/format.h>

#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/idle.hpp"
#include "runtime_model/thread/note.hpp"

namespace runtime_model::thread {
namespace {

/// mPark behind its sleep: clears the note. In go1.17 an M may be woken for a system call that all
/// threads have to make; then it sleeps again, and this leaves for good. Go: runtime/proc.go,
/// mPark.
Model<> wake_up(Runtime& rt) {
  const golang::M mp = rt.getm();
  rt.step("mPark/awake",
          fmt::format("M{} is awake again: clear its note for the next time", mp.id().get()),
          [&] { noteclear(rt, mp.park()); });
  if (rt.go() > 17) co_return;
  const bool again = co_await rt.call<bool>("runtime.mDoFixup");
  if (again) co_await rt.park("runtime.notesleep", mp.park());
}

Part<> take_next(Runtime& rt, std::string_view id) {
  const golang::M mp = rt.getm();
  co_await acquirep(rt, mp.nextp());
  rt.step(id, "the P that this M was woken with is its own now: nextp has done its service",
          [&] { mp.nextp() = Addr(); });
}

Part<> count_freed(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  rt.step("mexit/count", "count one more M that has ended", [&] { ++sched.nmfreed(); });
  co_await rt.call<void>("runtime.checkdead");
  co_await rt.unlock(lock);
}

/// Takes the M out of allm, and keeps it where allocm frees its stack later.
Part<> unlink(Runtime& rt, golang::M mp) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  Addr link = rt.allm().address();
  while (rt.load<Addr>(link) != Addr() && rt.load<Addr>(link) != mp.address())
    link = rt.m(rt.load<Addr>(link)).alllink().address();
  Runtime::require(rt.load<Addr>(link) == mp.address(), "m not found in allm");
  rt.step("mexit/unlink",
          fmt::format("M{} leaves allm, the list of all Ms; its stack is freed later, since it "
                      "still stands on it",
                      mp.id().get()),
          [&] {
            rt.store<Addr>(link, mp.alllink().get());
            mp.freeWait() = rt.go() >= 19 ? 2 : 1;
            mp.freelink() = sched.freem();
            sched.freem() = mp;
          });
  co_await rt.unlock(lock);
}

}  // namespace

Model<> stopm(Runtime& rt) {
  const golang::M mp = rt.getm();
  if (!rt.woke()) {
    Runtime::require(mp.locks() == 0, "stopm holding locks");
    Runtime::require(!mp.p(), "stopm holding p");
    Runtime::require(!mp.spinning(), "stopm spinning");
    const Addr lock = rt.sched().lock().address();
    co_await rt.lock(lock);
    co_await mput(rt, mp);
    co_await rt.unlock(lock);
    co_await rt.park("runtime.notesleep", mp.park());
  }
  co_await wake_up(rt);
  co_await take_next(rt, "stopm/nextp");
}

Model<> stoplockedm(Runtime& rt) {
  const golang::M mp = rt.getm();
  if (!rt.woke()) {
    Runtime::require(mp.lockedg() && mp.lockedg()->lockedm() == mp,
                     "stoplockedm: inconsistent locking");
    if (mp.p()) {
      const golang::P pp = co_await releasep(rt);
      co_await rt.call<void>("runtime.handoffp", pp);
    }
    co_await incidlelocked(rt, 1);
    co_await rt.park("runtime.notesleep", mp.park());
  }
  co_await wake_up(rt);
  const u32 status = mp.lockedg()->atomicstatus();
  Runtime::require((status & ~kGscan) == kGrunnable, "stoplockedm: not runnable");
  co_await take_next(rt, "stoplockedm/nextp");
}

Model<> startlockedm(Runtime& rt, golang::G gp) {
  if (rt.woke()) co_return;
  const golang::M mp = gp.lockedm();
  Runtime::require(!(mp == rt.getm()), "startlockedm: locked to me");
  Runtime::require(!mp.nextp(), "startlockedm: m has p");
  co_await incidlelocked(rt, -1);
  const golang::P pp = co_await releasep(rt);
  rt.step("startlockedm/nextp",
          fmt::format("only M{} may run this goroutine: it gets P{}", mp.id().get(), pp.id().get()),
          [&] { mp.nextp() = pp; });
  co_await notewakeup(rt, mp.park());
  co_await rt.park("runtime.stopm");
}

Model<> mexit(Runtime& rt, bool os_stack) {
  const golang::M mp = rt.getm();
  if (os_stack) co_await rt.decline("a thread whose stack C gave it");
  if (rt.writeBarrier().enabled()) co_await rt.decline("write barriers are on");
  const bool first = mp == rt.m0();
  if (!first) {
    co_await rt.call<void>("runtime.sigblock", true);
    co_await rt.call<void>("runtime.unminitSignals");
    co_await rt.call<void>("runtime.stackfree", mp.gsignal()->stack().lo(),
                           mp.gsignal()->stack().hi());
    rt.step("mexit/gsignal", "the M's signal stack was given back: it has no gsignal any more",
            [&] { mp.gsignal() = Addr(); });
    if (rt.go() >= 24) co_await rt.call<void>("runtime.vgetrandomDestroy", mp);
    if (rt.go() >= 26)
      rt.step("mexit/self", "a P that remembers this M will find that it is gone",
              [&] { rt.store<Addr>(mp.self(), Addr()); });
    co_await unlink(rt, mp);
  }
  if (!first && rt.go() >= 22)
    rt.step("mexit/lock-waits",
            "the time for which this M waited for the runtime's locks counts for the whole program",
            [&] { rt.sched().totalRuntimeLockWaitTime() += mp.mLockProfile().waitTime(); });
  const golang::P pp = co_await releasep(rt);
  co_await rt.call<void>("runtime.handoffp", pp);
  co_await count_freed(rt);
  if (first)
    co_await rt.park("runtime.notesleep", mp.park());  // for ever: a process needs its first thread
  else
    co_await rt.jump("runtime.exitThread", mp.freeWait().address());
}

}  // namespace runtime_model::thread
