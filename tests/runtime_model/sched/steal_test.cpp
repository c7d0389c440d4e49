#include "runtime_model/sched/steal.hpp"

#include <numeric>

#include "runtime_model/sched/random.hpp"
#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using golang::G;
using golang::P;
using tests::Bench;

namespace {

/// A bench with `count` Ps, none of them idle.
struct StealBench : Bench {
  StealBench(int minor, u32 count) : Bench(minor) {
    for (u32 i = 1; i < count; ++i) views().allp(i) = make_p();
    views().allp().len() = count;
    const auto order = views().stealOrder();
    order.count() = count;
    order.coprimes().data() = allocate(4 * 64);
    for (u32 i = 1; i <= count; ++i)
      if (std::gcd(i, count) == 1) {
        order.coprimes(order.coprimes().len().get()) = i;
        order.coprimes().len() += 1;
      }
    views().idlepMask().data() = allocate(64);
    views().timerpMask().data() = allocate(64);
    native("runtime.usleep", [this](const auto& a) {
      slept.push_back(a.at(0));
      return std::vector<u64>{};
    });
  }
  P p(u32 i) const { return views().allp(i); }
  std::vector<G> fill(const P& pp, u32 count) {
    std::vector<G> out;
    for (u32 i = 0; i < count; ++i) {
      out.push_back(make_g());
      pp.runq((pp.runqtail() + i) % sched::kRing) = out.back();
    }
    pp.runqtail() += count;
    return out;
  }
  std::vector<u32> order(u32 random) {
    model::LiveMemory live(memory());
    model::Runtime rt(guest(), live, {});
    std::vector<u32> out;
    for (sched::StealOrder o(rt, random); !o.done(); o.next()) out.push_back(o.position());
    return out;
  }
  std::vector<u64> slept;
};

}  // namespace

TEST_CASE("The order of a round follows from its random number") {
  StealBench bench(19, 8);  // steps coprime with 8: 1, 3, 5, 7
  CHECK(bench.order(0) == std::vector<u32>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(bench.order(5) == std::vector<u32>{5, 6, 7, 0, 1, 2, 3, 4});
  CHECK(bench.order(8 + 2) == std::vector<u32>{2, 5, 0, 3, 6, 1, 4, 7});
  CHECK(bench.order(3 * 8 + 1) == std::vector<u32>{1, 0, 7, 6, 5, 4, 3, 2});
  CHECK(bench.order(4 * 8) == bench.order(0));
}

TEST_CASE("Up to go1.18 start and step came from the same number") {
  StealBench bench(17, 8);
  CHECK(bench.order(5) == std::vector<u32>{5, 0, 3, 6, 1, 4, 7, 2});
}

TEST_CASE("A thief takes the older half, rounded up, and runs the last of it") {
  StealBench bench(19, 2);
  const auto gs = bench.fill(bench.p(1), 5);
  const auto run = bench.run(sched::runqsteal, bench.p(0), bench.p(1), false);
  CHECK(*run.result == gs[2]);
  CHECK(bench.p(0).runqtail() == 2);
  CHECK(bench.p(0).runq(0) == gs[0]);
  CHECK(bench.p(0).runq(1) == gs[1]);
  CHECK(bench.p(1).runqhead() == 3);
}

TEST_CASE("The one that runs next is taken last, and after a moment if its P runs") {
  StealBench bench(19, 2);
  const G gp = bench.make_g();
  bench.p(1).runnext() = gp;
  bench.p(1).status() = 1;
  CHECK_FALSE(*bench.run(sched::runqsteal, bench.p(0), bench.p(1), false).result);
  CHECK(*bench.run(sched::runqsteal, bench.p(0), bench.p(1), true).result == gp);
  CHECK(bench.slept == std::vector<u64>{3});
  CHECK_FALSE(bench.p(1).runnext());
  CHECK(bench.p(0).runqtail() == 0);
}

TEST_CASE("A thief finds nothing when the victim ran it while the thief slept") {
  StealBench bench(19, 2);
  bench.p(1).runnext() = bench.make_g();
  bench.p(1).status() = 1;
  bench.native("runtime.usleep", [&](const auto&) {
    bench.p(1).runnext() = Addr();
    return std::vector<u64>{};
  });
  CHECK_FALSE(*bench.run(sched::runqsteal, bench.p(0), bench.p(1), true).result);
}

TEST_CASE("Four rounds pass over idle Ps and the own one, and come back with nothing") {
  StealBench bench(19, 4);
  bench.views().idlepMask()[0] = 0b1000;
  bench.fill(bench.p(3), 4);
  const auto run = bench.run(sched::stealWork, i64{77});
  CHECK_FALSE(std::get<0>(*run.result));
  CHECK(std::get<2>(*run.result) == 77);
  CHECK(run.steps().size() == 4);  // a random number for each round
}

TEST_CASE("Timers of other Ps are looked at in the last round only, before those that run next") {
  StealBench bench(19, 2);
  bench.views().timerpMask()[0] = 0b10;
  const G gp = bench.make_g();
  bench.p(1).runnext() = gp;
  unsigned asked = 0;
  bench.native("runtime.checkTimers", [&](const auto& a) {
    ++asked;
    CHECK(a.at(0) == bench.p(1).address().value);
    CHECK(bench.p(1).runnext() == gp);
    return std::vector<u64>{500, 900, 0};
  });
  const auto run = bench.run(sched::stealWork, i64{0});
  CHECK(asked == 1);
  CHECK(std::get<0>(*run.result) == gp);
  CHECK(std::get<2>(*run.result) == 500);
  CHECK(std::get<3>(*run.result) == 900);
}

TEST_CASE("A world that is about to stop ends the search at once") {
  StealBench bench(19, 4);
  bench.views().sched().gcwaiting() = 1;
  CHECK(std::get<4>(*bench.run(sched::stealWork, i64{0}).result));
}
