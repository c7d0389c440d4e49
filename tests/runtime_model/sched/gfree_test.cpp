#include "runtime_model/sched/gfree.hpp"

#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u64;
using golang::G;
using tests::Bench;

namespace {

struct FreeBench : Bench {
  explicit FreeBench(int minor) : Bench(minor) {
    if (views().startingStackSize().exists()) views().startingStackSize() = 2048;
    native("runtime.stackfree", [this](const std::vector<u64>& a) {
      freed.push_back(a.at(0));
      return std::vector<u64>{};
    });
    native("runtime.stackalloc", [this](const std::vector<u64>& a) {
      const Addr lo = allocate(a.at(0));
      return std::vector<u64>{lo.value, lo.value + a.at(0)};
    });
  }
  G dead(u64 stack = 2048) {
    const G gp = make_g(stack);
    gp.atomicstatus() = sched::kGdead;
    return gp;
  }
  std::vector<u64> freed;
};

u64 length(const golang::GList& list) {
  u64 n = 0;
  for (G gp = list.head(); gp; gp = gp.schedlink()) ++n;
  return n;
}

}  // namespace

TEST_CASE("The goroutine that ended last is used again first") {
  FreeBench bench(19);
  const G first = bench.dead(), last = bench.dead();
  bench.run(sched::gfput, bench.p0(), first);
  bench.run(sched::gfput, bench.p0(), last);
  CHECK(*bench.run(sched::gfget, bench.p0()).result == last);
  CHECK(*bench.run(sched::gfget, bench.p0()).result == first);
  CHECK(bench.p0().gFree_n() == 0);
  CHECK_FALSE(*bench.run(sched::gfget, bench.p0()).result);
}

TEST_CASE("The 64th dead goroutine makes a P keep 31 and give 33 to all") {
  for (const int minor : {17, 18, 19}) {
    FreeBench bench(minor);
    for (unsigned i = 0; i < 63; ++i)
      bench.run(sched::gfput, bench.p0(), bench.dead(i % 9 == 0 ? 4096 : 2048));
    CHECK(bench.p0().gFree_n() == 63);
    const auto run = bench.run(sched::gfput, bench.p0(), bench.dead());
    CHECK(run.ids() == std::vector<std::string>{"gfput/keep", "gfput/spill", "gfput/share"});
    CHECK(bench.p0().gFree_n() == 31);
    CHECK(length(bench.p0().gFree()) == 31);
    const auto all = bench.views().sched().gFree();
    CHECK(all.n() == 33);
    // Numbers 31 to 62 and the 64th went: three of them had had a larger stack.
    CHECK(length(all.noStack()) == 3);
    CHECK(length(all.stack()) == 30);
    CHECK(bench.freed.size() == 7);
  }
}

TEST_CASE("A stack that grew is given back, and the goroutine waits without one") {
  FreeBench bench(19);
  const G gp = bench.dead(8192);
  const u64 stack = gp.stack().lo().get().value;
  bench.run(sched::gfput, bench.p0(), gp);
  CHECK(bench.freed == std::vector<u64>{stack});
  CHECK(gp.stack().hi() == Addr());
  CHECK(gp.stackguard0() == Addr());
  const auto run = bench.run(sched::gfget, bench.p0());
  CHECK(run.ids() == std::vector<std::string>{"gfget/reuse", "gfget/stack", "gfget/guard"});
  CHECK(gp.stack().hi().get() - gp.stack().lo().get() == 2048);
  CHECK(gp.stackguard0() == gp.stack().lo().get() + 928);
}

TEST_CASE("A P without dead goroutines takes up to 32 from all, those with a stack first") {
  FreeBench bench(19);
  const auto all = bench.views().sched().gFree();
  const auto share = [&](const golang::GList& list, u64 stack) {
    const G gp = bench.dead(stack);
    gp.schedlink() = list.head();
    list.head() = gp;
    all.n() += 1;
  };
  for (int i = 0; i < 30; ++i) share(all.stack(), 2048);
  for (int i = 0; i < 10; ++i) share(all.noStack(), 0);
  const auto run = bench.run(sched::gfget, bench.p0());
  CHECK(run.ids().front() == "gfget/refill");
  CHECK(bench.p0().gFree_n() == 31);
  CHECK(all.n() == 8);
  CHECK_FALSE(all.stack().head());
  CHECK(length(all.noStack()) == 8);
}

TEST_CASE("From go1.19 on a kept stack is exchanged when the size of first stacks has changed") {
  FreeBench bench(19);
  const G gp = bench.dead();
  bench.run(sched::gfput, bench.p0(), gp);
  bench.views().startingStackSize() = 4096;
  const auto run = bench.run(sched::gfget, bench.p0());
  CHECK(bench.freed.size() == 1);
  CHECK(gp.stack().hi().get() - gp.stack().lo().get() == 4096);
}
