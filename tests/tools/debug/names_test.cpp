// Every name that rt0 prints can be typed, where it is printed, and means the same.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/host.hpp"
#include "tools/rt0/models.hpp"

using namespace rt0;
using debug::Addr;
using debug::u64;
using debug::u8;

namespace {

debug::DebugHost silent_host() {
  using Answer = debug::DebugHost::Answer;
  return {[](int, std::span<const u8> bytes) -> Answer { return u64{bytes.size()}; },
          [](std::span<u8>) -> Answer { return u64{0}; }};
}

RunOptions options_of(const std::string& program) {
  RunOptions options;
  if (!program.empty()) options.program = {program};
  return options;
}

/// A name in the story: of a place that a step changed, or of what a pointer there leads to.
struct Printed {
  u64 at = 0;  ///< where in time the step is told
  Addr address;
  std::string name;
};

/// A value that reads as a name, not as a number, a status or the like.
bool is_name(const std::string& text) {
  return !text.empty() && text.find_first_of(".(") != text.npos &&
         text.find_first_of(" |") == text.npos &&
         std::isalpha(static_cast<unsigned char>(text.front())) != 0;
}

std::vector<Printed> story_of(const std::string& program) {
  auto host = silent_host();
  Session session(options_of(program), &host);
  Models models(session, {});
  std::vector<Printed> out;
  models.listen([&, naming = models.naming()](const runtime_model::model::Told& t) {
    for (const auto& w : t.step.writes) {
      out.push_back({t.number, w.address, naming.place(w.address)});
      if (w.after.size() != 8) continue;
      u64 value = 0;
      std::copy_n(w.after.begin(), 8, reinterpret_cast<u8*>(&value));
      if (std::string text = naming.value(w.address, w.after); is_name(text))
        out.push_back({t.number, Addr(value), std::move(text)});
    }
  });
  models.attach();
  (void)session.run();
  models.finish();
  std::ranges::stable_sort(out, {}, &Printed::at);
  return out;
}

/// What a typed name means, as place or as value; or why it means nothing.
struct Meaning {
  Addr place, value;
  std::string error;
};
Meaning meaning(debug::Debugger& d, const std::string& name) {
  try {
    const debug::Value v = debug::evaluate(d.values, name);
    const bool place = v.kind == debug::Value::Kind::place;
    Meaning m{place ? v.at : Addr(v.bits), {}, {}};
    try {
      m.value = Addr(d.values.number(v));
    } catch (const std::exception&) {  // a place that is not there yet
    }
    return m;
  } catch (const std::exception& e) {
    return {{}, {}, e.what()};
  }
}

/// What does not hold yet, and is counted: the boot's mcache before a variable leads to it, and code
/// of a function that has a wrapper of the same name.
bool is_known_gap(const std::string& name) {
  return name.find("mcache") != name.npos || name.starts_with("runtime.newproc+");
}

class Law {
 public:
  explicit Law(debug::Debugger& d) : d_(d) {}

  void check(const std::string& name, Addr address) {
    ++checked;
    const Meaning m = meaning(d_, name);
    if (m.error.empty() && (m.place == address || m.value == address)) return;
    if (is_known_gap(name)) {
      ++gaps;
      return;
    }
    ++broken;
    if (broken <= kShown)
      text +=
          fmt::format("\n  at {}: {} is {:#x}, but means {:#x} or {:#x} {}", d_.target.position(),
                      name, address.value, m.place.value, m.value.value, m.error);
  }
  void holds() const {
    INFO(broken << " of " << checked << " names:" << text);
    CHECK(broken == 0);
    CHECK(gaps * 50 < checked);
    CHECK(checked > 100);
  }

  u64 checked = 0, broken = 0, gaps = 0;
  std::string text;

 private:
  static constexpr u64 kShown = 25;
  debug::Debugger& d_;
};

/// Names of all that tables show, and of what surrounds it.
void check_tables(debug::Debugger& d, Law& law) {
  for (const auto& g : debug::all_gs(d)) law.check(debug::g_text(d, g.address()), g.address());
  for (const auto& p : debug::all_ps(d)) law.check(debug::object_text(d, p.address()), p.address());
  for (const auto& m : debug::all_ms(d)) {
    law.check(debug::object_text(d, m.address()), m.address());
    for (const Addr g : {m.g0().get(), m.gsignal().get(), m.curg().get()})
      if (g != Addr()) law.check(debug::g_text(d, g), g);
  }
  for (const auto& t : d.target.machine().kernel().threads()) {
    if (const Addr g = d.target.current_g(*t); g != Addr()) law.check(debug::g_text(d, g), g);
    for (unsigned r = 0; r < 16; ++r) {
      const Addr value(d.target.registers(*t).gpr(r));
      if (const std::string name = d.target.name_of(value); !name.empty()) law.check(name, value);
    }
    for (u64 word = 0; word < 64; ++word) {
      const auto value = d.target.memory().try_number(d.target.sp() + 8 * word);
      if (!value) break;
      if (const std::string name = d.target.name_of(Addr(*value)); !name.empty())
        law.check(name, Addr(*value));
    }
  }
}

void check_program(const std::string& program) {
  constexpr u64 kMostOfAStep = 12;  // names of one sort and step are alike
  const auto story = story_of(program);
  auto host = silent_host();
  debug::Output out({}, [](std::string_view, bool) {});
  debug::Debugger d(options_of(program), out, host);
  Law law(d);
  std::map<std::string, u64> seen;
  u64 tables = 0;
  for (const Printed& p : story) {
    std::string sort = p.name;
    std::erase_if(sort, [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (++seen[sort] > kMostOfAStep) continue;
    (void)d.target.timeline().go_to(p.at);
    if (d.target.over()) break;
    law.check(p.name, p.address);
    if (++tables % 50 == 0) check_tables(d, law);
  }
  law.holds();
}

/// The path of a program of asm/programs, built when it is not there; "" without Go.
std::string built(const std::string& name) {
#ifdef RT0_GO
  const std::string command =
      fmt::format("'{}' '{}' --only {} --variants plain --go '{}' >/dev/null", RT0_BUILD_PROGRAMS,
                  RT0_PROGRAMS, name, RT0_GO);
  if (std::system(command.c_str()) == 0) return fmt::format("{}/plain/{}", RT0_PROGRAMS, name);
#endif
  return {};
}

}  // namespace

TEST_CASE("Names in the built-in program's story and tables can be typed where they are printed") {
  check_program("");
}

TEST_CASE("Names in other programs' stories and tables can be typed where they are printed") {
  for (const char* name : {"goroutines", "gcload", "timers", "panics"}) DYNAMIC_SECTION(name) {
      const std::string program = built(name);
      if (program.empty())
        WARN("skipped: there is no Go here that builds " << name);
      else
        check_program(program);
    }
}

TEST_CASE("Every function and variable can be typed as it is printed") {
  auto host = silent_host();
  debug::Output out({}, [](std::string_view, bool) {});
  debug::Debugger d(options_of(""), out, host);
  Law law(d);
  for (const auto& f : d.target.symbols().functions()) {
    if (d.target.symbols().find(f.name).size() > 1) continue;  // one name for two pieces of code
    law.check(std::string(f.name), f.entry);
    law.check(d.target.describe(f.entry + 1), f.entry + 1);
  }
  for (const auto& s : d.target.symbols().data_symbols())
    if (d.target.symbols().data(s.name)->address == s.address)
      law.check(std::string(s.name), s.address);
  for (const auto& g : d.target.guest().globals.entries())
    for (u64 at = 0; at < 64; at += 4) law.check(d.target.describe(g.address + at), g.address + at);
  law.holds();
}
