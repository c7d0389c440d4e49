#include "runtime_model/sched/runq.hpp"

#include <algorithm>
#include <vector>

namespace runtime_model::sched {

using golang::G;
using golang::P;

Model<bool> runqputslow(Runtime& rt, P pp, G gp, u32 h, u32 t) {
  const u32 n = (t - h) / 2;
  Runtime::require(n == kRing / 2, "runqputslow: queue is not full");
  LocalQueue batch;
  rt.step("runqputslow/take-half",
          "this P's ring is full: link the older half of its 256 goroutines and the new one into a "
          "batch",
          [&] {
            std::vector<G> gs;
            for (u32 i = 0; i < n; ++i) gs.push_back(pp.runq((h + i) % kRing));
            gs.push_back(gp);
            pp.runqhead() = h + n;
            for (u32 i = 0; i < n; ++i) gs[i].schedlink() = gs[i + 1];
            batch = {gs.front().address(), gs.back().address(), static_cast<i32>(gs.size())};
          });
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  rt.step("runqputslow/global",
          "a batch of 129 goroutines goes to the end of the global queue, from which every P takes",
          [&] { globrunqputbatch(rt, batch); });
  co_await rt.unlock(lock);
  co_return true;
}

Model<> runqput(Runtime& rt, P pp, G gp, bool next) {
  if (next) {
    const G old = pp.runnext();
    rt.step("runqput/next",
            old ? "the goroutine goes to runnext, to run next here; the one that was there goes to "
                  "the end of the ring"
                : "the goroutine goes to runnext: it runs here as soon as this P looks for work",
            [&] { pp.runnext() = gp; });
    if (!old) co_return;
    gp = old;
  }
  const u32 h = pp.runqhead(), t = pp.runqtail();
  if (t - h >= kRing) {
    co_await runqputslow(rt, pp, gp, h, t);
    co_return;
  }
  rt.step("runqput/ring",
          "the goroutine goes to the end of this P's own ring, where no lock is needed", [&] {
            pp.runq(t % kRing) = gp;
            pp.runqtail() = t + 1;
          });
}

std::tuple<G, bool> take_next(Runtime& rt, const P& pp) {
  const Runtime::Inside runqget_itself(rt);
  const G next = pp.runnext();
  if (next) {
    rt.step("runqget/next",
            "the goroutine in runnext comes first, and has the rest of the time slice of the one "
            "that readied it",
            [&] { pp.runnext() = Addr(); });
    return {next, true};
  }
  const u32 h = pp.runqhead();
  if (pp.runqtail() == h) return {rt.g(Addr()), false};
  const G gp = pp.runq(h % kRing);
  rt.step("runqget/ring", "take the first goroutine of this P's ring",
          [&] { pp.runqhead() = h + 1; });
  return {gp, false};
}

Part<std::tuple<G, bool>> runqget(Runtime& rt, P pp) { co_return take_next(rt, pp); }

namespace {

/// What a P may take of the global queue at once.
i32 share_of(Runtime& rt, i32 max) {
  const i32 size = rt.sched().runqsize();
  i32 n = std::min(size / rt.gomaxprocs() + 1, size);
  if (max > 0) n = std::min(n, max);
  return std::min(n, static_cast<i32>(kRing / 2));
}

}  // namespace

Model<G> globrunqget_one(Runtime& rt) {
  G gp = rt.g(Addr());
  if (rt.sched().runqsize() != 0)
    rt.step("globrunqget/take", "take the first goroutine of the global queue",
            [&] { gp = pop(rt.sched().runq()); });
  co_return gp;
}

Model<Batch> globrunqgetbatch(Runtime& rt, i32 max) {
  const golang::GQueue runq = rt.sched().runq();
  if (rt.sched().runqsize() == 0) co_return {rt.g(Addr()), Addr(), Addr(), 0};
  i32 n = share_of(rt, max);
  G gp;
  LocalQueue rest;
  rt.step("globrunqget/take",
          n == 1 ? "take the first goroutine of the global queue"
                 : "take this P's share of the global queue: the first of it runs now",
          [&] {
            gp = pop(runq);
            while (--n > 0) push_back(rt, rest, pop(runq));
          });
  co_return {gp, rest.head, rest.tail, rest.size};
}

Model<> runqputbatch(Runtime& rt, P pp, LocalQueue batch) {
  if (batch.empty()) co_return;
  rt.step("runqputbatch/ring", "the rest of the share goes to the end of this P's own ring", [&] {
    const u32 h = pp.runqhead();
    u32 t = pp.runqtail();
    for (; !batch.empty() && t - h < kRing; ++t) pp.runq(t % kRing) = pop(rt, batch);
    pp.runqtail() = t;
  });
  Runtime::require(batch.empty(), "couldn't put Gs into empty local runq");
}

Model<G> globrunqget(Runtime& rt, P pp, i32 max) {
  const golang::Schedt sched = rt.sched();
  if (sched.runqsize() == 0) co_return rt.g(Addr());
  i32 n = share_of(rt, max);
  G gp;
  rt.step("globrunqget/take",
          n == 1 ? "take the first goroutine of the global queue"
                 : "take this P's share of the global queue: the first of it runs now",
          [&] {
            sched.runqsize() -= n;
            gp = pop(sched.runq());
          });
  while (--n > 0) {
    G more;
    rt.step("globrunqget/more", "take the next goroutine of the share, for this P's own ring",
            [&] { more = pop(sched.runq()); });
    co_await runqput(rt, pp, more, false);
  }
  co_return gp;
}

}  // namespace runtime_model::sched
