// Wrong models beside the real code of a real program: each slip is found, by the field's name.
#include "runtime_model/sched/execute.hpp"
#include "runtime_model/sched/newproc.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::u64;
using model::Addr;
using model::Model;
using model::Registry;
using model::Runtime;
using tests::caught;

namespace {

Model<> ring_off_by_one(Runtime& rt, golang::P pp, golang::G gp, bool next) {
  co_await sched::runqput(rt, pp, gp, next);
  rt.step("wrong", "one too many", [&] { pp.runqtail() += 1; });
}

Model<> runnext_forgotten(Runtime& rt, golang::P pp, golang::G gp, bool) {
  co_await sched::runqput(rt, pp, gp, false);
}

Model<std::tuple<golang::G, bool>> runnext_not_cleared(Runtime&, golang::P pp) {
  const golang::G next = pp.runnext();
  co_return {next, static_cast<bool>(next)};
}

Model<golang::G> goid_of_its_own(Runtime& rt, golang::Funcval fn, golang::G caller, Addr pc) {
  const golang::G gp = co_await sched::newproc1(rt, fn, caller, pc);
  rt.step("wrong", "goidgen missed", [&] {
    rt.sched().goidgen() = 0;
    gp.goid() += 1;
  });
  co_return gp;
}

Model<> tick_always(Runtime& rt, golang::G gp, bool) { co_await sched::execute(rt, gp, false); }

Model<> wrong_return(Runtime& rt, golang::Gobuf gobuf, golang::Funcval fn) {
  rt.step("wrong", "no return address", [&] {
    gobuf.pc() = fn.fn();
    gobuf.ctxt() = fn.address();
  });
  co_return;
}

Model<> not_published(Runtime& rt, golang::G) {
  const Addr lock = rt.allglock().address();
  co_await rt.lock(lock);
  co_await rt.unlock(lock);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Wrong models of the scheduler are caught, each at the field that it spoils") {
  if (!tests::have_hello()) return;
  CHECK(has(caught("runtime.runqput", ring_off_by_one), "runqtail"));
  CHECK(has(caught("runtime.runqput", runnext_forgotten), "runq"));
  CHECK(has(caught("runtime.newproc1", goid_of_its_own), "goid"));
  CHECK(has(caught("runtime.execute", tick_always), "schedtick"));
}

TEST_CASE("What a model forgets is counted as not covered, by field") {
  if (!tests::have_hello()) return;
  const auto uncovered = [](std::string_view function, auto model) {
    Registry registry;
    registry.add(function, {18, 19}, model);
    tests::GoWorld world;
    std::string out;
    const auto report = world.check(registry);
    for (const auto& [field, times] : report.functions.at(std::string(function)).uncovered)
      out += field + "\n";
    return out;
  };
  CHECK(has(uncovered("runtime.runqget", runnext_not_cleared), "runnext"));
  CHECK(has(uncovered("runtime.gostartcallfn", wrong_return), "sched.sp"));
  CHECK(has(uncovered("runtime.allgadd", not_published), "allg"));
}

TEST_CASE("The right ones are not") {
  if (!tests::have_hello()) return;
  Registry registry;
  registry.add("runtime.newproc1", {18, 19}, sched::newproc1);
  registry.add("runtime.execute", {18, 19}, sched::execute);
  tests::GoWorld world;
  const auto report = world.check(registry);
  CHECK(report.differences() == 0);
  CHECK(report.functions.at("runtime.newproc1").calls >= 4);
}
