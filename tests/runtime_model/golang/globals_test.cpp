#include "runtime_model/golang/globals.hpp"

#include <fstream>
#include <iterator>

#include "runtime_model/golang/code_shape.hpp"
#include "runtime_model/golang/version.hpp"
#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

namespace {

Globals globals_of(const tests::File& file) {
  const auto image = kernel::parse_elf(file);
  const auto symbols = SymbolTable::load(image);
  return Globals::find(image, symbols, Layouts::load(image, read_build_info(image)));
}

/// A program of tests/corpus; nothing when it was not fetched.
std::optional<tests::File> corpus(const std::string& name) {
  std::ifstream in(std::string(RT0_CORPUS) + "/" + name, std::ios::binary);
  if (!in) {
    WARN("skipped: " << name << " was not fetched (tests/corpus/fetch)");
    return std::nullopt;
  }
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return tests::File(bytes.begin(), bytes.end());
}

}  // namespace

TEST_CASE("A program with symbols says where its globals are, one without by its code the same") {
  for (const std::string arguments : {"", "-buildmode=pie"}) {
    const auto file = tests::build_go_program(arguments);
    if (!file) {
      WARN("skipped: there is no Go here that builds with '" << arguments << "'");
      continue;
    }
    const Globals told = globals_of(*file);
    CHECK(told.address("runtime.sched"));
    CHECK_FALSE(told.address("runtime.nonesuch"));
    CHECK(told.entries().front().how == "symtab");
    const Globals decoded = globals_of(tests::without_sections(*file));
    CHECK(decoded.entries().size() > 100);
    for (const auto& entry : decoded.entries()) {
      INFO(entry.name << " by " << entry.how);
      CHECK(entry.how != "symtab");
      CHECK(told.address(entry.name) == entry.address);
    }
    for (const auto name : {"runtime.g0", "runtime.m0", "runtime.sched", "runtime.allgs",
                            "runtime.allm", "runtime.allp", "runtime.mheap_", "runtime.stackpool",
                            "runtime.stackLarge", "runtime.mcache0", "runtime.mainStarted"}) {
      INFO(name);
      CHECK(decoded.address(name));
    }
  }
}

TEST_CASE("In a stripped program of Go 1.17.6 the globals are where its code has them") {
  const auto file = corpus("esbuild-0.14.21");
  if (!file) return;
  const Globals globals = globals_of(*file);
  const std::pair<std::string_view, u64> known[] = {
      {"runtime.g0", 0xb93e80},          {"runtime.m0", 0xb94020},
      {"runtime.sched", 0xb94e40},       {"runtime.mheap_", 0xbac560},
      {"runtime.allp", 0xb93240},        {"runtime.allgs", 0xb93220},
      {"runtime.stackpool", 0xbc3d00},   {"runtime.ncpu", 0xbc2ff8},
      {"runtime.gomaxprocs", 0xbc2ff4},  {"runtime.physPageSize", 0xbc31a8},
      {"runtime.mainStarted", 0xbc2fa9}, {"runtime.mcache0", 0xbc3150},
      {"runtime.argc", 0xbc2fcc},        {"runtime.argv", 0xb92018}};
  for (const auto& [name, address] : known) {
    INFO(name);
    CHECK(globals.address(name) == Addr(address));
  }
}

TEST_CASE("Every stripped program of the corpus gives the globals that models need") {
  for (const std::string name : {"turbo-1.4.0", "bazelisk-1.19.0", "esbuild-0.17.19",
                                 "esbuild-0.25.0", "esbuild-0.28.2", "lefthook-2.2.2"}) {
    const auto file = corpus(name);
    if (!file) continue;
    const Globals globals = globals_of(*file);
    for (const auto global : {"runtime.g0", "runtime.m0", "runtime.sched", "runtime.allgs",
                              "runtime.allm", "runtime.allp", "runtime.mheap_", "runtime.stackpool",
                              "runtime.stackLarge", "runtime.mainStarted"}) {
      INFO(name << ": " << global);
      CHECK(globals.address(global));
    }
  }
}

TEST_CASE("Code has the same fingerprint wherever it was linked") {
  const auto fixed = tests::build_go_program("-ldflags='-R 8192 -T 0x801000'");
  const auto usual = tests::build_go_program("");
  if (!fixed || !usual) {
    WARN("skipped: there is no Go here");
    return;
  }
  const auto a = kernel::parse_elf(*usual), b = kernel::parse_elf(*fixed);
  const auto sa = SymbolTable::load(a), sb = SymbolTable::load(b);
  const CodeReader ra(a, sa), rb(b, sb);
  for (const auto name : {"runtime.schedinit", "runtime.procresize", "runtime.findRunnable"}) {
    INFO(name);
    const Function *fa = sa.function(name), *fb = sb.function(name);
    if (fa == nullptr || fb == nullptr) continue;
    CHECK(ra.read(*fa).fingerprint == rb.read(*fb).fingerprint);
    CHECK(ra.read(*fa).references.size() == rb.read(*fb).references.size());
  }
}
