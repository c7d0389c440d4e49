// The sources that are looked at while the M has a P.
#include <algorithm>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/sched/find.hpp"
#include "runtime_model/thread/gc_work.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::P;

namespace {

constexpr i64 kGcMarkWorkerIdleMode = 3;  // runtime/mgc.go

Found nothing(Runtime& rt) { return {rt.g(Addr())}; }

/// lfstack.pop: the word packs an address of 48 bits and a count of pushes; go1.25 has more room
/// for the count, since nodes are farther apart. Go: lfstack_64bit.go, tagptr_64bit.go.
Addr pop_worker(Runtime& rt) {
  const auto pool = rt.gcBgMarkWorkerPool();
  const u64 head = pool;
  if (head == 0) return {};
  const i64 packed = static_cast<i64>(head);
  const Addr node(static_cast<u64>(rt.go() >= 25 ? packed >> 24 << 9 : packed >> 19 << 3));
  rt.step("findrunnable/idle-worker",
          "take a worker of the garbage collector that waits for something to do",
          [&] { pool = rt.load<u64>(node); });
  return node;
}

}  // namespace

void forget_snapshot(Runtime& rt, const golang::M& mp) {
  if (rt.go() < 25 || mp.allpSnapshot().data() == Addr()) return;
  rt.step("findrunnable/forget-snapshot",
          "this M no longer needs the slice of Ps that it looked through", [&] {
            mp.allpSnapshot().data() = Addr();
            mp.allpSnapshot().len() = 0;
            mp.allpSnapshot().cap() = 0;
          });
}

Part<> obey(Runtime& rt, Search& s) {
  forget_snapshot(rt, s.mp);
  // Somebody wants the world to stop: this M waits, and searches from the start afterwards.
  if (rt.sched().gcwaiting() != 0) co_await rt.park("runtime.gcstopm");
  s.pp = s.mp.p();
  if (s.pp.runSafePointFn() != 0) co_await rt.call<void>("runtime.runSafePointFn");
}

Part<> own_timers(Runtime& rt, Search& s) {
  s.now = co_await run_timers(rt, s.pp, 0);
  s.next_timer = static_cast<i64>(rt.result(1));
}

