#include "runtime_model/sched/schedule.hpp"

#include "runtime_model/sched/execute.hpp"
#include "runtime_model/sched/findrunnable.hpp"
#include "runtime_model/sched/goexit.hpp"
#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using golang::G;
using model::Request;
using tests::Bench;

namespace {

struct SchedBench : Bench {
  explicit SchedBench(int minor) : Bench(minor) {
    views().gomaxprocs() = 1;
    if (views().startingStackSize().exists()) views().startingStackSize() = 2048;
    native("runtime.checkTimers", [](const auto&) { return std::vector<u64>{0, 0, 0}; });
    native("runtime.nanotime1", [](const auto&) { return std::vector<u64>{1000}; });
    native("runtime.isSystemGoroutine", [](const auto&) { return std::vector<u64>{0}; });
    native("runtime.wakep", [](const auto&) { return std::vector<u64>{}; });
  }
  G runnable() {
    const G gp = make_g();
    gp.atomicstatus() = sched::kGrunnable;
    return gp;
  }
  G running() {
    const G gp = make_g();
    gp.atomicstatus() = sched::kGrunning;
    gp.m() = m0();
    m0().curg() = gp;
    return gp;
  }
  void local(const G& gp) {
    p0().runq(p0().runqtail().get()) = gp;
    p0().runqtail() += 1;
  }
  void global(const G& gp) {
    const auto q = views().sched().runq();
    if (q.tail())
      q.tail()->schedlink() = gp;
    else
      q.head() = gp;
    q.tail() = gp;
    views().sched().runqsize() += 1;
  }
};

}  // namespace

TEST_CASE("execute ties M and goroutine, and leaves through gogo") {
  SchedBench bench(19);
  const G gp = bench.runnable();
  gp.preempt() = true;
  const auto run = bench.run(sched::execute, gp, false);
  CHECK(run.left == Request::Kind::jump);
  CHECK(run.left_to.function == "runtime.gogo");
  CHECK(run.left_to.arguments == std::vector<u64>{gp.sched().address().value});
  CHECK(bench.m0().curg() == gp);
  CHECK(gp.m() == bench.m0());
  CHECK(gp.atomicstatus() == sched::kGrunning);
  CHECK_FALSE(gp.preempt());
  CHECK(bench.p0().schedtick() == 1);
}

TEST_CASE("A goroutine that inherits the time slice does not begin a new one") {
  SchedBench bench(19);
  bench.run(sched::execute, bench.runnable(), true);
  CHECK(bench.p0().schedtick() == 0);
}

TEST_CASE("Each 61st tick the global queue comes before the own ring") {
  SchedBench bench(19);
  const G own = bench.runnable(), shared = bench.runnable();
  bench.local(own), bench.global(shared);
  bench.p0().schedtick() = 60;
  CHECK(std::get<0>(*bench.run(sched::findRunnable).result) == own);
  bench.local(own);
  bench.p0().schedtick() = 122;
  CHECK(std::get<0>(*bench.run(sched::findRunnable).result) == shared);
  CHECK(bench.views().sched().runqsize() == 0);
}

TEST_CASE("The own ring comes before the global queue, and that before the network") {
  SchedBench bench(19);
  const G own = bench.runnable(), shared = bench.runnable(), waiting = bench.make_g();
  waiting.atomicstatus() = sched::kGwaiting;
  bench.local(own), bench.global(shared);
  bench.p0().schedtick() = 1;
  bench.views().netpollInited() = 1, bench.views().netpollWaiters() = 1;
  bench.views().sched().lastpoll() = 5;
  bench.native("runtime.netpoll",
               [&](const auto&) { return std::vector<u64>{waiting.address().value}; });
  bench.native("runtime.injectglist", [](const auto&) { return std::vector<u64>{}; });
  const auto next = [&] { return std::get<0>(*bench.run(sched::findRunnable).result); };
  CHECK(next() == own);
  CHECK(next() == shared);
  CHECK(next() == waiting);
  CHECK(waiting.atomicstatus() == sched::kGrunnable);
}

TEST_CASE("An M without work gives up its P, stops spinning, looks again, and then sleeps") {
  SchedBench bench(19);
  bench.m0().spinning() = true;
  bench.views().sched().nmspinning() = 1;
  const auto order = bench.views().stealOrder();
  order.count() = 1;
  order.coprimes().data() = bench.allocate(8);
  order.coprimes().len() = 1, order.coprimes(0) = 1;
  bench.views().idlepMask().data() = bench.allocate(8);
  bench.views().timerpMask().data() = bench.allocate(8);
  bench.native("runtime.releasep",
               [&](const auto&) { return std::vector<u64>{bench.p0().address().value}; });
  bench.native("runtime.pidleput", [](const auto& a) { return std::vector<u64>{a.at(1)}; });
  bench.native("runtime.checkIdleGCNoP", [](const auto&) { return std::vector<u64>{0, 0}; });
  const auto run = bench.run(sched::findRunnable);
  CHECK(run.left == Request::Kind::park);
  CHECK(run.left_to.function == "runtime.stopm");
  CHECK_FALSE(bench.m0().spinning());
  CHECK(bench.views().sched().nmspinning() == 0);
}

TEST_CASE("While the world is to stop, no source is looked at") {
  SchedBench bench(19);
  bench.local(bench.runnable());
  bench.views().sched().gcwaiting() = 1;
  const auto run = bench.run(sched::findRunnable);
  CHECK(run.left == Request::Kind::park);
  CHECK(run.left_to.function == "runtime.gcstopm");
  CHECK(run.calls.empty());
}

