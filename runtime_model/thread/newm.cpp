#include "runtime_model/thread/newm.hpp"

#include <fmt/format.h>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/note.hpp"

namespace runtime_model::thread {
namespace {

using emulator::cpu::rax;

constexpr std::string_view kRlock = "runtime.(*rwmutex).rlock";
constexpr std::string_view kRunlock = "runtime.(*rwmutex).runlock";

// clone(2): memory, directory, files, signal handlers and semaphores are shared; the new thread
// belongs to the same process. Go: runtime/os_linux.go, cloneFlags.
constexpr i32 kCloneFlags = 0x50f00;
constexpr i32 kSigSetmask = 2;  // sigprocmask(2), SIG_SETMASK
constexpr i32 kSigsetSize = 8;

/// m.freeWait of an M that has ended but is still on its stack. Go: runtime/runtime2.go.
bool still_on_stack(Runtime& rt, const golang::M& mp) {
  return rt.go() >= 19 ? mp.freeWait() == 2 : mp.freeWait() != 0;
}
/// … whose stack Go has to free: not one that C gave it (go1.19, freeMRef).
bool has_stack(const golang::M& mp) { return mp.freeWait() == 0; }

/// What clone is to call. go1.17 takes the address by funcPC, which gives the wrapper that Go code
/// calls; later ones by abi.FuncPCABI0.
Addr mstart_entry(Runtime& rt) {
  if (rt.go() <= 17) return rt.function("runtime.mstart");
  const auto entries = rt.guest().entries("runtime.mstart");
  for (const model::Entry& e : entries)
    if (e.abi == model::Abi::zero) return e.address;
  return rt.function("runtime.mstart");
}

/// Ms that have ended wait here, since nobody can free the stack that he stands on.
Part<> free_ended(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  Addr kept;
  golang::M mp = sched.freem();
  while (mp) {
    const golang::M next = mp.freelink();
    if (still_on_stack(rt, mp)) {
      rt.step("allocm/still-there",
              "an M that has ended still stands on its stack: its stack has to wait",
              [&] { mp.freelink() = kept; });
      kept = mp.address();
    } else if (has_stack(mp)) {
      rt.switch_to_g0();
      co_await rt.call<void>("runtime.stackfree", mp.g0()->stack().lo(), mp.g0()->stack().hi());
      rt.switch_back();
    }
    mp = next;
  }
  rt.step("allocm/freed", "the stacks of Ms that have left them for good are free for others now",
          [&] { sched.freem() = kept; });
  co_await rt.unlock(lock);
}

/// A thread that the program has changed must not be copied: another one does it.
Part<> leave_to_template(Runtime& rt, golang::M mp) {
  const golang::NewmHandoff handoff = rt.newmHandoff();
  const Addr lock = handoff.lock().address();
  co_await rt.lock(lock);
  Runtime::require(handoff.haveTemplateThread() != 0, "on a locked thread with no template thread");
  const bool waits = handoff.waiting();
  rt.step("newm/handoff",
          "the program locked this thread and may have changed it: the template thread is asked to "
          "make the new one",
          [&] {
            mp.schedlink() = handoff.newm();
            handoff.newm() = mp;
            if (waits) handoff.waiting() = false;
          });
  if (waits) co_await notewakeup(rt, handoff.wake());
  co_await rt.unlock(lock);
}

}  // namespace

Model<golang::M> allocm(Runtime& rt, golang::P pp, Addr fn, i64 id) {
  if (rt.writeBarrier().enabled()) co_await rt.decline("write barriers are on");
  Addr lock;
  if (rt.go() >= 18) {
    lock = model::constant_argument(rt, "runtime.allocm", kRlock, rax);
    co_await rt.call<void>(kRlock, lock);
  }
  const golang::M self = rt.getm();
  rt.step("allocm/acquirem", "no preemption: this M may borrow the new one's P, to allocate from",
          [&] { acquirem(rt); });
  if (!self.p()) co_await acquirep(rt, pp);
  if (rt.sched().freem()) co_await free_ended(rt);
  const Addr object =
      co_await rt.call<Addr>("runtime.newobject", model::type_of_new(rt, "runtime.allocm"));
  const golang::M mp = rt.m(object);
  rt.step("allocm/mstartfn",
          fn == Addr() ? "a new M: it will go straight to the scheduler"
                       : "a new M: it will first run the function that it is made for",
          [&] { mp.mstartfn() = fn; });
  co_await rt.call<void>("runtime.mcommoninit", mp, id);
  // go1.21 doubled it.
  const i32 size = rt.go() >= 21 ? 16384 : 8192;
  const Addr g0 = co_await rt.call<Addr>("runtime.malg", size);
  rt.step("allocm/g0", "the M gets its g0, the goroutine on whose stack it runs the scheduler",
          [&] {
            mp.g0() = g0;
            rt.g(g0).m() = mp;
          });
  if (pp == self.p()) co_await releasep(rt);
  rt.step("allocm/releasem", "the new M is made: this M may be preempted again",
          [&] { releasem(rt); });
  if (lock != Addr()) co_await rt.call<void>(kRunlock, lock);
  co_return mp;
}

Model<> newm(Runtime& rt, Addr fn, golang::P pp, i64 id) {
  const bool holds = rt.go() >= 18;
  if (holds)
    rt.step("newm/acquirem", "no preemption before the new M has its thread",
            [&] { acquirem(rt); });
  const Addr made = co_await rt.call<Addr>("runtime.allocm", pp, fn, id);
  const golang::M mp = rt.m(made);
  rt.step("newm/nextp",
          pp ? fmt::format("M{} shall take P{} when it starts", mp.id().get(), pp.id().get())
             : fmt::format("M{} starts without a P", mp.id().get()),
          [&] {
            if (mp.doesPark().exists()) mp.doesPark() = !!pp;
            mp.nextp() = pp;
            for (u64 i = 0; i < mp.sigmask().count(); ++i) mp.sigmask(i) = rt.initSigmask(i);
          });
  const golang::M self = rt.getm();
  if (self.lockedExt() != 0 || self.incgo())
    co_await leave_to_template(rt, mp);
  else if (rt.has_function("runtime.newm1"))
    co_await rt.call<void>("runtime.newm1", mp);
  else
    co_await newm1(rt, mp);
  if (holds)
    rt.step("newm/releasem", "the new M has its thread: this M may be preempted again",
            [&] { releasem(rt); });
}

Model<> newm1(Runtime& rt, golang::M mp) {
  if (rt.iscgo()) co_await rt.decline("cgo");
  const bool own = rt.has_function("runtime.newm1");
  const Addr lock =
      model::constant_argument(rt, own ? "runtime.newm1" : "runtime.newm", kRlock, rax);
  co_await rt.call<void>(kRlock, lock);
  co_await newosproc(rt, mp);
  co_await rt.call<void>(kRunlock, lock);
}

Model<> newosproc(Runtime& rt, golang::M mp) {
  model::Local& all = rt.local(8);
  model::Local& old = rt.local(8);
  rt.step("newosproc/mask",
          "block all signals: a new thread inherits this mask, and cannot handle a signal before "
          "it has a signal stack",
          [&] { rt.store<u64>(all.address, ~u64{0}); });
  co_await rt.call<void>("runtime.rtsigprocmask", kSigSetmask, all, old, kSigsetSize);
  rt.step("newosproc/clone", fmt::format("clone M{}'s thread: it begins on its g0's stack, makes "
                                         "g0 its current goroutine, and goes on in mstart",
                                         mp.id().get()));
  const i32 tid = co_await rt.call<i32>("runtime.clone", kCloneFlags, mp.g0()->stack().hi(), mp,
                                        mp.g0(), mstart_entry(rt));
  co_await rt.call<void>("runtime.rtsigprocmask", kSigSetmask, old, Addr(), kSigsetSize);
  Runtime::require(tid >= 0, "newosproc");
}

}  // namespace runtime_model::thread
