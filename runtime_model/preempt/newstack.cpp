#include "runtime_model/preempt/newstack.hpp"

#include <fmt/format.h>

#include "runtime_model/stack/malg.hpp"

namespace runtime_model::preempt {

using golang::G;

namespace {

u64 size_of(const G& gp) { return gp.stack().hi().get() - gp.stack().lo().get(); }

/// Off the thread: as if the goroutine had called Gosched, or to wait for whoever stops it.
Part<> yield(Runtime& rt, G gp) {
  Runtime::require(static_cast<bool>(rt.getm().p()) || rt.getm().locks() != 0,
                   "runtime: g is running but p is not");
  if (gp.preemptShrink()) {
    rt.step("newstack/shrink-now",
            "the collector wanted this stack smaller but could not walk it; at the start of a "
            "function that is possible",
            [&] { gp.preemptShrink() = false; });
    co_await rt.call<void>("runtime.shrinkstack", gp);
  }
  if (gp.syncSafePoint().exists())
    rt.step(
        "newstack/at-a-call",
        "the goroutine stops where a function begins, a place from which its stack can be walked",
        [&] { gp.syncSafePoint() = true; });
  if (gp.preemptStop()) {
    rt.step("newstack/stop", "whoever asked wants the goroutine stopped, not just off its thread");
    co_await rt.jump("runtime.preemptPark", gp);
  }
  rt.step("newstack/yield", "the goroutine gives way, as if it had called Gosched here");
  // gopreempt_m does nothing else from go1.22 on, and is inlined.
  if (rt.go() >= 22)
    co_await rt.jump("runtime.goschedImpl", gp, true);
  else
    co_await rt.jump("runtime.gopreempt_m", gp);
}

/// Twice as much, and again while the frame of the function that asks would not fit.
Part<u64> new_size(Runtime& rt, G gp, Addr guard) {
  u64 size = size_of(gp) * 2;
  const Addr info = co_await rt.call<Addr>("runtime.findfunc", gp.sched().pc());
  const Addr module(rt.result(1));
  if (info != Addr()) {
    const auto deepest = co_await rt.call<emulator::i32>("runtime.funcMaxSPDelta", info, module);
    const u64 needed = static_cast<u64>(deepest) + kStackGuard;
    const u64 used = gp.stack().hi().get() - gp.sched().sp().get();
    while (size - used < needed) size *= 2;
  }
  if (guard == kStackForceMove) size = size_of(gp);
  Runtime::require(size <= rt.maxstacksize() && size <= rt.maxstackceiling(), "stack overflow");
  co_return size;
}

Part<> grow(Runtime& rt, G gp, Addr guard) {
  const u64 size = co_await new_size(rt, gp, guard);
  rt.step("newstack/grow",
          fmt::format("{} bytes of stack are too few: move to a stack of {}", size_of(gp), size));
  co_await sched::casgstatus(rt, gp, sched::kGrunning, sched::kGcopystack);
  co_await rt.call<void>("runtime.copystack", gp, size);
  co_await sched::casgstatus(rt, gp, sched::kGcopystack, sched::kGrunning);
  rt.step("newstack/again", "the function that had too little stack begins again, on the new one");
  co_await rt.jump("runtime.gogo", gp.sched());
}

/// Why the real code, which prints much before it throws, had better do all of it.
const char* hopeless(Runtime& rt, const G& gp, Addr guard) {
  const golang::Gobuf from = rt.getm().morebuf();
  if (from.g()->stackguard0() == kStackFork || !(from.g() == gp)) return "not on m.curg";
  if (gp.throwsplit()) return "the stack may not be split here";
  if (gp.sched().sp().get().value - 8 < gp.stack().lo().get().value) return "below the stack";
  const bool full = guard != kStackPreempt && size_of(gp) * 2 > rt.maxstacksize();
  return full ? "the stack has reached its limit" : nullptr;
}

}  // namespace

Model<> newstack(Runtime& rt) {
  const G gp = rt.getm().curg();
  // Read once: another thread may ask for preemption at any time.
  const Addr guard = gp.stackguard0();
  if (const char* why = hopeless(rt, gp, guard)) co_await rt.decline(why);
  rt.step("newstack/morebuf",
          "morestack noted in m.morebuf who called; newstack has read it and clears it", [&] {
            const golang::Gobuf from = rt.getm().morebuf();
            from.pc() = Addr();
            if (from.lr().exists()) from.lr() = Addr();
            from.sp() = Addr();
            from.g() = Addr();
          });
  if (guard != kStackPreempt) {
    co_await grow(rt, gp, guard);
  } else if (can_preempt(rt, rt.getm())) {
    co_await yield(rt, gp);
  } else {
    rt.step("newstack/not-now",
            "the goroutine should give way, but its M holds a lock, allocates or lost its P: it "
            "goes on, and will be asked again",
            [&] { gp.stackguard0() = gp.stack().lo().get() + kStackGuard; });
    co_await rt.jump("runtime.gogo", gp.sched());
  }
}

}  // namespace runtime_model::preempt
