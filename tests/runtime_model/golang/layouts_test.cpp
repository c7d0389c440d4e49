#include "runtime_model/golang/layouts.hpp"

#include <algorithm>
#include <random>

#include "runtime_model/golang/dwarf.hpp"
#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

namespace {

u64 offset_of(const Layouts& layouts, std::string_view type, std::string_view path) {
  const auto field = layouts.field(*layouts.find(type), path);
  REQUIRE(field);
  return field->offset;
}

}  // namespace

TEST_CASE("The table of a release has sizes, offsets and types of the runtime's structs") {
  const Layouts layouts = Layouts::of_release(17);
  CHECK(layouts.source() == "table for go1.17");
  CHECK(layouts.find("runtime.g")->size == 392);
  CHECK(offset_of(layouts, "runtime.g", "sched.pc") == 64);
  CHECK(offset_of(layouts, "runtime.m", "tls") == 136);
  CHECK(offset_of(layouts, "runtime.mheap", "central[].mcentral.partial") == 66120 + 8);
  const auto runq = layouts.field(*layouts.find("runtime.p"), "runq");
  CHECK(layouts.type(runq->type).count == 256);
  CHECK(layouts.type(layouts.type(runq->type).element).name == "runtime.guintptr");
  CHECK(layouts.variable("runtime.sched")->name == "runtime.schedt");
  CHECK(layouts.find("runtime.nonesuch") == nullptr);
  CHECK_FALSE(layouts.field(*layouts.find("runtime.g"), "sched.nonesuch"));
  CHECK_FALSE(layouts.field(*layouts.find("runtime.g"), "goid[]"));
}

TEST_CASE("Every release of the tables holds together and differs from its neighbours") {
  const Releases have = table_releases();
  std::string before;
  for (int minor = have.first; minor <= have.last; ++minor) {
    const Layouts layouts = Layouts::of_release(minor);  // checks sizes and members itself
    const std::string text = layouts.text();
    CHECK(text != before);
    before = text;
    for (const auto type : {"runtime.g", "runtime.m", "runtime.p", "runtime.schedt",
                            "runtime.mcache", "runtime.mspan", "runtime.mheap"})
      CHECK(layouts.find(type) != nullptr);
  }
}

TEST_CASE("A program with DWARF is described by it, and the tables agree with it") {
  for (const std::string arguments : {"", "-ldflags=-compressdwarf=false", "-buildmode=pie"}) {
    const auto file = tests::build_go_program(arguments);
    if (!file) {
      WARN("skipped: there is no Go here that builds with '" << arguments << "'");
      continue;
    }
    const auto image = kernel::parse_elf(*file);
    const BuildInfo build = read_build_info(image);
    const Layouts dwarf = Layouts::load(image, build);
    CHECK(dwarf.source() == "DWARF");
    if (!table_releases().hold(build.release)) continue;
    const Layouts table = Layouts::of_release(build.release.minor);
    for (const auto type : wanted_types()) {
      const StructLayout *a = dwarf.find(type), *b = table.find(type);
      if (a == nullptr || b == nullptr) continue;
      INFO(std::string(type));
      CHECK(a->size == b->size);
      REQUIRE(a->members.size() == b->members.size());
      for (std::size_t i = 0; i < a->members.size(); ++i) {
        CHECK(a->members[i].name == b->members[i].name);
        CHECK(a->members[i].offset == b->members[i].offset);
        CHECK(dwarf.type(a->members[i].type).name == table.type(b->members[i].type).name);
      }
    }
  }
}

TEST_CASE("A program without DWARF is described by the table of its release, or the nearest") {
  const auto file = tests::build_go_program("-ldflags='-s -w'");
  if (!file) {
    WARN("skipped: there is no Go here");
    return;
  }
  const auto image = kernel::parse_elf(*file);
  BuildInfo build;
  build.release = {1, 17, 6};
  build.version = "go1.17.6";
  CHECK(Layouts::load(image, build).source() == "table for go1.17");
  build.release = {1, 99, 0};
  const Layouts newest = Layouts::load(image, build);
  CHECK(newest.release() == "go1.99");
  CHECK(newest.source().ends_with(", the nearest to go1.99"));
}

TEST_CASE("Damaged debug information is no debug information, never a crash") {
  const auto file = tests::build_go_program("-ldflags=-compressdwarf=false");
  if (!file) {
    WARN("skipped: there is no Go here");
    return;
  }
  const auto whole = kernel::parse_elf(*file);
  std::mt19937 random(1);
  for (const char* name : {".debug_info", ".debug_abbrev"}) {
    const auto* section = whole.section(name);
    REQUIRE(section != nullptr);
    const auto at = static_cast<std::size_t>(section->bytes.data() - file->data());
    for (int round = 0; round < 60; ++round) {
      tests::File damaged = *file;
      for (int i = 0; i < 1 << (round % 12); ++i)
        damaged[at + random() % section->bytes.size()] = static_cast<u8>(random());
      const auto layouts = layouts_from_dwarf(kernel::parse_elf(damaged));
      if (layouts) CHECK(layouts->find("runtime.g") != nullptr);
    }
  }
}
