// The boot of a real program, with the models of this room beside it: right ones agree, wrong ones
// are reported by field.
#include <algorithm>

#include "runtime_model/boot/models.hpp"
#include "runtime_model/boot/osinit.hpp"
#include "runtime_model/boot/procresize.hpp"
#include "runtime_model/boot/schedinit.hpp"
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
using model::Told;
using tests::GoWorld;

#define NEEDS_HELLO                                                     \
  if (!tests::have_hello()) {                                           \
    WARN("skipped: rt0 was built without Go, there is nothing to run"); \
    return;                                                             \
  }

template <class M>
FunctionReport with(const char* function, M wrong) {
  Registry registry;
  registry.add(function, {17, 27}, wrong);
  GoWorld world;
  return world.check(registry).functions.at(function);
}

bool some_difference(const FunctionReport& f, std::string_view text) {
  return std::any_of(f.differences.begin(), f.differences.end(), [&](const auto& d) {
    return d.where.find(text) != std::string::npos || d.text.find(text) != std::string::npos;
  });
}

Model<> one_cpu_too_many(Runtime& rt) {
  co_await boot::osinit(rt);
  rt.step("wrong", "", [&] { rt.ncpu() += 1; });
}
Model<> forgets_the_limit_of_threads(Runtime& rt) {
  co_await boot::schedinit(rt);
  rt.step("wrong", "", [&] { rt.sched().maxmcount() = 0; });
}
Model<> starts_the_collector(Runtime& rt) {
  rt.step("wrong", "", [&] { rt.memstats().enablegc() = true; });
  co_await boot::schedinit(rt);
}
Model<> starts_idle(Runtime& rt, golang::P pp, i32 id) {
  co_await boot::p_init(rt, pp, id);
  rt.step("wrong", "", [&] { rt.idlepMask(id / 32) |= u32{1} << id; });
}
Model<golang::P> leaves_a_coprime_out(Runtime& rt, i32 n) {
  const golang::P pp = co_await boot::procresize(rt, n);
  rt.step("wrong", "", [&] { rt.stealOrder().coprimes().len() -= 1; });
  co_return pp;
}

}  // namespace

TEST_CASE("the models of the boot agree with the real code on every field of hello's boot") {
  NEEDS_HELLO
  GoWorld world;
  Registry registry;
  boot::add_models(registry);
  std::vector<std::string> told;
  const auto report = world.check(registry, [&](const Told& t) {
    INFO(t.step.id);
    REQUIRE(t.verdict == model::Verdict::confirmed);
    told.push_back(t.step.id);
  });
  REQUIRE(report.differences() == 0);
  for (const auto& [name, f] : report.functions) {
    INFO(name);
    CHECK(f.not_covered == 0);
    CHECK(f.interleaved == 0);
  }
  REQUIRE(world.output() == "hello, world\n");
  const auto at = [&](std::string_view id) {
    const auto it = std::find(told.begin(), told.end(), id);
    INFO(id);
    REQUIRE(it != told.end());
    return it - told.begin();
  };
  // Where the page size is set, and when the collector may begin.
  CHECK(at("sysauxv/page-size") < at("osinit/ncpu"));
  CHECK(at("schedinit/gcinit") < at("main/started"));
  CHECK(at("main/init-done") < at("main/main.main"));
  CHECK(at("gcenable/on") < at("main/init"));
  CHECK(at("main/main.main") < at("main/returned"));
}

TEST_CASE("a wrong model of the boot is reported by field") {
  NEEDS_HELLO
  CHECK(some_difference(with("runtime.osinit", one_cpu_too_many), "ncpu"));
  CHECK(some_difference(with("runtime.schedinit", forgets_the_limit_of_threads), "maxmcount"));
  CHECK(some_difference(with("runtime.schedinit", starts_the_collector), "memstats"));
  CHECK(with("runtime.(*p).init", starts_idle).different >= 1);
  CHECK(some_difference(with("runtime.procresize", leaves_a_coprime_out), "stealOrder"));
}

TEST_CASE("models of the boot boot the program in place of the real code") {
  NEEDS_HELLO
  GoWorld world;
  Registry registry;
  boot::add_models(registry);
  const auto calls = world.drive(registry);
  REQUIRE(world.output() == "hello, world\n");
  CHECK(calls.at("runtime.args") == 1);
  CHECK(calls.at("runtime.schedinit") == 1);
  CHECK(calls.at("runtime.procresize") == 1);
  CHECK(calls.at("runtime.mstart1") >= 3);
}
