#include "runtime_model/preempt/async.hpp"

#include "tests/runtime_model/preempt/preempt_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using tests::PreemptBench;

namespace {

/// A signal frame that interrupted the goroutine at 0x401500.
struct SignalBench : PreemptBench {
  explicit SignalBench(bool safe) {
    give_stack(8192, 256);
    preempt_at = define("runtime.asyncPreempt");
    store<Addr>(context + 8, frame);
    store<Addr>(frame + 160, gp.sched().sp());
    store<u64>(frame + 168, 0x401500);
    gp.preempt() = true;
    m0().signalPending() = 1;
    native("runtime.isAsyncSafePoint", [safe](const std::vector<u64>&) {
      return std::vector<u64>{safe ? u64{1} : u64{0}, safe ? u64{0x4014f8} : u64{0}};
    });
  }
  const Addr context = allocate(16), frame = allocate(512);
  Addr preempt_at;
};

}  // namespace

TEST_CASE("At a safe point the handler pushes a call of asyncPreempt onto the goroutine's stack") {
  SignalBench bench(true);
  const Addr sp = bench.gp.sched().sp();
  bench.run(preempt::doSigPreempt, bench.gp, bench.context);
  CHECK(bench.load<Addr>(bench.frame + 160) == sp - 8);
  CHECK(bench.load<Addr>(bench.frame + 168) == bench.preempt_at);
  CHECK(bench.load<u64>(sp - 8) == 0x4014f8);
  CHECK(bench.m0().preemptGen() == 1);
  CHECK(bench.m0().signalPending() == 0);
}

TEST_CASE("At an unsafe point, or when nothing was asked, the signal is only acknowledged") {
  for (const bool asked : {true, false}) {
    SignalBench bench(!asked);
    bench.gp.preempt() = asked;
    const auto run = bench.run(preempt::doSigPreempt, bench.gp, bench.context);
    CHECK(bench.load<u64>(bench.frame + 168) == 0x401500);
    CHECK(bench.m0().preemptGen() == 1);
    CHECK(run.calls.size() == (asked ? 1 : 0));
  }
}

TEST_CASE("The scheduler, an M that holds a lock and a stack that is nearly full are not safe") {
  SignalBench bench(true);
  bench.views().asyncPreemptStack() = 600;
  const Addr sp = bench.gp.sched().sp(), lo = bench.gp.stack().lo();
  const Addr pc = bench.preempt_at;
  const auto decided = [&](Addr at) {
    return bench.run(preempt::isAsyncSafePoint, bench.gp, pc, at, Addr()).result.has_value();
  };
  CHECK_FALSE(decided(sp));  // the function's tables have to be asked
  CHECK(decided(lo + 599));
  bench.m0().locks() = 1;
  CHECK(decided(sp));
  bench.m0().locks() = 0;
  bench.m0().curg() = Addr();
  CHECK(decided(sp));
}
