#include "runtime_model/golang/boot_routines.hpp"

#include <set>
#include <string>

#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/runtime_model/golang/pclntab_builder.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

TEST_CASE("In each release every boot routine has one entry, a slug and a sentence") {
  for (int minor = 16; minor <= 27; ++minor) {
    std::set<std::string_view> ids, names;
    for (const BootRoutine& routine : boot_routines()) {
      if (!routine.releases.hold({1, minor, 0})) continue;
      INFO(routine.id << " in 1." << minor);
      CHECK(ids.insert(routine.id).second);
      for (const auto name : routine.names()) CHECK(names.insert(name).second);
      CHECK(routine.id.find(' ') == std::string_view::npos);
      CHECK(routine.text.ends_with('.'));
      CHECK(routine.text.size() < 200);
    }
    CHECK(ids.size() > 50);
  }
}

TEST_CASE("Routines come and go with the releases that have them") {
  const Releases newer{21, 0}, older{0, 20};
  CHECK(newer.hold({1, 21, 0}));
  CHECK_FALSE(newer.hold({1, 20, 9}));
  CHECK(older.hold({1, 20, 9}));
  CHECK_FALSE(older.hold({1, 21, 0}));
  CHECK(newer.hold({}));
}

TEST_CASE("A routine that the build does not have is reported as not found") {
  const auto file = tests::program_with_pclntab(PclntabLayout::go120).build();
  const auto table = SymbolTable::load(kernel::parse_elf(file));
  int found = 0;
  for (const FoundRoutine& r : find_boot_routines(table, {1, 20, 0})) {
    found += !r.at.empty();
    if (!r.at.empty()) CHECK(r.name == "runtime.rt0_go");
  }
  CHECK(found == 1);
}

TEST_CASE("A real program has the boot's routines, stripped or not") {
  for (const std::string arguments : {"", "-ldflags='-s -w'", "-buildmode=pie -ldflags='-s -w'"}) {
    const auto file = tests::build_go_program(arguments);
    if (!file) {
      WARN("skipped: there is no Go here that builds with '" << arguments << "'");
      continue;
    }
    const auto image = kernel::parse_elf(*file);
    const auto table = SymbolTable::load(image);
    const BuildInfo info = read_build_info(image);
    std::size_t found = 0, all = 0;
    for (const FoundRoutine& r : find_boot_routines(table, info.release)) {
      ++all;
      found += !r.at.empty();
      for (const char* id :
           {"rt0_go",  "settls",   "check",  "args",     "osinit",       "schedinit", "mallocinit",
            "newproc", "newproc1", "mstart", "schedule", "findRunnable", "execute",   "gogo",
            "main",    "newm",     "clone",  "sysmon",   "gcenable",     "main.main", "exit"}) {
        INFO(id);
        if (r.routine->id == id) CHECK_FALSE(r.at.empty());
      }
    }
    CHECK(found * 10 >
          all * 8);  // the compiler inlines a few, and not the same ones in every release
  }
}
