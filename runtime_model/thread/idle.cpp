#include "runtime_model/thread/idle.hpp"

#include <fmt/format.h>

namespace runtime_model::thread {
namespace {

using Mask = golang::Slice<golang::Ref<u32>>;

/// The bit of a P in a mask of 32 Ps to a word. Go: runtime/proc.go, pMask. Inside of a step.
void set_bit(const Mask& mask, const golang::P& pp) {
  const u32 id = static_cast<u32>(pp.id());
  mask[id / 32] |= u32{1} << id % 32;
}
void clear_bit(const Mask& mask, const golang::P& pp) {
  const u32 id = static_cast<u32>(pp.id());
  mask[id / 32] &= ~(u32{1} << id % 32);
}

/// The CPU limiter of the GC counts the time that Ps are idle, from go1.19 on. A stamp is the kind
/// of what is timed in the highest three bits, and the time. Go: runtime/mgclimit.go.
constexpr u8 kLimiterEventIdle = 4;
constexpr unsigned kStampKindShift = 61;

u64 stamp_of(u8 kind, i64 now) {
  const u64 mask = ~u64{0} << kStampKindShift;
  return u64{kind} << kStampKindShift | (static_cast<u64>(now) & ~mask);
}

/// From go1.26 on an M can also be taken out of the middle of the idle ones: procresize gives a P
/// back to the M that had it. Go: runtime/list_manual.go.
bool linked_both_ways(Runtime& rt) { return rt.go() >= 26; }

Part<> clear_timer_bit(Runtime& rt, golang::P pp) {
  if (rt.go() <= 22) {
    co_await updateTimerPMask(rt, pp);
    co_return;
  }
  // go1.23 has no lock here any more: runtime/proc.go, pidleput.
  if (pp.timers().len() == 0)
    rt.step("pidleput/no-timers",
            fmt::format("P{} has no timers: nobody needs to look there for one", pp.id().get()),
            [&] { clear_bit(rt.timerpMask(), pp); });
}

}  // namespace

Model<> updateTimerPMask(Runtime& rt, golang::P pp) {
  if (static_cast<i32>(pp.numTimers().get()) > 0) co_return;
  const Addr lock = pp.timersLock().address();
  co_await rt.lock(lock);
  if (pp.numTimers() == 0)
    rt.step("updateTimerPMask/clear",
            fmt::format("P{} has no timers: nobody needs to look there for one", pp.id().get()),
            [&] { clear_bit(rt.timerpMask(), pp); });
  co_await rt.unlock(lock);
}

Model<i64> pidleput(Runtime& rt, golang::P pp, i64 now) {
  Runtime::require(runqempty(pp), "pidleput: P has non-empty run queue");
  const bool limiter = rt.go() >= 19;
  if (limiter && now == 0) now = co_await nanotime(rt);
  co_await clear_timer_bit(rt, pp);
  rt.step("pidleput/push",
          fmt::format("P{} goes to the front of the list of idle Ps", pp.id().get()), [&] {
            const golang::Schedt sched = rt.sched();
            set_bit(rt.idlepMask(), pp);
            pp.link() = sched.pidle();
            sched.pidle() = pp;
            ++sched.npidle();
            if (!limiter) return;
            Runtime::require(pp.limiterEvent() >> kStampKindShift == 0,
                             "must be able to track idle limiter event");
            pp.limiterEvent() = stamp_of(kLimiterEventIdle, now);
          });
  co_return now;
}

Model<IdleP> pidleget(Runtime& rt, i64 now) {
  const golang::Schedt sched = rt.sched();
  const golang::P pp = sched.pidle();
  if (!pp) co_return IdleP{pp, now};
  const bool limiter = rt.go() >= 19;
  if (limiter && now == 0) now = co_await nanotime(rt);
  rt.step("pidleget/pop",
          fmt::format("take P{}, the one that became idle last; from now on it may get timers",
                      pp.id().get()),
          [&] {
            set_bit(rt.timerpMask(), pp);
            clear_bit(rt.idlepMask(), pp);
            sched.pidle() = pp.link();
            --sched.npidle();
          });
  if (limiter)
    co_await rt.call<void>("runtime.(*limiterEvent).stop", pp.limiterEvent().address(),
                           kLimiterEventIdle, now);
  co_return IdleP{pp, now};
}

Model<IdleP> pidlegetSpinning(Runtime& rt, i64 now) {
  const IdleP found = co_await pidleget(rt, now);
  if (!std::get<0>(found))
    rt.step("pidlegetSpinning/none",
            "no P is idle: an M that is about to give up its P is told to look for work once more",
            [&] { rt.sched().needspinning() = 1; });
  co_return found;
}

Model<> mput(Runtime& rt, golang::M mp) {
  rt.step("mput/push", fmt::format("M{} goes to the front of the list of idle Ms", mp.id().get()),
          [&] {
            const golang::Schedt sched = rt.sched();
            const golang::M first = sched.midle();
            if (linked_both_ways(rt)) {
              mp.idleNode_next() = first;
              if (first) first.idleNode_prev() = mp;
            } else {
              mp.schedlink() = first;
            }
            sched.midle() = mp;
            ++sched.nmidle();
          });
  co_await rt.call<void>("runtime.checkdead");
}

Model<golang::M> mget(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  const golang::M mp = sched.midle();
  if (mp)
    rt.step("mget/pop",
            fmt::format("M{} is idle, asleep: take it off the list of idle Ms, to be woken",
                        mp.id().get()),
            [&] {
              if (linked_both_ways(rt)) {
                const golang::M next = mp.idleNode_next();
                sched.midle() = next;
                mp.idleNode_next() = Addr();
                if (next) next.idleNode_prev() = Addr();
              } else {
                sched.midle() = mp.schedlink();
              }
              --sched.nmidle();
            });
  co_return mp;
}

Model<golang::M> mgetSpecific(Runtime& rt, golang::M mp) {
  const golang::Schedt sched = rt.sched();
  const golang::M before = mp.idleNode_prev(), after = mp.idleNode_next();
  // It is not there, or alone: Go cannot tell these apart.
  if (!before && !after) co_return before;
  if (sched.midle() == mp) {
    const golang::M first = co_await mget(rt);
    co_return first;
  }
  rt.step("mgetSpecific/unlink",
          fmt::format("M{} is idle, asleep: take it out of the midst of the idle Ms, to be woken",
                      mp.id().get()),
          [&] {
            if (before) before.idleNode_next() = after;
            if (after) after.idleNode_prev() = before;
            mp.idleNode_prev() = Addr();
            mp.idleNode_next() = Addr();
            --sched.nmidle();
          });
  co_return mp;
}

Model<i64> mReserveID(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  const i64 id = sched.mnext();
  Runtime::require(id + 1 >= id, "runtime: thread ID overflow");
  rt.step("mReserveID/next",
          fmt::format("the number {} is the new M's: it counts as running from now on", id),
          [&] { ++sched.mnext(); });
  Runtime::require(sched.mnext() - sched.nmfreed() <= sched.maxmcount(), "thread exhaustion");
  co_return id;
}

Model<> incidlelocked(Runtime& rt, i32 v) {
  const golang::Schedt sched = rt.sched();
  const Addr lock = sched.lock().address();
  co_await rt.lock(lock);
  rt.step("incidlelocked/count",
          v > 0 ? "one locked M more counts as asleep: from such counts checkdead tells a deadlock"
                : "one locked M less counts as asleep: from such counts checkdead tells a deadlock",
          [&] { sched.nmidlelocked() += v; });
  if (v > 0) co_await rt.call<void>("runtime.checkdead");
  co_await rt.unlock(lock);
}

}  // namespace runtime_model::thread
