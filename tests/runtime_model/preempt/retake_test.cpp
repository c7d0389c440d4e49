#include "runtime_model/preempt/retake.hpp"

#include "tests/runtime_model/preempt/preempt_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::i64;
using emulator::u64;
using tests::PreemptBench;

namespace {

constexpr i64 kMillisecond = 1'000'000;

/// sysmon on an m of its own, without a P.
struct SysmonBench : PreemptBench {
  SysmonBench() {
    const auto monitor = views().m(allocate(2048));
    const auto g = make_g();
    g.m() = monitor;
    monitor.g0() = g;
    set_g(g);
    for (const char* name : {"runtime.signalM", "runtime.handoffp", "runtime.incidlelocked"})
      native(name, [](const std::vector<u64>&) { return std::vector<u64>{}; });
    m0().g0() = make_g();
  }
  bool signalled(const std::vector<tests::NativeCall>& calls) const {
    for (const auto& c : calls)
      if (c.function == "runtime.signalM") return true;
    return false;
  }
};

}  // namespace

TEST_CASE("A goroutine has 10 ms from the first look that finds it, then it is asked to give way") {
  SysmonBench bench;
  bench.p0().schedtick() = 5;
  bench.run(preempt::retake, kMillisecond);
  CHECK(bench.p0().sysmontick().schedtick() == 5);
  bench.run(preempt::retake, 11 * kMillisecond - 1);
  CHECK_FALSE(bench.gp.preempt());
  const auto run = bench.run(preempt::retake, 11 * kMillisecond);
  CHECK(bench.gp.preempt());
  CHECK(bench.gp.stackguard0() == preempt::kStackPreempt);
  CHECK(bench.p0().preempt());
  CHECK(bench.signalled(run.calls));
  CHECK(*run.result == 0);
}

TEST_CASE("A new goroutine has its own 10 ms") {
  SysmonBench bench;
  bench.p0().schedtick() = 5;
  bench.run(preempt::retake, kMillisecond);
  bench.p0().schedtick() = 6;
  bench.run(preempt::retake, 20 * kMillisecond);
  CHECK_FALSE(bench.gp.preempt());
}

TEST_CASE("No second signal is sent while one is on its way") {
  SysmonBench bench;
  CHECK(bench.signalled(bench.run(preempt::preemptone, bench.p0()).calls));
  CHECK(bench.m0().signalPending() == 1);
  CHECK_FALSE(bench.signalled(bench.run(preempt::preemptone, bench.p0()).calls));
}

TEST_CASE("Nobody is asked on a P whose M is in the scheduler, or that has none") {
  SysmonBench bench;
  bench.m0().curg() = Addr();
  CHECK_FALSE(*bench.run(preempt::preemptone, bench.p0()).result);
  bench.p0().m() = Addr();
  CHECK_FALSE(*bench.run(preempt::preemptone, bench.p0()).result);
}

TEST_CASE("A P in a system call is taken at the second look if it has work, and handed on") {
  SysmonBench bench;
  bench.p0().status() = preempt::kPsyscall;
  bench.p0().syscalltick() = 3;
  bench.p0().runqtail() = 1;
  CHECK(*bench.run(preempt::retake, kMillisecond).result == 0);
  const auto run = bench.run(preempt::retake, 2 * kMillisecond);
  CHECK(*run.result == 1);
  CHECK(bench.p0().status() == preempt::kPidle);
  CHECK(bench.p0().syscalltick() == 4);
  CHECK(run.calls.at(3).function == "runtime.handoffp");
}

TEST_CASE("A P in a system call without work stays there while others idle, up to 10 ms") {
  SysmonBench bench;
  bench.views().sched().npidle() = 1;
  bench.p0().status() = preempt::kPsyscall;
  bench.p0().syscalltick() = 3;
  bench.run(preempt::retake, kMillisecond);
  CHECK(*bench.run(preempt::retake, 10 * kMillisecond).result == 0);
  CHECK(*bench.run(preempt::retake, 11 * kMillisecond).result == 1);
}
