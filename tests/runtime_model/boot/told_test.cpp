// What all models together tell of whole programs: whole sentences, each at the depth of the
// function of Go's that it belongs to.
#include <fmt/format.h>

#include <map>
#include <set>

#include "runtime_model/boot/models.hpp"
#include "runtime_model/heap/models.hpp"
#include "runtime_model/preempt/models.hpp"
#include "runtime_model/sched/models.hpp"
#include "runtime_model/stack/models.hpp"
#include "runtime_model/thread/models.hpp"
#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/runtime_model/support/checked_hello.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace runtime_model;
using model::Told;

model::Registry all_models() {
  model::Registry registry;
  stack::add_models(registry);
  heap::add_models(registry);
  thread::add_models(registry);
  sched::add_models(registry);
  preempt::add_models(registry);
  boot::add_models(registry);
  return registry;
}

std::string_view before_slash(std::string_view id) { return id.substr(0, id.find('/')); }

/// Functions whose steps carry another name: that of what they are a piece or a method of, or of
/// what they were before a release renamed or cut them.
bool tells_as(std::string_view function, std::string_view prefix) {
  static const std::map<std::string_view, std::string_view> kOthers{
      {"runtime.findRunnable", "findrunnable"},
      {"runtime.gdestroy", "goexit0"},
      {"runtime.getCPUCount", "getproccount"},
      {"runtime.persistentalloc1", "persistentalloc"},
      {"runtime.(*fixalloc).alloc", "fixalloc"},
      {"runtime.(*fixalloc).init", "fixalloc"},
      {"runtime.(*mheap).freeSpanLocked", "freeSpan"},
      {"runtime.(*mheap).freeMSpanLocked", "freeSpan"},
      {"runtime.(*mheap).init", "mheap.init"},
      {"runtime.(*p).init", "p.init"},
      {"runtime.(*pageCache).alloc", "allocSpan"},
      {"runtime.(*spanSet).pop", "spanSet"},
      {"runtime.(*spanSet).push", "spanSet"},
  };
  if (const auto it = kOthers.find(function); it != kOthers.end()) return it->second == prefix;
  const auto name = function.substr(function.rfind('.') + 1);
  return name == prefix || (name.starts_with("mallocgc") && prefix == "mallocgc");
}

/// The laws of what is told, held against one step after the other.
class Laws {
 public:
  void hear(const Told& t) {
    const std::string prefix(before_slash(t.step.id));
    const std::string_view text = t.step.text;
    // Whole sentences, without a full stop.
    if (text.empty() || text.ends_with('.') || text.ends_with(':') || text.ends_with(' '))
      broken.insert(t.step.id + ": " + t.step.text);
    told.insert(t.step.id);
    if (prefix == "systemstack") return;  // it stands within whoever switches
    // The function that was entered tells at its own depth, and whatever it calls tells deeper.
    if (tells_as(t.function, prefix) != (t.step.depth == 0))
      broken.insert(fmt::format("{} told {} at depth {}", t.function, t.step.id, t.step.depth));
  }

  std::set<std::string> broken, told;
};

void check(tests::GoWorld& world, Laws& laws) {
  const auto registry = all_models();
  (void)world.check(registry, [&](const Told& t) { laws.hear(t); });
  for (const std::string& b : laws.broken) UNSCOPED_INFO(b);
  CHECK(laws.broken.empty());
}

TEST_CASE("each step of hello stands at the depth of its function, as a whole sentence") {
  if (!tests::have_hello()) {
    WARN("skipped: rt0 was built without Go, there is nothing to run");
    return;
  }
  tests::GoWorld world;
  Laws laws;
  check(world, laws);
  CHECK(laws.told.size() > 100);
  CHECK(laws.told.contains("newproc1/gopc"));
}

TEST_CASE("so do those of a program that makes, parks and wakes goroutines on several threads") {
  const auto file = tests::build_go_program("", RT0_PROGRAMS "/goroutines.go");
  if (!file) {
    WARN("skipped: there is no Go here that builds the program");
    return;
  }
  tests::GoWorld world(*file);
  Laws laws;
  check(world, laws);
  CHECK(laws.told.size() > 120);
  CHECK(laws.told.contains("goexit0/clear"));
  CHECK(laws.told.contains("runqget/next"));
}

}  // namespace
