#include <map>

#include "emulator/base/error.hpp"
#include "emulator/base/glob.hpp"
#include "runtime_model/golang/boot_routines.hpp"
#include "runtime_model/model/weights.hpp"
#include "tests/support/catch.hpp"
#include "tools/rt0/choice.hpp"
#include "tools/rt0/fold.hpp"
#include "tools/rt0/lives.hpp"
#include "tools/rt0/step_ids.hpp"

using emulator::base::UserError;
using rt0::Fold;
using rt0::Lives;
using rt0::StoryChoice;
using runtime_model::model::Weight;
using runtime_model::model::weight_of;
using runtime_model::model::weight_rule;
using runtime_model::model::weight_rules;
using traces::format::Landmark;
using traces::format::Step;

namespace {

/// Every step and every landmark that there is.
std::vector<std::string_view> everything() {
  const auto ids = rt0::step_ids();
  std::vector<std::string_view> out(ids.begin(), ids.end());
  for (const auto& routine : runtime_model::golang::boot_routines())
    for (const auto spelling : routine.names()) out.push_back(spelling);
  out.push_back("exit_group");
  return out;
}

Step step(std::string id, std::vector<Step::Change> changes = {}, emulator::i64 g = 1) {
  Step s;
  s.id = std::move(id), s.changes = std::move(changes), s.g = g, s.m = 0, s.p = 0;
  return s;
}

StoryChoice::Known known() {
  StoryChoice::Known k;
  k.step_ids = rt0::step_ids();
  k.models = {"runtime.newproc1", "runtime.mallocgc", "runtime.(*mheap).init",
              "runtime.findRunnable"};
  k.landmarks = {"runtime.schedinit", "main.main"};
  k.in_program = [](std::string_view f) { return f == "main.worker"; };
  return k;
}

std::string refusal(const std::string& only) {
  try {
    StoryChoice choice({only}, known());
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every step of every model, and every landmark, has a weight by a rule") {
  for (const auto name : everything()) {
    INFO(name);
    CHECK(weight_rule(name) != nullptr);
  }
}

TEST_CASE("every rule of the weights is there for something") {
  std::map<const runtime_model::model::WeightRule*, unsigned> used;
  for (const auto name : everything()) ++used[weight_rule(name)];
  for (const auto& rule : weight_rules()) {
    INFO(rule.pattern);
    CHECK(used[&rule] != 0);
  }
}

TEST_CASE("the life of a goroutine weighs more than how memory is found for it") {
  CHECK(weight_of("casgstatus/change") == Weight::always);
  CHECK(weight_of("park_m/reason") == Weight::always);
  CHECK(weight_of("newproc1/gobuf") == Weight::once);
  CHECK(weight_of("mallocgc/tiny") == Weight::detail);
  CHECK(weight_of("casgstatus/syscall") == Weight::detail);
}

TEST_CASE("the option --only takes functions, steps, patterns and lists of them") {
  StoryChoice choice({"newproc1,mallocgc/ti*", "runtime.schedinit"}, known());
  CHECK(choice.holds(step("newproc1/gobuf")));
  CHECK(choice.holds(step("mallocgc/tiny")));
  CHECK(choice.holds(step("schedinit/procs")));
  CHECK_FALSE(choice.holds(step("mallocgc/done")));
  CHECK_FALSE(choice.may_hold("mallocgc/done"));
  Landmark mark;
  mark.fn = "runtime.schedinit";
  CHECK(choice.holds(mark, Step()));
  mark.fn = "main.main";
  CHECK_FALSE(choice.holds(mark, Step()));
  CHECK(choice.unmet().empty());
}

TEST_CASE("the option --only knows a function by Go's name where its steps have a shorter one") {
  StoryChoice choice({"runtime.(*mheap).init,runtime.findRunnable"}, known());
  CHECK(choice.may_hold("mheap.init/spans"));
  CHECK(choice.may_hold("findrunnable/spin"));
  CHECK_FALSE(choice.may_hold("p.init/empty"));
}

TEST_CASE("the option --only g17 is what goroutine 17 does and what is done to it") {
  StoryChoice choice({"g17"}, known());
  CHECK(choice.holds(step("mallocgc/tiny", {}, 17)));
  CHECK(choice.holds(step("casgstatus/change", {{"g17.atomicstatus", "_Gwaiting", "_Grunnable"}})));
  CHECK(choice.holds(step("runqput/next", {{"p0.runnext", "0x0", "g17"}})));
  CHECK_FALSE(choice.holds(step("runqput/next", {{"p0.runnext", "0x0", "g170"}})));
  CHECK_FALSE(choice.holds(step("mallocgc/tiny", {}, 1)));
}

TEST_CASE("the option --only with a function of the program is the goroutines that begin there") {
  StoryChoice choice({"main.worker"}, known());
  CHECK_FALSE(choice.holds(step("newproc1/goid", {{"g9.goid", "0", "9"}})));
  CHECK(choice.holds(step("newproc1/startpc", {{"g9.startpc", "0x0", "main.worker"}})));
  CHECK(choice.holds(step("gosched_m/asked", {}, 9)));
  CHECK_FALSE(choice.holds(step("gosched_m/asked", {}, 8)));
}

TEST_CASE("the option --only refuses a name of nothing and gives the nearest") {
  CHECK(refusal("newpoc1").find("did you mean \"newproc1\"?") != std::string::npos);
  CHECK(refusal("newproc1/gobfu").find("newproc1/gobuf") != std::string::npos);
  CHECK(refusal("zzz*").find("zzz*") != std::string::npos);
  CHECK(refusal("newproc1,").find("empty") != std::string::npos);
  CHECK(refusal("g17").empty());
}

TEST_CASE("a goroutine, M or P that never came is known at the end") {
  StoryChoice choice({"g17,m0"}, known());
  CHECK(choice.holds(step("mallocgc/tiny", {}, 1)));
  REQUIRE(choice.unmet().size() == 1);
  CHECK(choice.unmet()[0] == "g17");
}

TEST_CASE("the same is told twice of a goroutine, and each of its states by itself") {
  Lives lives;
  const auto runs = step("casgstatus/change", {{"g5.atomicstatus", "_Grunnable", "_Grunning"}});
  const auto waits = step("casgstatus/change", {{"g5.atomicstatus", "_Grunning", "_Gwaiting"}});
  for (unsigned i = 0; i < Lives::kAgain; ++i) CHECK(lives.tells(runs));
  CHECK_FALSE(lives.tells(runs));
  CHECK(lives.tells(waits));
}

TEST_CASE("a story has room for each new reason to wait") {
  Lives lives;
  auto receives = step("park_m/reason"), sleeps = receives;
  receives.text = "it waits: chan receive", sleeps.text = "it waits: sleep";
  for (unsigned i = 0; i < Lives::kAgain; ++i) CHECK(lives.tells(receives));
  CHECK_FALSE(lives.tells(receives));
  CHECK(lives.tells(sleeps));
}

TEST_CASE("of goroutines that begin at one function the first five are told, the rest folded") {
  Lives lives;
  for (unsigned g = 10; g < 30; ++g) {
    const auto name = "g" + std::to_string(g);
    const bool told = g < 10 + Lives::kAlike;
    CHECK(lives.tells(step("newproc1/startpc", {{name + ".startpc", "0x0", "main.worker"}})) ==
          told);
    CHECK(lives.is_like_others(name) == !told);
  }
}

TEST_CASE("a fold says how many steps of what there are, and how to have them told") {
  Fold fold;
  CHECK(fold.lines().empty());
  for (int i = 0; i < 3; ++i) fold.add("mallocgc");
  fold.add("persistentalloc");
  CHECK(fold.steps() == 4);
  REQUIRE(fold.lines().size() == 1);
  CHECK(fold.lines()[0] ==
        "… 4 steps of mallocgc, persistentalloc folded (--all, or --only mallocgc)");
  for (int g = 9; g < 12; ++g) fold.add_life("g" + std::to_string(g), "main.worker");
  REQUIRE(fold.lines().size() == 2);
  CHECK(fold.lines()[1].find("g9 to g11") != std::string::npos);
}
