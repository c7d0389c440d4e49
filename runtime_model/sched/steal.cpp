#include "runtime_model/sched/steal.hpp"

#include <fmt/format.h>

#include "runtime_model/sched/random.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::P;

namespace {

constexpr u32 kTries = 4;

/// What one visit to another P came to.
struct Visit {
  G gp;
  bool inherit_time = false;
};

/// State of a search that goes on over its visits.
struct Search {
  P own;
  i64 now = 0, next_timer = 0;
  bool ran_timer = false;
};

void earlier(i64& next, i64 when) {
  if (when != 0 && (next == 0 || when < next)) next = when;
}

/// Runs the timers of another P that are due. They may have readied goroutines.
Part<Visit> timers_of(Runtime& rt, Search& search, P p2) {
  search.now = co_await run_timers(rt, p2, search.now);
  earlier(search.next_timer, static_cast<i64>(rt.result(1)));
  const bool ran = (rt.result(2) & 0xff) != 0;
  Visit visit{rt.g(Addr())};
  if (!ran) co_return visit;
  std::tie(visit.gp, visit.inherit_time) = take_next(rt, search.own);
  if (!visit.gp) search.ran_timer = true;
  co_return visit;
}

Part<Visit> visit(Runtime& rt, Search& search, u32 id, bool last_round) {
  const P p2 = rt.allp(id);
  Visit found{rt.g(Addr())};
  if (p2 == search.own) co_return found;
  if (last_round && has_bit(rt.timerpMask(), id)) found = co_await timers_of(rt, search, p2);
  if (!found.gp && !has_bit(rt.idlepMask(), id))
    found.gp = co_await runqsteal(rt, search.own, p2, last_round);
  co_return found;
}

StealOrder begin_round(Runtime& rt, u32 round) {
  u32 random = 0;
  rt.step("stealWork/order",
          fmt::format("round {} of {}: a random number chooses the P to begin with and the width "
                      "of the steps around all Ps",
                      round + 1, kTries),
          [&] { random = fastrand(rt); });
  return {rt, random};
}

}  // namespace

bool has_bit(const golang::Slice<golang::Ref<u32>>& mask, u32 id) {
  return (mask[id / 32] >> (id % 32) & 1) != 0;
}

Part<i64> run_timers(Runtime& rt, P pp, i64 now) {
  constexpr std::string_view kCheck = "runtime.(*timers).check";
  i64 then;
  if (rt.go() >= 25)
    then = co_await rt.call<i64>(kCheck, pp.timers(), now, Addr());
  else if (rt.go() >= 23)
    then = co_await rt.call<i64>(kCheck, pp.timers(), now);
  else
    then = co_await rt.call<i64>("runtime.checkTimers", pp, now);
  co_return then;
}

namespace {

/// In a system call the goroutine will not come to it soon. Go: runqgrab, from go1.26 on.
bool in_system_call(Runtime& rt, const P& pp) {
  if (rt.go() < 26) return false;
  if (!pp.m()) return true;
  const G gp = pp.m()->curg();
  return gp && (gp.atomicstatus() & ~kGscan) == kGsyscall;
}

}  // namespace

Model<u32> runqgrab(Runtime& rt, P pp, Addr batch, u32 batch_head, bool steal_next) {
  for (;;) {
    const u32 h = pp.runqhead(), t = pp.runqtail();
    const u32 n = t - h - (t - h) / 2;
    if (n != 0) {
      Runtime::require(n <= kRing / 2, "runqgrab: a ring with more than it holds");
      rt.step("runqgrab/half",
              fmt::format("take the older half of the other P's ring: {} of its goroutines", n),
              [&] {
                for (u32 i = 0; i < n; ++i)
                  rt.store<Addr>(batch + 8 * ((batch_head + i) % kRing),
                                 pp.runq((h + i) % kRing).get());
                pp.runqhead() = h + n;
              });
      co_return n;
    }
    const Addr next = pp.runnext();
    if (!steal_next || next == Addr()) co_return 0;
    // Whoever readied it is likely to block in a moment, and then it runs there.
    if (pp.status() == kPrunning && !in_system_call(rt, pp))
      co_await rt.call<void>("runtime.usleep", u32{3});
    if (pp.runnext() != next) continue;
    rt.step("runqgrab/next",
            "the other P has nothing else left: take even the one that was to run next there", [&] {
              pp.runnext() = Addr();
              rt.store<Addr>(batch + 8 * (batch_head % kRing), next);
            });
    co_return 1;
  }
}

Model<G> runqsteal(Runtime& rt, P pp, P p2, bool steal_next) {
  const u32 t = pp.runqtail();
  const u32 n = co_await runqgrab(rt, p2, pp.runq().address(), t, steal_next);
  if (n == 0) co_return rt.g(Addr());
  const G gp = pp.runq((t + n - 1) % kRing);
  if (n == 1) co_return gp;
  Runtime::require(t - pp.runqhead() + n - 1 < kRing, "runqsteal: runq overflow");
  rt.step("runqsteal/keep", "the last one stolen runs now, the others wait in this P's own ring",
          [&] { pp.runqtail() = t + n - 1; });
  co_return gp;
}

Model<Stolen> stealWork(Runtime& rt, i64 now) {
  Search search{rt.getp(), now};
  const G nobody = rt.g(Addr());
  for (u32 round = 0; round < kTries; ++round)
    for (StealOrder order = begin_round(rt, round); !order.done(); order.next()) {
      if (rt.sched().gcwaiting() != 0)
        co_return {nobody, false, search.now, search.next_timer, true};
      const Visit found = co_await visit(rt, search, order.position(), round == kTries - 1);
      if (found.gp)
        co_return {found.gp, found.inherit_time, search.now, search.next_timer, search.ran_timer};
    }
  co_return {nobody, false, search.now, search.next_timer, search.ran_timer};
}

}  // namespace runtime_model::sched
