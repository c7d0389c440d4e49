#include "runtime_model/preempt/retake.hpp"

#include <fmt/format.h>

namespace runtime_model::preempt {

using golang::P;

namespace {

constexpr i64 kForcePreempt = 10'000'000;  ///< ns: forcePreemptNS
constexpr i64 kSyscallAlone = 10'000'000;  ///< ns that a P without work may stay in a system call

/// runqempty, as one look at it.
bool has_no_work(const P& pp) { return pp.runqhead() == pp.runqtail() && !pp.runnext(); }

/// Has the P run the same goroutine since it was last looked at, and for too long? Then it is told.
Part<bool> check_running(Runtime& rt, P pp, i64 now) {
  const golang::Sysmontick seen = pp.sysmontick();
  const u32 tick = pp.schedtick();
  if (seen.schedtick() != tick) {
    rt.step("retake/seen-running",
            fmt::format("P{} has switched goroutines since sysmon's last look: the 10 ms of the "
                        "one that runs begin now",
                        pp.id().get()),
            [&] {
              seen.schedtick() = tick;
              seen.schedwhen() = now;
            });
    co_return false;
  }
  if (seen.schedwhen() + kForcePreempt > now) co_return false;
  co_await preemptone(rt, pp);
  co_return true;
}

/// Whether a P whose M is in a system call has to be taken from it.
Part<bool> has_to_go(Runtime& rt, P pp, i64 now, bool long_since) {
  const golang::Sysmontick seen = pp.sysmontick();
  const u32 tick = pp.syscalltick();
  if (!long_since && seen.syscalltick() != tick) {
    rt.step("retake/seen-syscall",
            fmt::format("P{} is in a system call that was not there at sysmon's last look",
                        pp.id().get()),
            [&] {
              seen.syscalltick() = tick;
              seen.syscallwhen() = now;
            });
    co_return false;
  }
  const bool others = rt.sched().nmspinning() + rt.sched().npidle() > 0;
  co_return !(has_no_work(pp) && others && seen.syscallwhen() + kSyscallAlone > now);
}

/// Takes the P from an M that is in a system call: others can use it meanwhile. allpLock is held.
Part<bool> check_syscall(Runtime& rt, P pp, i64 now, bool long_since) {
  if (!co_await has_to_go(rt, pp, now, long_since)) co_return false;
  co_await rt.unlock(rt.allpLock().address());
  co_await rt.call<void>("runtime.incidlelocked", emulator::i32{-1});
  const bool taken = pp.status() == kPsyscall;
  if (taken) {
    rt.step("retake/take",
            fmt::format("P{}'s M sits in a system call: the P goes to another M", pp.id().get()),
            [&] {
              pp.status() = kPidle;
              pp.syscalltick() += 1;
            });
    co_await rt.call<void>("runtime.handoffp", pp);
  }
  co_await rt.call<void>("runtime.incidlelocked", emulator::i32{1});
  co_await rt.lock(rt.allpLock().address());
  co_return taken;
}

/// What setBlockOnExitSyscall returned: a goroutine in a system call that cannot come back from it
/// before its scan bit is taken off again.
struct Held {
  Addr gp, mp, pp;
  u32 status;
  bool any;
};
Held held_of(Runtime& rt, Addr gp) {
  return {gp, Addr(rt.result(1)), Addr(rt.result(2)), static_cast<u32>(rt.result(3)),
          (rt.result(4) & 0xff) != 0};
}

/// go1.26 on: a P stays running while its M is in a system call.
Part<bool> take_from_syscall(Runtime& rt, P pp, i64 now, bool long_since) {
  const Addr gp = co_await rt.call<Addr>("runtime.setBlockOnExitSyscall", pp);
  const Held held = held_of(rt, gp);
  if (!held.any) co_return false;
  const bool go = co_await has_to_go(rt, pp, now, long_since);
  if (go) {
    rt.step("retake/take",
            fmt::format("P{}'s M sits in a system call: the P goes to another M", pp.id().get()));
    co_await rt.call<void>("runtime.syscallingThread.releaseP", held.gp, held.mp, held.pp,
                           held.status, kPidle);
  }
  co_await rt.call<void>("runtime.casfrom_Gscanstatus", held.gp, held.status | sched::kGscan,
                         held.status);
  if (go) co_await rt.call<void>("runtime.handoffp", pp);
  co_return go;
}

Part<bool> check_one(Runtime& rt, P pp, i64 now) {
  const bool long_since = co_await check_running(rt, pp, now);
  co_await rt.unlock(rt.allpLock().address());
  co_await rt.call<void>("runtime.incidlelocked", emulator::i32{-1});
  const bool taken = co_await take_from_syscall(rt, pp, now, long_since);
  co_await rt.call<void>("runtime.incidlelocked", emulator::i32{1});
  co_await rt.lock(rt.allpLock().address());
  co_return taken;
}

}  // namespace

Model<u32> retake_running(Runtime& rt, i64 now) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  u32 taken = 0;
  co_await rt.lock(rt.allpLock().address());
  for (u64 i = 0; i < rt.allp().len(); ++i) {
    const P pp = rt.allp(i);
    if (!pp || pp.status() != kPrunning) continue;
    const bool took = co_await check_one(rt, pp, now);
    if (took) ++taken;
  }
  co_await rt.unlock(rt.allpLock().address());
  co_return taken;
}

Model<bool> preemptone(Runtime& rt, P pp) {
  const golang::M mp = pp.m();
  if (!mp || mp == rt.getm()) co_return false;
  const golang::G gp = mp.curg();
  if (!gp || gp == mp.g0()) co_return false;
  if (rt.go() >= 26 && in_system_call(gp)) co_return false;
  rt.step("preemptone/ask",
          "no stack pointer is above this guard: the next function to begin asks for more stack, "
          "and is made to give way",
          [&] {
            gp.preempt() = true;
            gp.stackguard0() = kStackPreempt;
          });
  if (rt.debug().asyncpreemptoff() != 0) co_return true;
  const bool pending = mp.signalPending() != 0;
  rt.step("preemptone/signal",
          "a loop without calls begins no function: the thread gets a signal, too, unless one is "
          "on its way",
          [&] {
            pp.preempt() = true;
            if (!pending) mp.signalPending() = 1;
          });
  if (!pending) co_await rt.call<void>("runtime.signalM", mp, kSigPreempt);
  co_return true;
}

Model<u32> retake(Runtime& rt, i64 now) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  u32 taken = 0;
  co_await rt.lock(rt.allpLock().address());
  for (u64 i = 0; i < rt.allp().len(); ++i) {
    const P pp = rt.allp(i);
    if (!pp) continue;
    const u32 status = pp.status();
    bool long_since = false;
    if (status == kPrunning || status == kPsyscall)
      long_since = co_await check_running(rt, pp, now);
    if (status != kPsyscall) continue;
    const bool took = co_await check_syscall(rt, pp, now, long_since);
    if (took) ++taken;
  }
  co_await rt.unlock(rt.allpLock().address());
  co_return taken;
}

}  // namespace runtime_model::preempt
