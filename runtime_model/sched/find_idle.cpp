// What an M does that found nothing: it gives up its P, looks once more, waits.
#include "runtime_model/sched/find.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::P;
using model::SliceWords;

namespace {

constexpr i64 kGcMarkWorkerIdleMode = 3;  // runtime/mgc.go

Found nothing(Runtime& rt) { return {rt.g(Addr())}; }

template <class E>
SliceWords words_of(const golang::Slice<E>& s) {
  return {s.data(), s.len(), s.cap()};
}

P p_at(Runtime& rt, const SliceWords& allp, u64 id) {
  return rt.p(rt.load<Addr>(allp.data + 8 * id));
}

bool bit_of(Runtime& rt, const SliceWords& mask, u64 id) {
  return (rt.load<u32>(mask.data + 4 * (id / 32)) >> (id % 32) & 1) != 0;
}

bool has_work(const P& pp) { return pp.runnext() || pp.runqhead() != pp.runqtail(); }

/// When the first timer of a P is due, without its lock.
i64 wake_time(const P& pp) {
  // go1.23 gathered what concerns timers in a struct.
  const bool gathered = !pp.timer0When().exists();
  const i64 next = gathered ? pp.timers().minWhenHeap() : pp.timer0When();
  const i64 adjusted = gathered ? pp.timers().minWhenModified() : pp.timerModifiedEarliest();
  return next == 0 || (adjusted != 0 && adjusted < next) ? adjusted : next;
}

/// Takes an idle P, or null. `to_spin`: from go1.20 on somebody is told that there was none.
Part<P> take_idle_p(Runtime& rt, i64 now, bool to_spin) {
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  Addr pp;
  if (rt.go() >= 20 && to_spin)
    pp = co_await rt.call<Addr>("runtime.pidlegetSpinning", now);
  else if (rt.go() >= 19)
    pp = co_await rt.call<Addr>("runtime.pidleget", now);
  else
    pp = co_await rt.call<Addr>("runtime.pidleget");
  co_await rt.unlock(lock);
  co_return rt.p(pp);
}

Part<> acquire_and_spin(Runtime& rt, Search& s, P pp) {
  co_await rt.call<void>("runtime.acquirep", pp);
  s.pp = pp;
  start_spinning(rt, s.mp);
}

}  // namespace

Model<P> checkRunqsNoP(Runtime& rt, SliceWords allp, SliceWords idle_mask) {
  for (u64 id = 0; id < allp.len; ++id) {
    if (bit_of(rt, idle_mask, id) || !has_work(p_at(rt, allp, id))) continue;
    const P pp = co_await take_idle_p(rt, 0, true);
    co_return pp;  // without a free P the others need not be looked at
  }
  co_return rt.p(Addr());
}

Model<i64> checkTimersNoP(Runtime& rt, SliceWords allp, SliceWords timer_mask, i64 next) {
  for (u64 id = 0; id < allp.len; ++id) {
    if (!bit_of(rt, timer_mask, id)) continue;
    const i64 when = wake_time(p_at(rt, allp, id));
    if (when != 0 && (next == 0 || when < next)) next = when;
  }
  co_return next;
}

Part<Found> surrender(Runtime& rt, Search& s) {
  if (rt.go() >= 25)
    rt.step("findrunnable/snapshot",
            "keep the slice of Ps as it is now: without a P nobody else keeps its array alive",
            [&] {
              const auto kept = s.mp.allpSnapshot();
              kept.data() = rt.allp().data().get();
              kept.len() = rt.allp().len().get();
              kept.cap() = rt.allp().cap().get();
            });
  s.allp = words_of(rt.allp());
  s.idle_mask = words_of(rt.idlepMask());
  s.timer_mask = words_of(rt.timerpMask());
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  if (rt.sched().gcwaiting() != 0 || s.pp.runSafePointFn() != 0) {
    s.again = true;
    co_await rt.unlock(lock);
    co_return nothing(rt);
  }
  if (rt.sched().runqsize() != 0) {
    const G gp = co_await take_share(rt, s.pp);
    co_return Found{gp};
  }
  if (rt.go() >= 20 && !s.mp.spinning() && rt.sched().needspinning() == 1) {
    // Somebody made work and found no idle P to look for it: not now.
    start_spinning(rt, s.mp);
    co_await rt.unlock(lock);
    s.again = true;
    co_return nothing(rt);
  }
  const Addr released = co_await rt.call<Addr>("runtime.releasep");
  Runtime::require(released == s.pp.address(), "findrunnable: wrong p");
  if (rt.go() >= 19)
    s.now = co_await rt.call<i64>("runtime.pidleput", s.pp, s.now);
  else
    co_await rt.call<void>("runtime.pidleput", s.pp);
  co_await rt.unlock(lock);
  co_return nothing(rt);
}

