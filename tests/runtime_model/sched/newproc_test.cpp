#include "runtime_model/sched/newproc.hpp"

#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using golang::G;
using tests::Bench;

namespace {

struct NewprocBench : Bench {
  explicit NewprocBench(int minor) : Bench(minor) {
    goexit = define("runtime.goexit");
    funcval = allocate(16);
    store<u64>(funcval, 0x401234);
    views().allgs().data() = allocate(8 * 64);
    views().allgs().cap() = 64;
    native("runtime.malg", [this](const auto&) {
      made.push_back(make_g());
      return std::vector<u64>{made.back().address().value};
    });
    native("runtime.saveAncestors", [](const auto&) { return std::vector<u64>{0}; });
    native("runtime.isSystemGoroutine",
           [this](const auto&) { return std::vector<u64>{system ? u64{1} : u64{0}}; });
    native("runtime.nanotime1", [](const auto&) { return std::vector<u64>{1000}; });
    native("runtime.wakep", [](const auto&) { return std::vector<u64>{}; });
  }
  G go() { return *run(sched::newproc1, funcval, g0(), Addr(0x405678)).result; }

  Addr goexit, funcval;
  std::vector<G> made;
  bool system = false;
};

}  // namespace

TEST_CASE("A new goroutine will start in its function and return into goexit") {
  NewprocBench bench(19);
  const G gp = bench.go();
  const u64 top = gp.stack().hi().get().value;
  CHECK(gp.sched().pc() == Addr(0x401234));
  CHECK(gp.sched().sp() == Addr(top - 40));
  CHECK(bench.load<Addr>(Addr(top - 40)) == bench.goexit + 1);
  CHECK(gp.sched().ctxt() == bench.funcval);
  CHECK(gp.stktopsp() == Addr(top - 32));
  CHECK(gp.startpc() == Addr(0x401234));
  CHECK(gp.gopc() == Addr(0x405678));
  CHECK(gp.atomicstatus() == sched::kGrunnable);
  CHECK(bench.m0().locks() == 0);
}

TEST_CASE("It is published in allgs, where the collector finds it, dead as it still is") {
  NewprocBench bench(19);
  const G gp = bench.go();
  CHECK(bench.views().allgs().len() == 1);
  CHECK(bench.views().allgs()[0] == gp);
  CHECK(bench.views().allglen() == 1);
  CHECK(bench.views().allgptr() == bench.views().allgs().data());
}

TEST_CASE("Goroutine ids come in batches of 16, and the first one is 1") {
  for (const int minor : {17, 19}) {
    NewprocBench bench(minor);
    for (u64 id = 1; id <= 15; ++id) CHECK(bench.go().goid() == static_cast<emulator::i64>(id));
    CHECK(bench.views().sched().goidgen() == 16);
    // Another P draws its own batch, and this one goes on with what it has.
    const auto other = bench.make_p();
    bench.m0().p() = other;
    CHECK(bench.go().goid() == 17);
    bench.m0().p() = bench.p0();
    CHECK(bench.go().goid() == 16);
    CHECK(bench.go().goid() == 33);
    CHECK(bench.views().sched().goidgen() == 48);
    CHECK(bench.p0().goidcache() == 34);
    CHECK(bench.p0().goidcacheend() == 49);
  }
}

TEST_CASE("A goroutine of the runtime itself is counted apart") {
  NewprocBench bench(19);
  bench.go();
  CHECK(bench.views().sched().ngsys() == 0);
  bench.system = true;
  bench.go();
  CHECK(bench.views().sched().ngsys() == 1);
}

TEST_CASE("newproc lets it run next, and wakes a P only when main has started") {
  NewprocBench bench(19);
  const auto quiet = bench.run(sched::newproc, bench.funcval);
  CHECK(bench.p0().runnext() == bench.made.back());
  CHECK(quiet.calls.back().function != "runtime.wakep");
  bench.views().mainStarted() = true;
  const auto loud = bench.run(sched::newproc, bench.funcval);
  CHECK(loud.calls.back().function == "runtime.wakep");
  CHECK(bench.p0().runnext() == bench.made.back());
  CHECK(bench.p0().runq(0) == bench.made.front());
}

TEST_CASE("While the collector marks, newproc is left to the real code") {
  NewprocBench bench(19);
  bench.views().writeBarrier().enabled() = true;
  const auto run = bench.run(sched::newproc, bench.funcval);
  CHECK(run.left == model::Request::Kind::decline);
  CHECK(run.steps().empty());
}