TEST_CASE("An M that a goroutine is wired to runs no other") {
  SchedBench bench(19);
  const G gp = bench.runnable();
  bench.m0().lockedg() = gp;
  bench.native("runtime.stoplockedm", [](const auto&) { return std::vector<u64>{}; });
  const auto run = bench.run(sched::schedule);
  CHECK(run.left_to.function == "runtime.execute");
  CHECK(run.left_to.arguments == std::vector<u64>{gp.address().value, 0});
}

TEST_CASE("A goroutine that is wired to another M is handed over") {
  SchedBench bench(17);
  const G gp = bench.runnable();
  gp.lockedm() = bench.allocate(64);
  bench.local(gp);
  const auto run = bench.run(sched::schedule_1_17);
  CHECK(run.left == Request::Kind::park);
  CHECK(run.left_to.function == "runtime.startlockedm");
}

TEST_CASE("A goroutine that ends leaves nothing of itself, and is kept") {
  SchedBench bench(19);
  const G gp = bench.running();
  gp.param() = Addr(1), gp.labels() = Addr(2), gp.waitreason() = 3;
  const auto run = bench.run(sched::goexit0, gp);
  CHECK(run.left_to.function == "runtime.schedule");
  CHECK(gp.atomicstatus() == sched::kGdead);
  CHECK(gp.param() == Addr());
  CHECK(gp.labels() == Addr());
  CHECK_FALSE(bench.m0().curg());
  CHECK(bench.p0().gFree().head() == gp);
}

TEST_CASE("A goroutine that ends with its thread locked takes the thread along") {
  SchedBench bench(19);
  const G gp = bench.running();
  gp.lockedm() = bench.m0();
  bench.m0().lockedg() = gp;
  const auto run = bench.run(sched::goexit0, gp);
  CHECK(run.left_to.function == "runtime.gogo");
  CHECK(run.left_to.arguments == std::vector<u64>{bench.g0().sched().address().value});
}

TEST_CASE("A goroutine that parks waits before what it waits for is unlocked") {
  SchedBench bench(19);
  const G gp = bench.running();
  const Addr funcval = bench.allocate(8);
  bench.store<Addr>(funcval, bench.define("runtime.parkunlock_c"));
  bench.m0().waitunlockf() = funcval;
  bench.native("runtime.parkunlock_c", [&](const auto&) {
    CHECK(gp.atomicstatus() == sched::kGwaiting);
    return std::vector<u64>{1};
  });
  CHECK(bench.run(sched::park_m, gp).left_to.function == "runtime.schedule");
  CHECK(bench.m0().waitunlockf() == Addr());
}

TEST_CASE("A goroutine whose reason to park is gone goes on at once") {
  SchedBench bench(19);
  const G gp = bench.running();
  const Addr funcval = bench.allocate(8);
  bench.store<Addr>(funcval, bench.define("runtime.parkunlock_c"));
  bench.m0().waitunlockf() = funcval;
  bench.native("runtime.parkunlock_c", [](const auto&) { return std::vector<u64>{0}; });
  const auto run = bench.run(sched::park_m, gp);
  CHECK(run.left_to.function == "runtime.execute");
  CHECK(run.left_to.arguments == std::vector<u64>{gp.address().value, 1});
  CHECK(gp.atomicstatus() == sched::kGrunnable);
}

TEST_CASE("A bubble of synctest is not idle while one of its goroutines parks") {
  for (const int minor : {24, 25, 27}) {
    SchedBench bench(minor);
    const G gp = bench.running();
    const Addr bubble = bench.allocate(512);
    (minor >= 25 ? gp.bubble() : gp.syncGroup()) = bubble;
    const std::string type = minor >= 25 ? "synctestBubble" : "synctestGroup";
    std::vector<std::string> seen;
    for (const char* change : {"incActive", "decActive", "changegstatus"})
      bench.native("runtime.(*" + type + ")." + change, [&seen, &bubble, change](const auto& a) {
        CHECK(a.at(0) == bubble.value);
        seen.push_back(change);
        return std::vector<u64>{};
      });
    CHECK(bench.run(sched::park_m, gp).left_to.function == "runtime.schedule");
    CHECK(seen == std::vector<std::string>{"incActive", "changegstatus", "decActive"});
    CHECK(gp.atomicstatus() == sched::kGwaiting);
  }
}

TEST_CASE("Every eighth time off the CPU is measured, and filed when the goroutine runs again") {
  SchedBench bench(19);
  const G gp = bench.running();
  bench.run(sched::casgstatus, gp, sched::kGrunning, sched::kGrunnable);
  CHECK(gp.tracking());
  CHECK(gp.runnableStamp() == 1000);
  bench.native("runtime.nanotime1", [](const auto&) { return std::vector<u64>{1100}; });
  bench.run(sched::casgstatus, gp, sched::kGrunnable, sched::kGrunning);
  CHECK_FALSE(gp.tracking());
  // 100 ns have seven bits: bucket 3, and in it part 100 >> 2 modulo 16.
  CHECK(bench.views().sched().timeToRun().counts()[3 * 16 + 25 % 16] == 1);
  bench.run(sched::casgstatus, gp, sched::kGrunning, sched::kGrunnable);
  CHECK_FALSE(gp.tracking());
}