namespace {

/// go1.22 on: the global queue too may have got something meanwhile.
Part<Found> global_queue_again(Runtime& rt, Search& s) {
  if (rt.go() < 22) co_return nothing(rt);
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  Addr idle;
  const i64 unread = 0;
  if (rt.sched().runqsize() != 0) idle = co_await rt.call<Addr>("runtime.pidlegetSpinning", unread);
  if (idle == Addr()) {
    co_await rt.unlock(lock);
    co_return nothing(rt);
  }
  const G gp = co_await take_share(rt, rt.p(idle));
  co_await acquire_and_spin(rt, s, rt.p(idle));
  co_return Found{gp};
}

}  // namespace

Part<Found> look_again(Runtime& rt, Search& s) {
  s.was_spinning = s.mp.spinning();
  if (!s.was_spinning) co_return nothing(rt);
  rt.step("findrunnable/spin-no-more",
          "this M stops spinning, then looks again: whoever made work while it still counted as "
          "spinning woke nobody",
          [&] {
            s.mp.spinning() = false;
            rt.sched().nmspinning() -= 1;
          });
  const Found queued = co_await global_queue_again(rt, s);
  if (queued) co_return queued;
  const P with_work = co_await checkRunqsNoP(rt, s.allp, s.idle_mask);
  if (with_work) {
    co_await acquire_and_spin(rt, s, with_work);
    s.again = true;
    co_return nothing(rt);
  }
  const Addr for_gc = co_await rt.call<Addr>("runtime.checkIdleGCNoP");
  const G worker = rt.g(Addr(rt.result(1)));
  if (for_gc != Addr()) {
    co_await acquire_and_spin(rt, s, rt.p(for_gc));
    rt.step("findrunnable/idle-mode",
            "the program has nothing to run: this P will mark for the collector",
            [&] { s.pp.gcMarkWorkerMode() = kGcMarkWorkerIdleMode; });
    co_await casgstatus(rt, worker, kGwaiting, kGrunnable);
    co_return Found{worker};
  }
  s.next_timer = co_await checkTimersNoP(rt, s.allp, s.timer_mask, s.next_timer);
  co_return nothing(rt);
}

namespace {

/// How long netpoll may wait: nanoseconds, -1 for ever.
i64 delay_of(Runtime& rt, const Search& s) {
  if (rt.faketime() != 0) return 0;
  if (s.next_timer == 0) return -1;
  return s.next_timer > s.now ? s.next_timer - s.now : 0;
}

/// netpoll with what must be said to others before and after. go1.19 and go1.20 read the clock
/// before they wait, others when they come back.
Part<Ready> poll(Runtime& rt, Search& s) {
  rt.step(
      "findrunnable/poll-begin",
      "this M waits for the network on behalf of all, until the next timer is due at the latest",
      [&] {
        rt.sched().lastpoll() = 0;
        rt.sched().pollUntil() = s.next_timer;
      });
  const bool before = rt.go() == 19 || rt.go() == 20;
  if (before || (s.next_timer != 0 && s.now == 0)) s.now = co_await nanotime(rt);
  const i64 delay = delay_of(rt, s);
  const Addr head = co_await rt.long_call<Addr>("runtime.netpoll", delay);
  const Ready list = ready_of(rt, head);
  if (rt.go() >= 21) s.now = co_await nanotime(rt);
  rt.step("findrunnable/poll-end", "the wait for the network is over: nobody need cut it short",
          [&] { rt.sched().pollUntil() = 0; });
  i64 polled = s.now;
  if (rt.go() <= 18) polled = co_await nanotime(rt);
  rt.step("findrunnable/poll-time",
          "note when the network was last looked at: not 0, so another M may wait for it now",
          [&] { rt.sched().lastpoll() = polled; });
  co_return list;
}

Part<> wake_poller(Runtime& rt, const Search& s) {
  if (s.next_timer == 0 || rt.netpollInited() == 0) co_return;
  const i64 until = rt.sched().pollUntil();
  if (until == 0 || until > s.next_timer) co_await rt.call<void>("runtime.netpollBreak");
}

}  // namespace

Part<Found> wait_for_network(Runtime& rt, Search& s) {
  const bool mine = rt.netpollInited() != 0 && (rt.netpollWaiters() > 0 || s.next_timer != 0) &&
                    rt.sched().lastpoll() != 0;
  if (!mine) {
    co_await wake_poller(rt, s);
    co_await rt.park("runtime.stopm");
  }
  const Ready list = co_await poll(rt, s);
  if (rt.faketime() != 0 && list.head == Addr()) co_await rt.park("runtime.stopm");
  const P pp = co_await take_idle_p(rt, s.now, false);
  if (!pp) {
    co_await injectglist(rt, list);
    co_await rt.park("runtime.stopm");
  }
  co_await rt.call<void>("runtime.acquirep", pp);
  if (list.head != Addr()) {
    const Found found = co_await first_of(rt, list);
    co_return found;
  }
  if (s.was_spinning) start_spinning(rt, s.mp);
  s.again = true;
  co_return nothing(rt);
}

}  // namespace runtime_model::sched
