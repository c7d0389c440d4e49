// Ms and Ps that come together and part, and those that are idle, on a bare address space.
#include "runtime_model/thread/idle.hpp"

#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/note.hpp"
#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using model::kPidle;
using model::kPrunning;
using model::Request;

namespace {

/// A release before the idle lists knew of the time.
class ThreadBench : public tests::Bench {
 public:
  ThreadBench() : Bench(17) {
    for (const auto& mask : {views().idlepMask(), views().timerpMask()}) {
      mask.data() = allocate(4);
      mask.len() = 1;
    }
    define("runtime.futex");
  }
  u64 idle_bits() { return views().idlepMask(0); }
};

}  // namespace

TEST_CASE("The P that became idle last is taken first") {
  ThreadBench bench;
  const auto p1 = bench.make_p(), p2 = bench.make_p();
  p1.id() = 1, p2.id() = 2;
  bench.run(thread::pidleput, p1, i64{1});
  bench.run(thread::pidleput, p2, i64{1});
  CHECK(bench.views().sched().npidle() == 2);
  CHECK(bench.idle_bits() == 0b110);
  for (const auto& expected : {p2, p1}) {
    const auto run = bench.run(thread::pidleget, i64{1});
    CHECK(std::get<0>(*run.result).address() == expected.address());
  }
  CHECK(bench.views().sched().npidle() == 0);
  CHECK(bench.idle_bits() == 0);
  CHECK(std::get<0>(*bench.run(thread::pidleget, i64{1}).result).address() == Addr());
}

TEST_CASE("An M and a P that come together point to each other, and no longer when they part") {
  ThreadBench bench;
  bench.p0().m() = bench.m0();
  bench.p0().status() = kPrunning;
  const auto released = bench.run(thread::releasep);
  CHECK(released.result->address() == bench.p0().address());
  CHECK(bench.p0().status() == kPidle);
  CHECK_FALSE(bench.m0().p());
  CHECK_FALSE(bench.p0().m());
  bench.run(thread::wirep, bench.p0());
  CHECK(bench.p0().status() == kPrunning);
  CHECK(bench.m0().p() == bench.p0().address());
  CHECK(bench.p0().m() == bench.m0().address());
}

TEST_CASE("A P that runs already is not taken twice: Go throws") {
  ThreadBench bench;
  bench.m0().p() = Addr();
  CHECK_THROWS_AS(bench.run(thread::wirep, bench.p0()), model::Thrown);
}

TEST_CASE("Waking sets the note and asks the kernel once; a second time is an error") {
  ThreadBench bench;
  bench.native("runtime.futex", [](const auto&) { return std::vector<u64>{1}; });
  const auto note = bench.m0().park();
  const auto run = bench.run(thread::notewakeup, note);
  REQUIRE(run.calls.size() == 1);
  CHECK(run.calls[0].function == "runtime.futex");
  CHECK(run.calls[0].arguments[0] == note.key().address().value);
  CHECK(run.calls[0].arguments[1] == (1 | 128));  // FUTEX_WAKE of this process's threads
  CHECK(note.key() == 1);
  CHECK_THROWS_AS(bench.run(thread::notewakeup, note), model::Thrown);
}

TEST_CASE("Who comes to a note that is set does not sleep; who comes before it is set, parks") {
  ThreadBench bench;
  const auto note = bench.m0().park();
  const auto sleeps = bench.run(thread::notesleep, note);
  CHECK(sleeps.left == Request::Kind::park);
  CHECK(sleeps.left_to.function == "runtime.futexsleep");
  CHECK(bench.m0().blocked());
  bench.m0().blocked() = false;
  note.key() = 1;
  const auto passes = bench.run(thread::notesleep, note);
  CHECK(passes.left == Request::Kind::none);
  CHECK(passes.steps().empty());
}

TEST_CASE("From go1.26 on an M can be taken out of the middle of the idle ones") {
  tests::Bench bench(26);
  bench.native("runtime.checkdead", [](const auto&) { return std::vector<u64>{}; });
  std::vector<golang::M> ms;
  for (int i = 0; i < 3; ++i) {
    ms.push_back(bench.views().m(bench.allocate(2048)));
    bench.run(thread::mput, ms.back());
  }
  CHECK(bench.views().sched().nmidle() == 3);
  CHECK(*bench.run(thread::mgetSpecific, ms[1]).result == ms[1]);
  CHECK(bench.views().sched().nmidle() == 2);
  CHECK_FALSE(*bench.run(thread::mgetSpecific, ms[1]).result);  // not idle any more
  CHECK(*bench.run(thread::mget).result == ms[2]);
  CHECK(*bench.run(thread::mget).result == ms[0]);
  CHECK_FALSE(*bench.run(thread::mget).result);
}
