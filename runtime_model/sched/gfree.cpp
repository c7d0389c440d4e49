#include "runtime_model/sched/gfree.hpp"

#include <fmt/format.h>

namespace runtime_model::sched {

using emulator::i32;
using golang::G;
using golang::P;

namespace {

constexpr i32 kMost = 64;   ///< so many make a P give some away
constexpr i32 kBatch = 32;  ///< so many a P takes, and fewer it keeps

/// go1.19 lets the size of first stacks follow what goroutines needed.
u64 standard_stack(Runtime& rt) {
  return rt.startingStackSize().exists() ? rt.startingStackSize() : u64{2048};
}

/// From go1.25 on the lists count themselves.
void count(Runtime& rt, const P& pp, i32 n) {
  if (rt.go() < 25) pp.gFree_n() += n;
}
void count(Runtime& rt, const golang::SchedGFree& all, i32 n) {
  if (rt.go() < 25) all.n() += n;
}

u64 stack_size(const G& gp) { return gp.stack().hi().get().value - gp.stack().lo().get().value; }

void forget_stack(const G& gp) {
  gp.stack().lo() = Addr();
  gp.stack().hi() = Addr();
  gp.stackguard0() = Addr();
}

Part<> spill(Runtime& rt, P pp) {
  LocalQueue with, without;
  i32 moved = 0;
  rt.step("gfput/spill",
          "64 dead goroutines are too many for one P: take them off until 31 stay, with and "
          "without a stack apart",
          [&] {
            while (pp.gFree_n() >= kBatch) {
              const G gp = pop(pp.gFree());
              count(rt, pp, -1);
              push(gp.stack().lo() == Addr() ? without : with, gp);
              ++moved;
            }
          });
  const golang::SchedGFree all = rt.sched().gFree();
  co_await rt.lock(all.lock().address());
  rt.step("gfput/share",
          "put those that were taken off into the lists of dead goroutines that all Ps share", [&] {
            push_all(rt, all.noStack(), without);
            push_all(rt, all.stack(), with);
            count(rt, all, moved);
          });
  co_await rt.unlock(all.lock().address());
}

/// Fills P's list from the global one.
Part<> refill(Runtime& rt, P pp) {
  const golang::SchedGFree all = rt.sched().gFree();
  co_await rt.lock(all.lock().address());
  rt.step("gfget/refill",
          "this P has no dead goroutine left: move up to 32 over from the shared lists, those with "
          "a stack first",
          [&] {
            while (pp.gFree_n() < kBatch) {
              G gp = pop(all.stack());
              if (!gp) gp = pop(all.noStack());
              if (!gp) break;
              count(rt, all, -1);
              push(pp.gFree(), gp);
              count(rt, pp, 1);
            }
          });
  co_await rt.unlock(all.lock().address());
}

}  // namespace

Model<> gfput(Runtime& rt, P pp, G gp) {
  Runtime::require(gp.atomicstatus() == kGdead, "gfput: bad status (not Gdead)");
  if (stack_size(gp) != standard_stack(rt)) {
    const Addr lo = gp.stack().lo(), hi = gp.stack().hi();
    co_await rt.call<void>("runtime.stackfree", lo, hi);
    rt.step("gfput/grown-stack",
            "the dead goroutine's stack has another size than first stacks have: it is given back",
            [&] { forget_stack(gp); });
  }
  rt.step("gfput/keep", "keep the dead goroutine in this P's list, for the next go statement", [&] {
    push(pp.gFree(), gp);
    count(rt, pp, 1);
  });
  if (pp.gFree_n() >= kMost) co_await spill(rt, pp);
}

Model<G> gfget(Runtime& rt, P pp) {
  const golang::SchedGFree all = rt.sched().gFree();
  while (!pp.gFree().head() && (all.stack().head() || all.noStack().head()))
    co_await refill(rt, pp);
  const G gp = pp.gFree().head();
  if (!gp) co_return gp;
  rt.step("gfget/reuse",
          "a dead goroutine is there: take it out of this P's list, to be used again", [&] {
            pop(pp.gFree());
            count(rt, pp, -1);
          });
  if (gp.stack().lo() != Addr() && stack_size(gp) != standard_stack(rt)) {
    rt.switch_to_g0();
    const Addr lo = gp.stack().lo(), hi = gp.stack().hi();
    co_await rt.call<void>("runtime.stackfree", lo, hi);
    rt.step("gfget/other-size",
            "first stacks have another size by now: the old stack is given back",
            [&] { forget_stack(gp); });
    rt.switch_back();
  }
  if (gp.stack().lo() != Addr()) co_return gp;
  rt.switch_to_g0();
  const Addr lo =
      co_await rt.call<Addr>("runtime.stackalloc", static_cast<u32>(standard_stack(rt)));
  const Addr hi(rt.result(1));
  rt.step("gfget/stack", "the dead goroutine has no stack any more: it gets a new one", [&] {
    gp.stack().lo() = lo;
    gp.stack().hi() = hi;
  });
  rt.switch_back();
  rt.step("gfget/guard",
          fmt::format("the stack guard goes {} bytes above the new stack's low end", kStackGuard),
          [&] { gp.stackguard0() = lo + kStackGuard; });
  co_return gp;
}

}  // namespace runtime_model::sched