Part<Found> gc_worker(Runtime& rt, Search& s) {
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

Part<Found> global_for_fairness(Runtime& rt, P pp) {
  // Two goroutines that always ready each other would otherwise keep the P for ever.
  if (pp.schedtick() % 61 != 0 || rt.sched().runqsize() <= 0) co_return nothing(rt);
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  G gp;
  if (rt.go() >= 25)
    gp = co_await globrunqget_one(rt);
  else
    gp = co_await globrunqget(rt, pp, 1);
  co_await rt.unlock(lock);
  co_return Found{gp};
}

Part<G> take_share(Runtime& rt, P pp) {
  const Addr lock = rt.sched().lock().address();
  if (rt.go() < 25) {
    const G gp = co_await globrunqget(rt, pp, 0);
    co_await rt.unlock(lock);
    co_return gp;
  }
  const Batch batch = co_await globrunqgetbatch(rt, static_cast<i32>(kRing / 2));
  co_await rt.unlock(lock);
  const auto& [gp, head, tail, size] = batch;
  co_await runqputbatch(rt, pp, {head, tail, size});
  co_return gp;
}

namespace {

/// Where fingStatus is: go1.20 is known by its code alone.
Addr finalizer_status(Runtime& rt) {
  if (rt.fingStatus().exists()) return rt.fingStatus().address();
  return model::address_taken(rt, "runtime.wakefing");
}

/// States of the finalizer goroutine, from go1.20 on. Go: runtime/mfinal.go.
constexpr u32 kFingCreated = 1, kFingWait = 4, kFingWake = 8;

/// Does the finalizer goroutine wait, and is there work for it?
bool finalizer_due(Runtime& rt) {
  if (rt.go() >= 20) {
    constexpr u32 kBoth = kFingWait | kFingWake;
    const Addr status = finalizer_status(rt);
    return status != Addr() && (rt.load<u32>(status) & kBoth) == kBoth;
  }
  const Addr waits = model::flag_tested(rt, "runtime.wakefing", 0);
  const Addr wake = model::flag_tested(rt, "runtime.wakefing", 1);
  return waits != Addr() && rt.load<u8>(waits) != 0 && rt.load<u8>(wake) != 0;
}

}  // namespace

Part<> wake_finalizer(Runtime& rt) {
  if (!finalizer_due(rt)) co_return;
  Addr gp;
  if (rt.has_function("runtime.wakefing")) {
    gp = co_await rt.call<Addr>("runtime.wakefing");
  } else {
    gp = rt.fing();
    rt.step("findrunnable/finalizer",
            "there are finalizers to run: wake the goroutine that runs them",
            [&] { rt.store<u32>(finalizer_status(rt), kFingCreated); });
  }
  const i64 traceskip = 0;
  if (gp != Addr()) co_await rt.call<void>("runtime.ready", gp, traceskip, true);
}

Part<> wake_cleanups(Runtime& rt) {
  constexpr std::string_view kWake = "runtime.(*cleanupQueue).wake";
  if (rt.go() < 25 || !rt.has_function(kWake)) co_return;
  const Addr at = model::constant_argument(rt, "runtime.findRunnable", kWake, emulator::cpu::rax);
  const auto queue = rt.at<golang::CleanupQueue>(at);
  const i32 most = std::max(rt.gomaxprocs() / 4, 1);
  if (queue.workUnits() == 0) co_return;
  if (queue.asleep() == 0 && queue.ng() >= static_cast<u32>(most)) co_return;
  co_await rt.call<void>(kWake, queue);
}

Part<Found> own_queue(Runtime& rt, Search& s) {
  Found found;
  std::tie(found.gp, found.inherit_time) = take_next(rt, s.pp);
  co_return found;
}

Part<Found> global_queue(Runtime& rt, Search& s) {
  if (rt.sched().runqsize() == 0) co_return nothing(rt);
  const Addr lock = rt.sched().lock().address();
  co_await rt.lock(lock);
  const G gp = co_await take_share(rt, s.pp);
  co_return Found{gp};
}

Ready ready_of(Runtime& rt, Addr head) {
  // go1.25: the length of the list comes behind its head.
  if (rt.go() >= 25) return {head, static_cast<i32>(rt.result(1)), static_cast<i32>(rt.result(2))};
  return {head, 0, rt.go() >= 22 ? static_cast<i32>(rt.result(1)) : 0};
}

Part<> injectglist(Runtime& rt, Ready list) {
  const model::Local& local = rt.local(rt.go() >= 25 ? 16 : 8);
  rt.step("findrunnable/ready", "goroutines whose wait for the network is over go to the queues",
          [&] {
            rt.store<Addr>(local.address, list.head);
            if (rt.go() >= 25) rt.store<i32>(local.address + 8, list.size);
          });
  co_await rt.call<void>("runtime.injectglist", local);
  if (list.delta != 0)
    rt.step("findrunnable/waiters",
            "those that are ready no longer count as waiting for the network",
            [&] { rt.netpollWaiters() += static_cast<u32>(list.delta); });
}

Part<Found> first_of(Runtime& rt, Ready list) {
  const G gp = rt.g(list.head);
  co_await injectglist(rt, {gp.schedlink(), list.size - 1, list.delta});
  co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
  co_return Found{gp};
}

Part<Found> network(Runtime& rt) {
  if (rt.netpollInited() == 0 || rt.netpollWaiters() == 0 || rt.sched().lastpoll() == 0)
    co_return nothing(rt);
  // go1.25 lets one M at a time do this.
  const bool alone = rt.go() >= 25;
  if (alone) {
    if (rt.sched().pollingNet() != 0) co_return nothing(rt);
    rt.step("findrunnable/polling", "this M looks at the network: no other M need do so meanwhile",
            [&] { rt.sched().pollingNet() = 1; });
  }
  const i64 without_waiting = 0;
  const Addr head = co_await rt.call<Addr>("runtime.netpoll", without_waiting);
  const Ready list = ready_of(rt, head);
  if (alone)
    rt.step("findrunnable/polled", "this look at the network is over: other Ms may look again",
            [&] { rt.sched().pollingNet() = 0; });
  if (head == Addr()) co_return nothing(rt);
  const Found found = co_await first_of(rt, list);
  co_return found;
}

void start_spinning(Runtime& rt, const golang::M& mp) {
  rt.step("findrunnable/spin", "this M spins: it has a P but no work, and looks for some", [&] {
    mp.spinning() = true;
    rt.sched().nmspinning() += 1;
    if (rt.go() >= 20) rt.sched().needspinning() = 0;
  });
}

Part<Found> steal(Runtime& rt, Search& s) {
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

Part<Found> idle_gc(Runtime& rt, Search& s) {
  if (rt.gcBlackenEnabled() == 0 || !thread::mark_work_available(rt, s.pp)) co_return nothing(rt);
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
  rt.step("findrunnable/idle-mode",
          "the program has nothing to run: this P will mark for the collector",
          [&] { s.pp.gcMarkWorkerMode() = kGcMarkWorkerIdleMode; });
  const G gp = rt.g(rt.load<Addr>(node + 16));  // runtime/mgc.go, gcBgMarkWorkerNode
  co_await casgstatus(rt, gp, kGwaiting, kGrunnable);
  co_return Found{gp};
}

}  // namespace runtime_model::sched
