#include "runtime_model/preempt/copystack.hpp"

#include "tests/runtime_model/preempt/preempt_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using tests::PreemptBench;

TEST_CASE("The part in use moves to the top of the new stack, and what led into it follows") {
  PreemptBench bench;
  bench.give_stack(2048, 600);
  const auto& gp = bench.gp;
  const Addr old_hi = gp.stack().hi(), old_lo = gp.stack().lo();
  bench.store<u64>(old_hi - 600, 0x1111), bench.store<u64>(old_hi - 8, 0x2222);
  const auto deferred = bench.views().at<golang::Defer>(bench.allocate(128));
  deferred.sp() = old_hi - 96;
  deferred.fn() = Addr(0x401234);
  gp._defer() = deferred.address();
  gp._panic() = old_hi - 200;
  gp.sched().bp() = old_hi - 560;
  gp.sched().ctxt() = Addr(0xc0000040);
  gp.stktopsp() = old_hi - 32;
  bench.run(preempt::copystack, gp, 4096);
  const Addr hi = gp.stack().hi();
  CHECK(hi - gp.stack().lo().get() == 4096);
  CHECK(gp.stackguard0() == gp.stack().lo().get() + 928);
  CHECK(gp.sched().sp() == hi - 600);
  CHECK(bench.load<u64>(hi - 600) == 0x1111);
  CHECK(bench.load<u64>(hi - 8) == 0x2222);
  CHECK(deferred.sp() == hi - 96);
  CHECK(deferred.fn() == Addr(0x401234));
  CHECK(gp._panic().get() == hi - 200);
  CHECK(gp.sched().bp() == hi - 560);
  CHECK(gp.sched().ctxt() == Addr(0xc0000040));
  CHECK(gp.stktopsp() == hi - 32);
  CHECK(bench.cached(0).front() == old_lo.value);
}

TEST_CASE("A stack shrinks when less than a quarter is in use, and never below 2 KiB") {
  struct Case {
    u64 size, used;
    bool shrinks;
  };
  // 800 bytes are for functions that do not check: 8192/4 = 2048 = 1248 + 800.
  for (const auto& [size, used, shrinks] :
       {Case{8192, 1247, true}, Case{8192, 1248, false}, Case{2048, 8, false}}) {
    PreemptBench bench;
    bench.give_stack(size, used);
    u64 asked = 0;
    bench.native("runtime.copystack", [&](const std::vector<u64>& a) {
      asked = a.at(1);
      return std::vector<u64>{};
    });
    bench.run(preempt::shrinkstack, bench.gp);
    CHECK(asked == (shrinks ? size / 2 : 0));
  }
}

TEST_CASE("What a channel may deliver into the stack moves while the channel is locked") {
  PreemptBench bench;
  bench.give_stack(4096, 600);
  const auto& gp = bench.gp;
  const Addr old_hi = gp.stack().hi();
  const auto channel = bench.views().at<golang::Hchan>(bench.allocate(128));
  channel.elemsize() = 8;
  // A select that names the channel twice: it is locked once.
  std::vector<golang::Sudog> slots;
  for (const u64 below : {500, 400}) {
    slots.push_back(bench.views().sudog(bench.allocate(128)));
    slots.back().elem() = old_hi - below;
    slots.back().c() = channel;
  }
  slots[0].waitlink() = slots[1];
  gp.waiting() = slots[0];
  gp.activeStackChans() = true;
  for (const u64 below : {600, 400, 8}) bench.store<u64>(old_hi - below, below);
  const auto run = bench.run(preempt::copystack, gp, 2048);
  const Addr hi = gp.stack().hi();
  for (const u64 below : {600, 400, 8}) CHECK(bench.load<u64>(hi - below) == below);
  CHECK(slots[0].elem() == hi - 500);
  CHECK(slots[1].elem() == hi - 400);
  unsigned locked = 0;
  for (const auto& c : run.calls)
    if (c.function == "runtime.lock2" && c.arguments.at(0) == channel.lock().address().value)
      ++locked;
  CHECK(locked == 1);
}
