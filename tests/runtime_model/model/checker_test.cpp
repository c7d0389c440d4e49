// Models beside the real code of a real program: right ones agree, wrong ones are found.
#include "runtime_model/model/checker.hpp"

#include "runtime_model/stack/models.hpp"
#include "runtime_model/stack/stackalloc.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using namespace runtime_model;
using model::CheckReport;
using model::FunctionReport;
using model::Model;
using model::Registry;
using model::Runtime;
using model::Stack;
using model::Told;
using tests::GoWorld;

#define NEEDS_HELLO                                                     \
  if (!tests::have_hello()) {                                           \
    WARN("skipped: rt0 was built without Go, there is nothing to run"); \
    return;                                                             \
  }

Registry stack_models() {
  Registry registry;
  stack::add_models(registry);
  return registry;
}

/// One wrong model of stackalloc; everything else of it is right.
template <class M>
CheckReport with(M wrong) {
  Registry registry;
  registry.add("runtime.stackalloc", {17, 27}, wrong);
  GoWorld world;
  return world.check(registry);
}

const FunctionReport& stackalloc_of(const CheckReport& report) {
  return report.functions.at("runtime.stackalloc");
}

bool some_difference(const FunctionReport& f, std::string_view text) {
  for (const auto& d : f.differences)
    if (d.where.find(text) != std::string::npos || d.text.find(text) != std::string::npos)
      return true;
  return false;
}

Model<Stack> forgets_the_size(Runtime& rt, u32 n) {
  const Stack s = co_await stack::stackalloc(rt, n);
  if (rt.getm().p() && n == stack::kFixedStack)
    rt.step("wrong", "the cache's size is left as it was",
            [&] { rt.getp().mcache()->stackcache(0).size() += n; });
  co_return s;
}
Model<Stack> returns_another_end(Runtime& rt, u32 n) {
  const Stack s = co_await stack::stackalloc(rt, n);
  co_return Stack{s.lo, s.hi - 8};
}
Model<Stack> one_order_off(Runtime& rt, u32 n) { co_return co_await stack::stackalloc(rt, 2 * n); }
Model<Stack> calls_what_is_not_called(Runtime& rt, u32 n) {
  (void)co_await rt.call("runtime.procyield", u64{30});
  co_return Stack{Addr(n), Addr(n)};
}
Model<Stack> throws(Runtime&, u32 n) {
  Runtime::require(n == 1, "stack size is not one");
  co_return Stack{};
}
Model<Stack> looks_at_nothing(Runtime& rt, u32) {
  co_return Stack{rt.load<Addr>(Addr(16)), Addr()};
}
Model<Stack> writes_too_much(Runtime& rt, u32 n) {
  rt.step("wrong", "marks the scheduler", [&] { rt.sched().maxmcount() = 7; });
  co_return co_await stack::stackalloc(rt, n);
}
Model<Stack> locks_another_pool(Runtime& rt, u32 n) {
  co_await rt.lock(rt.stackpool(3).item().mu().address());
  co_return Stack{Addr(n), Addr(n)};
}
Model<Stack> declines(Runtime& rt, u32) {
  co_await rt.decline("it is Wednesday");
  co_return Stack{};
}
Model<Stack> does_nothing(Runtime&, u32) { co_return Stack{}; }

}  // namespace

TEST_CASE("the models of stacks agree with the real code on every field of hello's boot") {
  NEEDS_HELLO
  GoWorld world;
  u64 told = 0;
  const auto report = world.check(stack_models(), [&](const Told& t) {
    ++told;
    REQUIRE(t.verdict == model::Verdict::confirmed);
  });
  REQUIRE(report.differences() == 0);
  const auto& f = stackalloc_of(report);
  REQUIRE(f.calls >= 6);
  REQUIRE(f.unfinished == 0);
  REQUIRE(f.fields == f.equal);
  REQUIRE(told > f.calls);
  REQUIRE(report.changed_bytes > 0);
  REQUIRE(report.predicted_bytes == report.changed_bytes);
  REQUIRE(world.output() == "hello, world\n");
}

TEST_CASE("a program does the same with and without checking, thread switch by thread switch") {
  NEEDS_HELLO
  const auto run = [](bool checked) {
    GoWorld world;
    u64 hash = 0;
    const auto mix = [&](u64 v) { hash = (hash ^ v) * 0x9e3779b97f4a7c15; };
    auto& machine = world.machine();
    emulator::machine::Observer observer(machine);
    observer.on.switched = [&](const kernel::Thread*, const kernel::Thread& t) {
      mix(machine.retired()), mix(static_cast<u64>(t.tid)), mix(machine.registers(t).rip);
      for (unsigned i = 0; i < 16; ++i) mix(machine.registers(t).gpr(i));
    };
    observer.on.served = [&](const auto& t, const auto*, u64 number, const auto&, const auto&) {
      mix(number), mix(t.regs.gpr(0));
    };
    if (checked)
      (void)world.check(stack_models());
    else
      (void)world.machine().run();
    mix(machine.retired());
    return std::pair(hash, world.output());
  };
  REQUIRE(run(true) == run(false));
}

TEST_CASE("a field that a model gets wrong is named with both values") {
  NEEDS_HELLO
  const auto report = with(forgets_the_size);
  REQUIRE(report.differences() > 0);
  const auto& d = stackalloc_of(report).differences.front();
  CAPTURE(d.where, d.text, d.model, d.real, d.size);
  REQUIRE(d.model == d.real + stack::kFixedStack);
}

TEST_CASE("a wrong result is a difference") {
  NEEDS_HELLO
  const auto report = with(returns_another_end);
  REQUIRE(some_difference(stackalloc_of(report), "result 1"));
}

TEST_CASE("a stack of the wrong order is found") {
  NEEDS_HELLO
  REQUIRE(with(one_order_off).differences() > 0);
}

TEST_CASE("a call that the real code does not make is a difference") {
  NEEDS_HELLO
  const auto report = with(calls_what_is_not_called);
  REQUIRE(some_difference(stackalloc_of(report), "the model calls runtime.procyield"));
}

TEST_CASE("a model that throws where Go does not is a difference") {
  NEEDS_HELLO
  REQUIRE(some_difference(stackalloc_of(with(throws)), "stack size is not one"));
}

TEST_CASE("a model that looks at memory that is not mapped is a difference") {
  NEEDS_HELLO
  REQUIRE(some_difference(stackalloc_of(with(looks_at_nothing)), "not mapped"));
}

TEST_CASE("a write that the real code does not make is a difference") {
  NEEDS_HELLO
  REQUIRE(some_difference(stackalloc_of(with(writes_too_much)), "sched."));
}

TEST_CASE("a lock of another mutex is a difference") {
  NEEDS_HELLO
  REQUIRE(
      some_difference(stackalloc_of(with(locks_another_pool)), "the model calls runtime.lock2"));
}

TEST_CASE("what a model leaves to the real code is counted, with the reason") {
  NEEDS_HELLO
  const auto report = with(declines);
  const auto& f = stackalloc_of(report);
  REQUIRE(f.declined == f.calls);
  REQUIRE(f.reasons.at("it is Wednesday") == f.calls);
  REQUIRE(report.differences() == 0);
}

TEST_CASE("what no model foretells is not covered, and the coverage says so") {
  NEEDS_HELLO
  const auto report = with(does_nothing);
  const auto& f = stackalloc_of(report);
  REQUIRE(f.not_covered > 0);
  REQUIRE(report.predicted_bytes < report.changed_bytes);
}
