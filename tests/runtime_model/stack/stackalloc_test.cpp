#include "runtime_model/stack/stackalloc.hpp"

#include "runtime_model/stack/stackinit.hpp"
#include "tests/runtime_model/stack/stack_bench.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::Addr;
using emulator::u32;
using emulator::u64;
using tests::StackBench;

namespace {

constexpr emulator::u64 kAllocManual = 1;

}  // namespace

TEST_CASE("The first small stack lies in the middle of a new span, and the next ones above it") {
  // The span's list begins with its last stack; refilling takes eight from the top and each goes in
  // front of those before, so that the cache begins with the eighth from the top.
  StackBench bench(19);
  for (const u64 offset : {0x4000, 0x4800, 0x5000, 0x5800, 0x6000, 0x6800, 0x7000, 0x7800}) {
    const auto run = bench.run(stack::stackalloc, 2048);
    CHECK(run.result->lo == bench.span(0).startAddr().get() + offset);
    CHECK(run.result->hi - run.result->lo == 2048);
  }
  CHECK(bench.cache(0).list() == Addr());
  CHECK(bench.cache(0).size() == 0);
  // The ninth refills from what is left of the same span, which is then full.
  CHECK(bench.run(stack::stackalloc, 2048).result->lo == bench.span(0).startAddr().get());
  CHECK(bench.spans() == 1);
  CHECK(bench.span(0).allocCount() == 16);
  CHECK(bench.span(0).manualFreeList() == Addr());
  CHECK_FALSE(bench.span(0).list());
  CHECK_FALSE(bench.pool(0).first());
}

TEST_CASE("A refill fills half of the cache: eight, four, two stacks or one, by order") {
  for (const unsigned order : {0u, 1u, 2u, 3u}) {
    StackBench bench(19);
    const u32 size = 2048u << order;
    bench.run(stack::stackcacherefill, bench.p0().mcache().get(), order);
    CHECK(bench.cache(order).size() == 16384);
    CHECK(bench.cached(order).size() == 16384 / size);
    CHECK(bench.span(0).allocCount() == 16384 / size);
    CHECK(bench.span(0).elemsize() == size);
    CHECK(bench.free_in(bench.span(0)).size() == 16384 / size);
  }
}

TEST_CASE("Each size has its order, and 16 KiB is the largest of them") {
  for (const unsigned order : {0u, 1u, 2u, 3u}) {
    StackBench bench(19);
    const auto run = bench.run(stack::stackalloc, 2048u << order);
    CHECK(run.result->hi - run.result->lo == 2048u << order);
    for (const unsigned other : {0u, 1u, 2u, 3u})
      CHECK((bench.pool(other).first() || bench.cache(other).size() != 0) == (other == order));
  }
}

TEST_CASE("A stack of 32 KiB does not come from the pool but is a span of its own") {
  StackBench bench(19);
  const auto run = bench.run(stack::stackalloc, 32768);
  CHECK(run.ids() == std::vector<std::string>{"stackalloc/large"});
  CHECK(bench.span(0).startAddr() == run.result->lo);
  CHECK(bench.span(0).elemsize() == 32768);
  CHECK(bench.span(0).npages() == 4);
  const auto& manual = run.calls.back();
  CHECK(manual.function == "runtime.(*mheap).allocManual");
  CHECK(manual.arguments ==
        std::vector<u64>{bench.views().mheap_().address().value, 4, kAllocManual});
}

TEST_CASE("A large stack that was kept back is used again before the heap is asked") {
  StackBench bench(19);
  const auto kept = bench.make_span(8);
  bench.keep_large(kept, 3);
  const auto run = bench.run(stack::stackalloc, 65536);
  CHECK(run.ids() == std::vector<std::string>{"stackalloc/large-reused"});
  CHECK(run.result->lo == kept.startAddr().get());
  CHECK_FALSE(bench.views().stackLarge().free(3).first());
  CHECK(bench.spans() == 0);
  // One that is kept for another size is not.
  bench.keep_large(kept, 3);
  bench.run(stack::stackalloc, 32768);
  CHECK(bench.spans() == 1);
}

TEST_CASE("Without a P, or while a GC flushes the caches, a stack comes straight from the pool") {
  StackBench bench(19);
  bench.m0().p() = Addr();
  const Addr without_p = bench.run(stack::stackalloc, 2048).result->lo;
  CHECK(without_p == bench.span(0).startAddr().get() + 0x7800);
  CHECK(bench.cache(0).size() == 0);
  bench.m0().p() = bench.p0();
  bench.m0().preemptoff().len() = 5;
  CHECK(bench.run(stack::stackalloc, 2048).result->lo == bench.span(0).startAddr().get() + 0x7000);
  CHECK(bench.cache(0).size() == 0);
}

TEST_CASE("A size that is no power of two, or a goroutine's own stack, is what Go throws on") {
  StackBench bench(19);
  CHECK_THROWS_AS(bench.run(stack::stackalloc, 3000), model::Thrown);
  const auto g = bench.make_g();
  g.m() = bench.m0();
  bench.set_g(g);
  CHECK_THROWS_AS(bench.run(stack::stackalloc, 2048), model::Thrown);
}

TEST_CASE("stackinit empties every list, of every release") {
  for (const int minor : {17, 19, 22, 27}) {
    StackBench bench(minor);
    const auto junk = bench.make_span(4);
    bench.pool(3).first() = junk;
    bench.views().stackLarge().free(0).last() = junk;
    bench.run(stack::stackinit);
    CHECK_FALSE(bench.pool(3).first());
    CHECK_FALSE(bench.views().stackLarge().free(0).last());
  }
}
