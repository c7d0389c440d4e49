// The sources that are looked at while the M has a P.
#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/sched/find.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::P;

namespace {

constexpr i64 kGcMarkWorkerIdleMode = 3;  // runtime/mgc.go

Found nothing(Runtime& rt) { return {rt.g(Addr())}; }

/// runtime/mgc.go, gcMarkWorkAvailable.
bool mark_work_available(Runtime& rt, const P& pp) {
  const golang::GcWork own = pp.gcw();
  const auto objects = [&](Addr buffer) { return rt.at<golang::Workbuf>(buffer).nobj() != 0; };
  if (own.wbuf1() != Addr() && (objects(own.wbuf1()) || objects(own.wbuf2()))) return true;
  return rt.work().full() != 0 || rt.work().markrootNext() < rt.work().markrootJobs();
}

/// lfstack.pop: the word packs an address of 48 bits and a count of pushes. Go: lfstack_64bit.go.
Addr pop_worker(Runtime& rt) {
  const auto pool = rt.gcBgMarkWorkerPool();
  const u64 head = pool;
  if (head == 0) return {};
  const Addr node(static_cast<u64>(static_cast<i64>(head) >> 19 << 3));
  rt.step("findrunnable/idle-worker", "take a worker of the garbage collector that waits for work",
          [&] { pool = rt.load<u64>(node); });
  return node;
}

}  // namespace

Model<> obey(Runtime& rt, Search& s) {
  // Somebody wants the world to stop: this M waits, and searches from the start afterwards.
  if (rt.sched().gcwaiting() != 0) co_await rt.park("runtime.gcstopm");
  s.pp = s.mp.p();
  if (s.pp.runSafePointFn() != 0) co_await rt.call<void>("runtime.runSafePointFn");
}

Model<> own_timers(Runtime& rt, Search& s) {
  const i64 unread = 0;
  s.now = co_await rt.call<i64>("runtime.checkTimers", s.pp, unread);
  s.next_timer = static_cast<i64>(rt.result(1));
}

Model<Found> gc_worker(Runtime& rt, Search& s) {
  if (rt.gcBlackenEnabled() == 0) co_return nothing(rt);
  constexpr std::string_view kFind = "runtime.(*gcControllerState).findRunnableGCWorker";
  Addr worker;
  if (rt.go() >= 19) {
    worker = co_await rt.call<Addr>(kFind, rt.gcController(), s.pp, s.now);
    s.now = static_cast<i64>(rt.result(1));
  } else {
    worker = co_await rt.call<Addr>(kFind, rt.gcController(), s.pp);
  }
  co_return Found{rt.g(worker), false, true};
}

Model<Found> global_for_fairness(Runtime& rt, P pp) {
  // Two goroutines that always ready each other would otherwise keep the P for ever.
  if (pp.schedtick() % 61 != 0 || rt.sched().runqsize() <= 0) co_return nothing(rt);
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  const G gp = co_await globrunqget(rt, pp, 1);
  co_await rt.unlock(lock);
  co_return Found{gp};
}

Model<> wake_finalizer(Runtime& rt) {
  const Addr waits = model::flag_tested(rt, "runtime.wakefing", 0);
  const Addr wake = model::flag_tested(rt, "runtime.wakefing", 1);
  if (waits == Addr() || rt.load<u8>(waits) == 0 || rt.load<u8>(wake) == 0) co_return;
  const Addr gp = co_await rt.call<Addr>("runtime.wakefing");
  const i64 traceskip = 0;
  if (gp != Addr()) co_await rt.call<void>("runtime.ready", gp, traceskip, true);
}

Model<Found> own_queue(Runtime& rt, Search& s) {
  Found found;
  std::tie(found.gp, found.inherit_time) = take_next(rt, s.pp);
  co_return found;
}

Model<Found> global_queue(Runtime& rt, Search& s) {
  if (rt.sched().runqsize() == 0) co_return nothing(rt);
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  const G gp = co_await globrunqget(rt, s.pp, 0);
  co_await rt.unlock(lock);
  co_return Found{gp};
}

Model<> injectglist(Runtime& rt, Addr list) {
  const model::Local& local = rt.local(8);
  rt.step("findrunnable/ready", "the others whose wait is over go to the queues",
          [&] { rt.store<Addr>(local.address, list); });
  co_await rt.call<void>("runtime.injectglist", local);
}

Model<Found> first_of(Runtime& rt, Addr list) {
  const G gp = rt.g(list);
  const Addr others = gp.schedlink();
  co_await injectglist(rt, others);
  co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
  co_return Found{gp};
}

Model<Found> network(Runtime& rt) {
  if (rt.netpollInited() == 0 || rt.netpollWaiters() == 0 || rt.sched().lastpoll() == 0)
    co_return nothing(rt);
  const i64 without_waiting = 0;
  const Addr list = co_await rt.call<Addr>("runtime.netpoll", without_waiting);
  if (list == Addr()) co_return nothing(rt);
  const Found found = co_await first_of(rt, list);
  co_return found;
}

void start_spinning(Runtime& rt, const golang::M& mp) {
  rt.step("findrunnable/spin", "this M spins: it has a P but no work, and looks for some", [&] {
    mp.spinning() = true;
    rt.sched().nmspinning() += 1;
  });
}

Model<Found> steal(Runtime& rt, Search& s) {
  const u32 busy = static_cast<u32>(rt.gomaxprocs() - rt.sched().npidle());
  // No more spin than half of the busy Ps: many that look for little work cost more than they find.
  if (!s.mp.spinning() && 2 * static_cast<u32>(rt.sched().nmspinning()) >= busy)
    co_return nothing(rt);
  if (!s.mp.spinning()) start_spinning(rt, s.mp);
  const Stolen stolen = co_await stealWork(rt, s.now);
  const auto& [gp, inherit_time, now, next_timer, again] = stolen;
  s.now = now;
  if (gp) co_return Found{gp, inherit_time};
  s.again = again;
  if (next_timer != 0 && (s.next_timer == 0 || next_timer < s.next_timer))
    s.next_timer = next_timer;
  co_return nothing(rt);
}

Model<Found> idle_gc(Runtime& rt, Search& s) {
  if (rt.gcBlackenEnabled() == 0 || !mark_work_available(rt, s.pp)) co_return nothing(rt);
  if (rt.go() >= 19) {
    const bool may =
        co_await rt.call<bool>("runtime.(*gcControllerState).addIdleMarkWorker", rt.gcController());
    if (!may) co_return nothing(rt);
  }
  const Addr node = pop_worker(rt);
  if (node == Addr()) {
    if (rt.go() >= 19)
      co_await rt.call<void>("runtime.(*gcControllerState).removeIdleMarkWorker",
                             rt.gcController());
    co_return nothing(rt);
  }
  rt.step("findrunnable/idle-mode", "nothing to do for the program: mark for the collector",
          [&] { s.pp.gcMarkWorkerMode() = kGcMarkWorkerIdleMode; });
  const G gp = rt.g(rt.load<Addr>(node + 16));  // runtime/mgc.go, gcBgMarkWorkerNode
  co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
  co_return Found{gp};
}

}  // namespace runtime_model::sched
