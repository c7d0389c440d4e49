// Models in place of the real code of a real program.
#include "runtime_model/model/driver.hpp"

#include <algorithm>
#include <map>

#include "runtime_model/stack/models.hpp"
#include "runtime_model/stack/stackalloc.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using namespace runtime_model;
using model::Model;
using model::Registry;
using model::Runtime;
using model::Stack;
using model::Told;
using tests::GoWorld;

/// Writes, then finds that it cannot: the real code must find memory as it was.
Model<Stack> gives_up(Runtime& rt, u32) {
  rt.step("wrong", "spoils the cache", [&] { rt.sched().maxmcount() = 0; });
  Runtime::require(false, "no");
  co_return Stack{};
}

}  // namespace

TEST_CASE(
    "models drive the real program: same output, each of their calls in place of the real one") {
  if (!tests::have_hello()) return;
  Registry registry;
  stack::add_models(registry);
  GoWorld world;
  std::vector<std::string> told;
  const auto calls = world.drive(registry, [&](const Told& t) {
    REQUIRE(t.verdict == model::Verdict::acted);
    told.push_back(t.step.id);
  });
  REQUIRE(world.output() == "hello, world\n");
  REQUIRE(calls.at("runtime.malg") >= 6);  // stackalloc is called by its model
  REQUIRE(std::find(told.begin(), told.end(), "stackalloc/large") != told.end());
}

TEST_CASE("both ways tell the same first steps") {
  if (!tests::have_hello()) return;
  Registry registry;
  stack::add_models(registry);
  const auto steps = [&](bool check) {
    GoWorld world;
    std::vector<std::pair<u64, std::string>> told;
    const auto hear = [&](const Told& t) { told.emplace_back(t.number, t.step.id); };
    if (check)
      (void)world.check(registry, hear);
    else
      (void)world.drive(registry, hear);
    std::vector<std::string> first;
    for (std::size_t i = 0; i < 12 && i < told.size(); ++i) first.push_back(told[i].second);
    return first;
  };
  REQUIRE(steps(true) == steps(false));
}

namespace {

/// What `registry` in place of hello's real code leaves to that: function → why.
std::map<std::string, std::string, std::less<>> left_by(const Registry& registry, GoWorld& world) {
  std::map<std::string, std::string, std::less<>> left;
  model::Driver driver(world.guest(), registry, world.machine());
  driver.declined = [&](std::string_view f, const std::string& why) {
    left.emplace(std::string(f), why);
  };
  driver.attach();
  (void)world.machine().run();
  CHECK(world.output() == "hello, world\n");
  for (const auto& [function, why] : left) {
    const auto calls = driver.calls().find(function);
    CHECK((calls == driver.calls().end() || calls->second == 0));
  }
  return left;
}

}  // namespace

TEST_CASE("a model that gives up leaves no trace: the real code does the work") {
  if (!tests::have_hello()) return;
  Registry registry;
  registry.add("runtime.stackalloc", {17, 27}, gives_up);
  GoWorld world;
  CHECK(left_by(registry, world).at("runtime.stackalloc") == "no");
}

TEST_CASE("a model does not stand in a program that lacks what it needs, and says so") {
  if (!tests::have_hello()) return;
  static constexpr std::string_view kThere[] = {"runtime.stackfree", "runtime.stackpool"};
  static constexpr std::string_view kLacking[] = {"runtime.stackfree", "runtime.stackPuddle"};
  Registry registry;
  registry.add("runtime.stackalloc", {17, 27}, stack::stackalloc);
  registry.need_in_place(0, kThere);
  registry.add("runtime.malg", {17, 27}, gives_up);
  registry.need_in_place(1, kLacking);
  GoWorld world;
  const auto left = left_by(registry, world);
  REQUIRE(left.size() == 1);
  CHECK(left.at("runtime.malg") == "runtime.stackPuddle: not found in this program");
}
