#include "runtime_model/boot/procresize.hpp"

#include <fmt/format.h>

#include <numeric>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/sched/status.hpp"
#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/idle.hpp"

namespace runtime_model::boot {

using golang::P;

namespace {

i32 length(const golang::Slice<golang::Ptr<P>>& slice) { return static_cast<i32>(slice.len()); }

/// The slice of all Ps gets a larger array.
Part<> grow_allp(Runtime& rt, i32 nprocs) {
  const auto allp = rt.allp();
  const u64 n = static_cast<u64>(nprocs);
  const bool room = n <= allp.cap();
  Addr array = allp.data();
  if (!room) {
    const Addr type =
        model::constant_argument(rt, "runtime.procresize", "runtime.makeslice", emulator::cpu::rax);
    array = co_await rt.call<Addr>("runtime.makeslice", type, n, n);
  }
  rt.step(
      "procresize/allp",
      room ? fmt::format("there were once {} Ps or more: allp, the slice of all Ps, still has room",
                         nprocs)
           : fmt::format("allp, the slice of all Ps, gets an array with room for {}", nprocs),
      [&] {
        allp.len() = n;
        if (room) return;
        // Everything up to its capacity, so that no P that was ever made is lost.
        for (u64 i = 0; i < allp.cap(); ++i)
          rt.store<Addr>(array + 8 * i, rt.load<Addr>(allp.data().get() + 8 * i));
        allp.data() = array;
        allp.cap() = n;
      });
}

/// A bit for each P.
Part<> grow_mask(Runtime& rt, golang::Slice<golang::Ref<u32>> mask, u64 words, unsigned nth) {
  const Addr type = model::constant_argument(rt, "runtime.procresize", "runtime.makeslicecopy",
                                             emulator::cpu::rax, nth);
  const u64 old = mask.len();
  const Addr from = mask.data();
  const Addr grown = co_await rt.call<Addr>("runtime.makeslicecopy", type, words, old, from);
  constexpr std::string_view kIds[] = {"procresize/idle-mask", "procresize/timer-mask",
                                       "procresize/span-mask"};
  constexpr const char* kWhy[] = {
      "idlepMask gets a bit for each P, set while it is idle: whoever steals work passes it by",
      "timerpMask gets a bit for each P, set while it may have timers",
      "spanqMask gets a bit for each P, set while it has spans for the collector to mark"};
  rt.step(kIds[nth], kWhy[nth], [&] {
    mask.data() = grown;
    mask.len() = words;
    mask.cap() = words;
  });
}

void cut_masks(Runtime& rt, u64 words) {
  rt.idlepMask().len() = words;
  rt.timerpMask().len() = words;
  if (rt.go() >= 26) rt.work().spanqMask().len() = words;
}

Part<> grow(Runtime& rt, i32 nprocs, u64 words) {
  co_await rt.lock(rt.allpLock().address());
  co_await grow_allp(rt, nprocs);
  if (words <= rt.idlepMask().cap()) {
    rt.step("procresize/masks", "the masks with a bit for each P are long enough already",
            [&] { cut_masks(rt, words); });
  } else {
    co_await grow_mask(rt, rt.idlepMask(), words, 0);
    co_await grow_mask(rt, rt.timerpMask(), words, 1);
    if (rt.go() >= 26) co_await grow_mask(rt, rt.work().spanqMask(), words, 2);
  }
  co_await rt.unlock(rt.allpLock().address());
}

Part<> trim(Runtime& rt, i32 nprocs, u64 words) {
  if (length(rt.allp()) == nprocs) co_return;
  co_await rt.lock(rt.allpLock().address());
  rt.step("procresize/trim",
          fmt::format("there are fewer Ps now: allp and its masks are cut to {}", nprocs), [&] {
            rt.allp().len() = static_cast<u64>(nprocs);
            cut_masks(rt, words);
          });
  co_await rt.unlock(rt.allpLock().address());
}

Part<> make(Runtime& rt, i32 i) {
  P pp = rt.allp(i);
  if (!pp) {
    const Addr type = model::type_of_new(rt, "runtime.procresize");
    const Addr made = co_await rt.call<Addr>("runtime.newobject", type);
    pp = rt.p(made);
  }
  co_await p_init(rt, pp, i);
  rt.step("procresize/publish",
          fmt::format("P{} is complete: enter it in allp, where others find it", i),
          [&] { rt.allp(i) = pp.address(); });
}

/// The caller keeps its P, or gets the first.
Part<> have_one(Runtime& rt, i32 nprocs) {
  const golang::M mp = rt.getm();
  if (mp.p() && mp.p()->id() < nprocs) {
    rt.step("procresize/keep", "this thread's P is not one too many: the thread keeps it",
            [&] { mp.p()->status() = kPrunning; });
    co_await rt.call<void>("runtime.(*mcache).prepareForSweep", mp.p()->mcache().get());
    co_return;
  }
  const P first = rt.allp(0);
  rt.step("procresize/first",
          "this thread is to take P0: make P0 idle, of no M, and the M free of any P", [&] {
            if (mp.p()) mp.p()->m() = Addr();
            mp.p() = Addr();
            first.m() = Addr();
            first.status() = kPidle;
          });
  co_await thread::acquirep(rt, first);
}

/// All others are idle, unless they have work.
Part<P> sort_out(Runtime& rt, i32 nprocs, i64 now) {
  P runnable = rt.p(Addr());
  for (i32 i = nprocs - 1; i >= 0; --i) {
    const P pp = rt.allp(i);
    if (rt.getm().p() == pp) continue;
    rt.step("procresize/idle", fmt::format("P{} has no thread", i), [&] { pp.status() = kPidle; });
    if (thread::runqempty(pp)) {
      co_await thread::pidleput(rt, pp, now);
      continue;
    }
    const golang::M mp = co_await thread::mget(rt);
    rt.step("procresize/runnable", fmt::format("P{} has work: the caller will start it", i), [&] {
      pp.m() = mp;
      pp.link() = runnable;
    });
    runnable = pp;
  }
  co_return runnable;
}

/// A list of Ps, linked, that a local variable of the Go function holds.
void push(const P& pp, P& list) {
  pp.link() = list;
  list = pp;
}
P pop(P& list) {
  const P pp = list;
  list = pp.link();
  return pp;
}

/// The M that had the P last, if it still lives and is idle; it is taken out of the idle ones.
Part<golang::M> last_m(Runtime& rt, P pp) {
  const Addr word = pp.oldm();
  golang::M mp = rt.m(word == Addr() ? Addr() : rt.load<Addr>(word));
  if (mp) mp = co_await thread::mgetSpecific(rt, mp);
  co_return mp;
}

Part<> give_m(Runtime& rt, P pp, golang::M mp, P& runnable) {
  rt.step("procresize/runnable",
          fmt::format("P{} has work: the caller will start it", pp.id().get()), [&] {
            pp.m() = mp;
            push(pp, runnable);
          });
  co_return;
}

/// From go1.26 on: a P with work gets the M that it had before, if that is free; and while the
/// collector marks, Ps without work may get one of its workers.
Part<P> sort_out_1_26(Runtime& rt, i32 nprocs, i64 now) {
  P runnable = rt.p(Addr()), without_m = rt.p(Addr()), idle = rt.p(Addr());
  for (i32 i = nprocs - 1; i >= 0; --i) {
    const P pp = rt.allp(i);
    if (rt.getm().p() == pp) continue;
    const bool empty = thread::runqempty(pp);
    rt.step("procresize/idle", fmt::format("P{} has no thread", i), [&] {
      pp.status() = kPidle;
      if (empty) push(pp, idle);
    });
    if (empty) continue;
    const golang::M mp = co_await last_m(rt, pp);
    if (mp)
      co_await give_m(rt, pp, mp, runnable);
    else
      rt.step("procresize/any-thread",
              fmt::format("the M that had P{} last is not free: any other will do", pp.id().get()),
              [&] { push(pp, without_m); });
  }
  while (without_m) {
    const P pp = pop(without_m);
    const golang::M mp = co_await thread::mget(rt);
    co_await give_m(rt, pp, mp, runnable);
  }
  while (rt.gcBlackenEnabled() != 0 && idle) {
    const bool assigned = co_await rt.call<bool>(
        "runtime.(*gcControllerState).assignWaitingGCWorker", rt.gcController(), idle, now);
    if (!assigned) break;
    const P pp = pop(idle);
    const golang::M mp = co_await thread::mget(rt);
    co_await give_m(rt, pp, mp, runnable);
  }
  while (idle) {
    const P pp = pop(idle);
    co_await thread::pidleput(rt, pp, now);
  }
  co_return runnable;
}

/// Both lie in the P: the slices begin on the arrays that follow them. Five sizes of deferred calls
/// up to go1.17, one since.
void init_deferpool(const P& pp) {
  constexpr u64 kRoom = 32;
  const auto pools = pp.deferpool();
  Addr buffer = pools.address() + 24 * pools.count();
  for (u64 i = 0; i < pools.count(); ++i, buffer = buffer + 8 * kRoom) {
    pools[i].data() = buffer;
    pools[i].len() = 0;
    pools[i].cap() = kRoom;
  }
}

/// append needs a larger array. go1.20 gave growslice other parameters.
Part<> grow_coprimes(Runtime& rt) {
  const auto list = rt.stealOrder().coprimes();
  const u64 n = list.len(), cap = list.cap();
  const Addr from = list.data();
  Addr grown;
  if (rt.go() < 20) {
    const Addr type =
        model::constant_argument(rt, "runtime.procresize", "runtime.growslice", emulator::cpu::rax);
    grown = co_await rt.call<Addr>("runtime.growslice", type, from, n, cap, n + 1);
  } else {
    const Addr type =
        model::constant_argument(rt, "runtime.procresize", "runtime.growslice", emulator::cpu::rsi);
    grown = co_await rt.call<Addr>("runtime.growslice", from, n + 1, cap, u64{1}, type);
  }
  const u64 room = rt.result(2);
  rt.step("stealOrder/grow", "the list of step widths is full: append gives it a larger array",
          [&] {
            list.data() = grown;
            list.cap() = room;
          });
}

}  // namespace

void reset(const golang::WbBuf& buffer) {
  const auto slots = buffer.buf();
  buffer.next() = slots.address();
  buffer.end() = slots.address() + 8 * slots.count();
}

Model<> p_init(Runtime& rt, P pp, i32 id) {
  rt.step("p.init/empty", fmt::format("P{} begins as stopped, with empty pools", id), [&] {
    pp.id() = id;
    if (rt.go() >= 26) pp.gcw().id() = id;
    pp.status() = kPgcstop;
    pp.sudogcache().data() = pp.sudogbuf().address();
    pp.sudogcache().len() = 0;
    pp.sudogcache().cap() = pp.sudogbuf().count();
    init_deferpool(pp);
    reset(pp.wbBuf());
  });
  if (!pp.mcache()) {
    if (id == 0) {
      Runtime::require(!!rt.mcache0(), "missing mcache?");
      rt.step("p.init/mcache0", "P0 inherits the cache that the boot allocated from so far",
              [&] { pp.mcache() = rt.mcache0().get(); });
    } else {
      const Addr cache = co_await rt.call<Addr>("runtime.allocmcache");
      rt.step(
          "p.init/mcache",
          fmt::format("P{} gets a cache of its own, from which it allocates without a lock", id),
          [&] { pp.mcache() = cache; });
    }
  }
  rt.step(
      "p.init/masks",
      fmt::format(
          "P{} may get timers and is not idle: note both here, since pidleget need not come first",
          id),
      [&] {
        const u32 bit = u32{1} << (id % 32);
        rt.timerpMask(id / 32) |= bit;
        rt.idlepMask(id / 32) &= ~bit;
      });
}

Model<> steal_order_reset(Runtime& rt, u32 count) {
  const golang::RandomOrder order = rt.stealOrder();
  const auto list = order.coprimes();
  rt.step("stealOrder/count",
          fmt::format("an M that looks for work to steal will go round the Ps: {} of them", count),
          [&] {
            order.count() = count;
            list.len() = 0;
          });
  for (u32 i = 1; i <= count; ++i) {
    if (std::gcd(i, count) != 1) continue;
    const u64 n = list.len();
    if (n == list.cap()) co_await grow_coprimes(rt);
    rt.step("stealOrder/coprime",
            fmt::format("steps of {} have no common divisor with {}: whoever goes round in such "
                        "steps meets each P once",
                        i, count),
            [&] {
              list.len() = n + 1;
              list[n] = i;
            });
  }
}

Model<P> procresize(Runtime& rt, i32 nprocs) {
  if (sched::tracing(rt)) co_await rt.decline(std::string(sched::kTracing));
  const i32 old = rt.gomaxprocs();
  Runtime::require(old >= 0 && nprocs > 0, "procresize: invalid arg");
  const i64 now = co_await nanotime(rt);
  const golang::Schedt sched = rt.sched();
  rt.step("procresize/time",
          "note the time: the runtime counts for how long there were how many Ps", [&] {
            if (sched.procresizetime() != 0)
              sched.totaltime() += old * (now - sched.procresizetime());
            sched.procresizetime() = now;
          });
  const u64 words = (static_cast<u64>(nprocs) + 31) / 32;
  if (nprocs > length(rt.allp())) co_await grow(rt, nprocs, words);
  for (i32 i = old; i < nprocs; ++i) co_await make(rt, i);
  co_await have_one(rt, nprocs);
  rt.step(
      "procresize/mcache0",
      "with a P there is a cache to allocate from: mcache0, the boot's own, is not needed any more",
      [&] { rt.mcache0() = Addr(); });
  for (i32 i = nprocs; i < old; ++i) {
    const P pp = rt.allp(i);
    rt.step("procresize/destroy",
            fmt::format(
                "P{} is one too many: its goroutines and caches go to where all Ps share them", i));
    co_await rt.call<void>("runtime.(*p).destroy", pp);
  }
  co_await trim(rt, nprocs, words);
  P runnable;
  if (rt.go() >= 26)
    runnable = co_await sort_out_1_26(rt, nprocs, now);
  else
    runnable = co_await sort_out(rt, nprocs, now);
  co_await steal_order_reset(rt, static_cast<u32>(nprocs));
  rt.step("procresize/gomaxprocs", fmt::format("GOMAXPROCS is {} from here on", nprocs),
          [&] { rt.gomaxprocs() = nprocs; });
  if (old != nprocs && rt.go() >= 19) {
    constexpr std::string_view kReset = "runtime.(*gcCPULimiterState).resetCapacity";
    const Addr limiter =
        model::constant_argument(rt, "runtime.procresize", kReset, emulator::cpu::rax);
    co_await rt.call<void>(kReset, limiter, now, nprocs);
  }
  co_return runnable;
}

}  // namespace runtime_model::boot
