// The heap's models beside and in place of the real code of the built-in program; wrong ones.
#include "runtime_model/heap/malloc.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/models.hpp"
#include "runtime_model/heap/span_records.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace runtime_model;
using namespace runtime_model::heap;
using model::Registry;
using tests::GoWorld;

#define NEEDS_HELLO                                                     \
  if (!tests::have_hello()) {                                           \
    WARN("skipped: rt0 was built without Go, there is nothing to run"); \
    return;                                                             \
  }

Registry right() {
  Registry registry;
  add_models(registry);
  return registry;
}

/// Is the wrong model of `function` reported, at a place or with a text that contains `where`?
template <class M>
bool found(std::string_view function, M wrong, std::string_view where) {
  Registry registry;
  registry.add(function, {17, 27}, wrong);
  GoWorld world;
  const auto report = world.check(registry);
  for (const auto& d : report.functions.at(std::string(function)).differences)
    if (d.where.find(where) != std::string::npos || d.text.find(where) != std::string::npos)
      return true;
  return false;
}

Model<Addr> eight_bytes_off(Runtime& rt, u64 size, Addr type, bool needzero) {
  const Addr x = co_await mallocgc(rt, size, type, needzero);
  co_return x + 8;
}
Model<> keeps_the_full_span(Runtime& rt, golang::Mcache c, u8 span_class) {
  const Addr full = c.alloc(span_class).get();
  co_await refill(rt, c, span_class);
  rt.step("wrong", "the cache keeps the span that is full", [&] { c.alloc(span_class) = full; });
}
Model<u64> skips_an_object(Runtime& rt, golang::Mspan s) {
  const u64 index = co_await nextFreeIndex(rt, s);
  rt.step("wrong", "the object behind it is lost", [&] { s.freeindex() += 1; });
  co_return index;
}
Model<> maps_one_page_less(Runtime& rt, golang::Mheap h, Addr base, u64 npages, golang::Mspan s) {
  co_await setSpans(rt, h, base, npages, s);
  rt.step("wrong", "its last page leads nowhere", [&] {
    const Addr last = base + (npages - 1) * kPageSize;
    arena_of(rt, last).spans(last.value / kPageSize % kPagesPerArena) = Addr();
  });
}

TEST_CASE("the heap's models agree with the real code over hello's boot") {
  NEEDS_HELLO;
  GoWorld world;
  const auto report = world.check(right());
  CHECK(report.differences() == 0);
  CHECK(report.functions.at("runtime.mallocgc").calls > 20);
  CHECK(report.predicted_bytes * 100 >= report.changed_bytes * 95);
}

TEST_CASE("hello runs on the heap's models") {
  NEEDS_HELLO;
  GoWorld world;
  const auto calls = world.drive(right());
  CHECK(world.output() == "hello, world\n");
  CHECK(calls.at("runtime.(*mcache).nextFree") > 5);
  CHECK(calls.count("runtime.mallocgc") == 0);  // only beside the real code
}

TEST_CASE("wrong models of the heap are found") {
  NEEDS_HELLO;
  CHECK(found("runtime.mallocgc", eight_bytes_off, "result 0"));
  CHECK(found("runtime.(*mcache).refill", keeps_the_full_span, ""));
  CHECK(found("runtime.(*mspan).nextFreeIndex", skips_an_object, ""));
  CHECK(found("runtime.(*mheap).setSpans", maps_one_page_less, ""));
}

}  // namespace
