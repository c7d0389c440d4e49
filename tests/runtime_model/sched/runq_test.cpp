#include "runtime_model/sched/runq.hpp"

#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::i32;
using emulator::u32;
using golang::G;
using tests::Bench;

namespace {

std::vector<G> put(Bench& bench, unsigned count, bool next = false) {
  std::vector<G> out;
  for (unsigned i = 0; i < count; ++i) {
    out.push_back(bench.make_g());
    bench.run(sched::runqput, bench.p0(), out.back(), next);
  }
  return out;
}

std::vector<G> global_queue(const Bench& bench) {
  std::vector<G> out;
  for (G gp = bench.views().sched().runq().head(); gp; gp = gp.schedlink()) out.push_back(gp);
  return out;
}

/// runqget's answer, without the coroutine.
std::pair<G, bool> get(Bench& bench) {
  const auto run = bench.run(sched::runqget, bench.p0());
  return {std::get<0>(*run.result), std::get<1>(*run.result)};
}

}  // namespace

TEST_CASE("The goroutine that was readied last runs next; the one before it goes to the ring") {
  Bench bench(19);
  const auto gs = put(bench, 2, true);
  CHECK(bench.p0().runnext() == gs[1]);
  CHECK(bench.p0().runqtail() == 1);
  CHECK(get(bench) == std::pair(gs[1], true));
  CHECK(get(bench) == std::pair(gs[0], false));
  CHECK_FALSE(get(bench).first);
}

TEST_CASE("A ring is first in, first out, and goes round at 256") {
  Bench bench(19);
  bench.p0().runqhead() = 255, bench.p0().runqtail() = 255;
  const auto gs = put(bench, 3);
  CHECK(bench.p0().runq(255) == gs[0]);
  CHECK(bench.p0().runq(0) == gs[1]);
  for (const G& gp : gs) CHECK(get(bench).first == gp);
}

TEST_CASE("The 257th goroutine takes half of the ring along to the global queue") {
  for (const int minor : {17, 19}) {
    Bench bench(minor);
    auto gs = put(bench, 256);
    CHECK(bench.views().sched().runqsize() == 0);
    gs.push_back(bench.make_g());
    const auto run = bench.run(sched::runqput, bench.p0(), gs.back(), false);
    CHECK(run.ids() == std::vector<std::string>{"runqputslow/take-half", "runqputslow/global"});
    CHECK(run.calls.front().function == "runtime.lock2");
    CHECK(bench.p0().runqtail() - bench.p0().runqhead() == 128);
    CHECK(bench.views().sched().runqsize() == 129);
    std::vector<G> moved(gs.begin(), gs.begin() + 128);
    moved.push_back(gs.back());
    CHECK(global_queue(bench) == moved);
    CHECK(bench.views().sched().runq().tail() == gs.back());
    CHECK(get(bench).first == gs[128]);
  }
}

TEST_CASE("A share of the global queue is its size by the number of Ps and one more") {
  Bench bench(19);
  const auto gs = put(bench, 257);
  bench.p0().runqhead() = bench.p0().runqtail();
  bench.views().gomaxprocs() = 4;
  const auto run = bench.run(sched::globrunqget, bench.p0(), 0);
  CHECK(*run.result == gs[0]);
  CHECK(bench.p0().runqtail() - bench.p0().runqhead() == 129 / 4 + 1 - 1);
  CHECK(bench.views().sched().runqsize() == 129 - (129 / 4 + 1));
  CHECK(get(bench).first == gs[1]);
  // A limit of one, as on each 61st tick, leaves the ring alone.
  const auto tail = bench.p0().runqtail().get();
  CHECK(bench.run(sched::globrunqget, bench.p0(), 1).result.has_value());
  CHECK(bench.p0().runqtail() == tail);
}

TEST_CASE("A share is never more than half a ring") {
  Bench bench(19);
  put(bench, 256 + 1);
  put(bench, 128 + 1);
  bench.p0().runqhead() = bench.p0().runqtail();
  bench.views().gomaxprocs() = 1;
  CHECK(bench.views().sched().runqsize() == 258);
  bench.run(sched::globrunqget, bench.p0(), 0);
  CHECK(bench.views().sched().runqsize() == 258 - 128);
}

TEST_CASE("From go1.25 on a queue knows its length, and a share is queued when the lock is free") {
  Bench bench(25);
  const auto runq = bench.views().sched().runq();
  bench.views().gomaxprocs() = 2;
  std::vector<G> gs;
  for (int i = 0; i < 5; ++i) {
    gs.push_back(bench.make_g());
    sched::push_back(runq, gs.back());
  }
  CHECK(runq.size() == 5);
  const auto run = bench.run(sched::globrunqgetbatch, i32{128});
  const auto& [first, head, tail, size] = *run.result;
  CHECK(first == gs[0]);
  CHECK(head == gs[1].address());
  CHECK(tail == gs[2].address());
  CHECK(size == 2);
  CHECK(runq.size() == 2);
  bench.run(sched::runqputbatch, bench.p0(), sched::LocalQueue{head, tail, size});
  CHECK(bench.p0().runqtail() == 2);
  CHECK(bench.p0().runq(1) == gs[2]);
}
