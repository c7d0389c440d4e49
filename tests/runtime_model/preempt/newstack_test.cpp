#include "runtime_model/preempt/newstack.hpp"

#include "runtime_model/preempt/yield.hpp"
#include "tests/runtime_model/preempt/preempt_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using tests::PreemptBench;
using Kind = model::Request::Kind;

namespace {

/// newstack with real code that reports what copystack is asked for.
struct Growth {
  explicit Growth(u64 size, u64 used, emulator::i32 deepest = -1) {
    bench.give_stack(size, used);
    bench.native("runtime.copystack", [this](const std::vector<u64>& a) {
      asked = a.at(1);
      status = bench.gp.atomicstatus();
      return std::vector<u64>{};
    });
    if (deepest < 0) return;
    bench.native("runtime.findfunc", [](const std::vector<u64>&) {
      return std::vector<u64>{0x1000, 0x2000};
    });
    bench.native("runtime.funcMaxSPDelta", [deepest](const std::vector<u64>&) {
      return std::vector<u64>{static_cast<u64>(deepest)};
    });
  }
  PreemptBench bench;
  u64 asked = 0;
  emulator::u32 status = 0;
};

}  // namespace

TEST_CASE("A stack that is used up is doubled, and the function begins again") {
  Growth growth(2048, 1200);
  const auto run = growth.bench.run(preempt::newstack);
  CHECK(growth.asked == 4096);
  CHECK(growth.status == sched::kGcopystack);
  CHECK(growth.bench.gp.atomicstatus() == sched::kGrunning);
  CHECK(run.left == Kind::jump);
  CHECK(run.left_to.function == "runtime.gogo");
  CHECK(run.left_to.arguments == std::vector<u64>{growth.bench.gp.sched().address().value});
  CHECK_FALSE(growth.bench.m0().morebuf().g());
}

TEST_CASE("It is doubled until the frame of the function that asks fits, with the guard") {
  // 8192 - 1200 is just enough for 928 bytes and a frame of 6064; one byte more is not.
  for (const int extra : {0, 1}) {
    Growth growth(2048, 1200, 6064 + extra);
    growth.bench.run(preempt::newstack);
    CHECK(growth.asked == (extra == 0 ? 8192 : 16384));
  }
}

TEST_CASE("A stack at its limit is left to the real code, which says so") {
  Growth growth(2048, 1200);
  growth.bench.views().maxstacksize() = 4000;
  CHECK(growth.bench.run(preempt::newstack).left == Kind::decline);
  CHECK(growth.bench.m0().morebuf().g() == growth.bench.gp);
}

TEST_CASE("A goroutine that is asked to gives way, unless its M holds something") {
  PreemptBench bench;
  bench.give_stack(2048, 100);
  const auto ask = [&] {
    bench.gp.stackguard0() = preempt::kStackPreempt;
    bench.m0().morebuf().g() = bench.gp;
    return bench.run(preempt::newstack).left_to.function;
  };
  CHECK(ask() == "runtime.gopreempt_m");
  bench.gp.preemptStop() = true;
  CHECK(ask() == "runtime.preemptPark");
  bench.m0().locks() = 1;
  CHECK(ask() == "runtime.gogo");
  CHECK(bench.gp.stackguard0() == bench.gp.stack().lo().get() + 928);
  bench.m0().locks() = 0, bench.m0().mallocing() = 1;
  CHECK(ask() == "runtime.gogo");
  bench.m0().mallocing() = 0, bench.p0().status() = preempt::kPidle;
  CHECK(ask() == "runtime.gogo");
}

TEST_CASE("A shrink that was put off is done before the goroutine gives way") {
  PreemptBench bench;
  bench.give_stack(8192, 100);
  bench.native("runtime.shrinkstack", [](const std::vector<u64>&) { return std::vector<u64>{}; });
  bench.gp.stackguard0() = preempt::kStackPreempt;
  bench.gp.preemptShrink() = true;
  const auto run = bench.run(preempt::newstack);
  CHECK(run.calls.at(0).function == "runtime.shrinkstack");
  CHECK_FALSE(bench.gp.preemptShrink());
}

TEST_CASE("Who gives way goes to the end of the global queue, and the M is free") {
  PreemptBench bench;
  const auto waiting = bench.make_g();
  bench.views().sched().runq().head() = waiting;
  bench.views().sched().runq().tail() = waiting;
  bench.views().sched().runqsize() = 1;
  const auto run = bench.run(preempt::goschedImpl, bench.gp, false);
  CHECK(run.left_to.function == "runtime.schedule");
  CHECK(bench.gp.atomicstatus() == sched::kGrunnable);
  CHECK_FALSE(bench.m0().curg());
  CHECK_FALSE(bench.gp.m());
  CHECK(waiting.schedlink() == bench.gp);
  CHECK(bench.views().sched().runq().tail() == bench.gp);
  CHECK(bench.views().sched().runqsize() == 2);
}

TEST_CASE("Who is stopped waits in no queue") {
  PreemptBench bench;
  const auto run = bench.run(preempt::preemptPark, bench.gp);
  CHECK(run.left_to.function == "runtime.schedule");
  CHECK(bench.gp.atomicstatus() == sched::kGpreempted);
  CHECK_FALSE(bench.views().sched().runq().head());
}
