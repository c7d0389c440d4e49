#include "runtime_model/stack/stackfree.hpp"

#include "tests/runtime_model/stack/stack_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::u32;
using emulator::u64;
using model::Stack;
using tests::StackBench;

namespace {

constexpr u32 kGcMark = 1;

std::vector<Stack> allocate(StackBench& bench, unsigned count, u32 size) {
  std::vector<Stack> out;
  for (unsigned i = 0; i < count; ++i) out.push_back(*bench.run(stack::stackalloc, size).result);
  return out;
}

}  // namespace

TEST_CASE("A freed stack is the next one to be given out") {
  StackBench bench(19);
  const auto stacks = allocate(bench, 3, 4096);
  bench.run(stack::stackfree, stacks[1]);
  CHECK(bench.cached(1).front() == stacks[1].lo.value);
  CHECK(bench.run(stack::stackalloc, 4096).result->lo == stacks[1].lo);
}

TEST_CASE("A cache that holds 32 KiB gives half to the pool before it takes one more") {
  StackBench bench(19);
  // Sixteen in use and a cache that has just been refilled with eight: 32 KiB after eight frees.
  const auto stacks = allocate(bench, 17, 2048);
  for (unsigned i = 0; i < 9; ++i) bench.run(stack::stackfree, stacks[i]);
  CHECK(bench.cache(0).size() == 32768);
  const auto before = bench.cached(0);
  const auto run = bench.run(stack::stackfree, stacks[9]);
  CHECK(run.ids().back() == "stackfree/to-cache");
  CHECK(bench.cache(0).size() == 16384 + 2048);
  auto kept = bench.cached(0);
  CHECK(kept.front() == stacks[9].lo.value);
  kept.erase(kept.begin());
  CHECK(kept == std::vector<u64>(before.begin() + 8, before.end()));
  // The last one that was given back is the first that the pool gives out.
  bench.m0().p() = emulator::Addr();
  CHECK(bench.run(stack::stackalloc, 2048).result->lo.value == before[7]);
}

TEST_CASE("A span without a stack in use goes back to the heap, but not while a GC runs") {
  for (const bool gc : {false, true}) {
    StackBench bench(19);
    bench.m0().p() = emulator::Addr();
    const auto stacks = allocate(bench, 2, 16384);
    CHECK_FALSE(bench.pool(3).first());
    if (gc) bench.views().gcphase() = kGcMark;
    bench.run(stack::stackfree, stacks[0]);
    CHECK(bench.pool(3).first() == bench.span(0));
    CHECK(bench.freed.empty());
    bench.run(stack::stackfree, stacks[1]);
    CHECK(bench.span(0).allocCount() == 0);
    CHECK(bench.freed.size() == (gc ? 0 : 1));
    CHECK(static_cast<bool>(bench.pool(3).first()) == gc);
    CHECK((bench.span(0).manualFreeList() == emulator::Addr()) == !gc);
  }
}

TEST_CASE("A large stack goes back to the heap at once, or waits for the end of the GC cycle") {
  StackBench bench(19);
  const auto stacks = allocate(bench, 2, 65536);
  bench.run(stack::stackfree, stacks[0]);
  CHECK(bench.freed == std::vector{bench.span(0).address()});
  bench.views().gcphase() = kGcMark;
  const auto run = bench.run(stack::stackfree, stacks[1]);
  CHECK(run.ids() == std::vector<std::string>{"stackfree/large-kept"});
  CHECK(bench.freed.size() == 1);
  CHECK(bench.views().stackLarge().free(3).first() == bench.span(1));
  CHECK(bench.run(stack::stackalloc, 65536).result->lo == stacks[1].lo);
}

TEST_CASE("Clearing a cache gives the pool all of it, order by order") {
  StackBench bench(19);
  allocate(bench, 1, 2048), allocate(bench, 1, 8192);
  bench.run(stack::stackcache_clear, bench.p0().mcache().get());
  for (const unsigned order : {0u, 2u}) {
    CHECK(bench.cache(order).size() == 0);
    CHECK(bench.cached(order).empty());
    CHECK(bench.pool(order).first()->allocCount() == 1);
  }
}

TEST_CASE("Memory that is not a stack span's cannot be freed as one") {
  StackBench bench(19);
  const auto stacks = allocate(bench, 1, 32768);
  bench.span(0).state() = 1;  // mSpanInUse: Go objects
  CHECK_THROWS_AS(bench.run(stack::stackfree, stacks[0]), model::Thrown);
}
