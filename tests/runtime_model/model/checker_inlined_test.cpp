// Models beside real code in which the compiler has inlined what they call. Debian's Go inlines
// round2 into malg, and acquirem and releasem into newproc1.
#include "runtime_model/model/checker.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using namespace runtime_model;
using model::FunctionReport;
using model::Model;
using model::Registry;
using model::Runtime;
using tests::GoWorld;

#define NEEDS_HELLO                                                     \
  if (!tests::have_hello()) {                                           \
    WARN("skipped: rt0 was built without Go, there is nothing to run"); \
    return;                                                             \
  }

Model<u32> round2(Runtime& rt, u32 n) {
  rt.step("round2/up", "to the next power of two");
  u32 power = 1;
  while (power < n) power *= 2;
  co_return power;
}

Model<> rounds(Runtime& rt, u32 size) {
  const u32 rounded = co_await rt.call<u32>("runtime.round2", size);
  Runtime::require(rounded >= size && (rounded & (rounded - 1)) == 0, "it was not rounded");
}
Model<> throws(Runtime&, u32) {
  Runtime::require(false, "round2 throws");
  co_return;
}
Model<u32> declines(Runtime& rt, u32) {
  co_await rt.decline("it is Thursday");
  co_return 0;
}

Model<> releases(Runtime& rt) {
  co_await rt.call<void>("runtime.acquirem");
  co_await rt.call<void>("runtime.releasem", rt.getm());
  rt.step("newproc1/through", "both calls came");
}

std::string differences(const FunctionReport& f) {
  std::string out;
  for (const auto& d : f.differences) out += d.where + d.text + "\n";
  return out;
}

FunctionReport report_of(const Registry& registry, std::string_view function,
                         const model::Listener& listener = {}) {
  GoWorld world;
  const auto report = world.check(registry, listener);
  CHECK(world.output() == "hello, world\n");
  return report.functions.at(std::string(function));
}

}  // namespace

TEST_CASE("the model of an inlined function acts within its caller's, and returns to it") {
  NEEDS_HELLO
  Registry registry;
  registry.add("runtime.malg", {}, rounds);
  registry.add("runtime.round2", {}, round2);
  u64 told = 0;
  const auto f = report_of(registry, "runtime.malg",
                           [&](const model::Told& t) { told += t.step.id == "round2/up"; });
  CHECK(f.calls > 0);
  CHECK(differences(f) == "");
  CHECK(f.declined == 0);
  CHECK(told > 0);
}

TEST_CASE("an inlined function that has no model leaves its caller to the real code, aloud") {
  NEEDS_HELLO
  Registry registry;
  registry.add("runtime.malg", {}, rounds);
  const auto f = report_of(registry, "runtime.malg");
  CHECK(differences(f) == "");
  CHECK(f.declined == f.calls);
  REQUIRE(f.reasons.size() == 1);
  CHECK(f.reasons.begin()->first == "in this program runtime.round2 is inlined into it");
}

TEST_CASE("an inlined function whose model throws or declines ends its caller's") {
  NEEDS_HELLO
  Registry throwing, declining;
  for (Registry* r : {&throwing, &declining}) r->add("runtime.malg", {}, rounds);
  throwing.add("runtime.round2", {}, throws);
  declining.add("runtime.round2", {}, declines);
  const auto thrown = report_of(throwing, "runtime.malg");
  REQUIRE_FALSE(thrown.differences.empty());
  CHECK(thrown.differences.front().text == "the model throws: round2 throws");
  const auto declined = report_of(declining, "runtime.malg");
  CHECK(declined.different == 0);
  CHECK(declined.reasons.at("it is Thursday") == declined.calls);
}

TEST_CASE("an inlined call without results is waited for as if it were a call") {
  NEEDS_HELLO
  Registry registry;
  registry.add("runtime.newproc1", {}, releases);
  u64 told = 0;
  const auto f = report_of(registry, "runtime.newproc1",
                           [&](const model::Told& t) { told += t.step.id == "newproc1/through"; });
  CHECK(f.calls > 0);
  CHECK(differences(f) == "");
  CHECK(f.declined == 0);
  CHECK(told == f.calls);
}
