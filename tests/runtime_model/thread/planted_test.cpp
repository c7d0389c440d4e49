// Wrong models beside the real code of a real program: each slip is found, by the field's name.
#include "runtime_model/thread/acquirep.hpp"
#include "runtime_model/thread/idle.hpp"
#include "runtime_model/thread/mcommoninit.hpp"
#include "runtime_model/thread/models.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model;
using emulator::i64;
using model::Model;
using model::Registry;
using model::Runtime;
using tests::caught;

namespace {

Model<> status_forgotten(Runtime& rt, golang::P pp) {
  co_await thread::wirep(rt, pp);
  rt.step("wrong", "still idle", [&] { pp.status() = 0; });
}

Model<i64> not_counted(Runtime& rt, golang::P pp, i64 now) {
  const i64 then = co_await thread::pidleput(rt, pp, now);
  rt.step("wrong", "not counted", [&] { rt.sched().npidle() -= 1; });
  co_return then;
}

Model<> number_off_by_one(Runtime& rt, golang::M mp, i64 id) {
  co_await thread::mcommoninit(rt, mp, id);
  rt.step("wrong", "the next number", [&] { mp.id() += 1; });
}

}  // namespace

TEST_CASE("the models of threads agree with the real code of hello") {
  if (!tests::have_hello()) return;
  Registry registry;
  thread::add_models(registry);
  tests::GoWorld world;
  const auto report = world.check(registry);
  CHECK(report.differences() == 0);
  CHECK(report.functions.at("runtime.newosproc").calls >= 2);
  CHECK(report.functions.at("runtime.startm").calls >= 1);
  CHECK(report.predicted_bytes == report.changed_bytes);
}

TEST_CASE("wrong models of threads are caught by the field that they get wrong") {
  if (!tests::have_hello()) return;
  CHECK(caught("runtime.wirep", status_forgotten).find("status") != std::string::npos);
  CHECK(caught("runtime.pidleput", not_counted).find("sched.npidle") != std::string::npos);
  CHECK(caught("runtime.mcommoninit", number_off_by_one).find(".id") != std::string::npos);
}
