// What the compiler inlined, by pclntab's own tables, in a program that the machine's Go builds.
#include "runtime_model/golang/inlined.hpp"

#include "emulator/kernel/bytes.hpp"
#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;

namespace {

struct Program {
  tests::File file;
  kernel::ElfImage image = kernel::parse_elf(file);
  SymbolTable symbols = SymbolTable::load(image);

  InlinedBodies inlined() {
    const auto* gofunc = symbols.data("go:func.*");
    if (gofunc == nullptr) gofunc = symbols.data("go.func.*");  // before go1.20
    return InlinedBodies(symbols, gofunc == nullptr ? Addr() : gofunc->address, [this](Addr a) {
      return kernel::load<u32>(image.bytes_from(a), 0).value_or(0);
    });
  }
};

}  // namespace

#define NEEDS_PROGRAM(name)                                   \
  auto built = tests::build_go_program("");                   \
  if (!built) {                                               \
    WARN("skipped: no Go here that could build the program"); \
    return;                                                   \
  }                                                           \
  Program name { std::move(*built) }

TEST_CASE("Inlined code comes from the file of the function that was inlined") {
  NEEDS_PROGRAM(program);
  auto inlined = program.inlined();
  unsigned pieces = 0, wrong = 0, nested = 0;
  for (const Function& f : program.symbols.functions()) {
    if (!f.name.starts_with("runtime.") || f.code != Code::body) continue;
    for (Addr pc = f.entry; pc < f.end; pc = pc + 1) {
      const InlinedCode* code = inlined.at(pc);
      if (code == nullptr) continue;
      const auto* inner = program.symbols.function(code->calls.front().function);
      const auto from = program.symbols.line(code->from);
      const auto own = inner == nullptr ? from : program.symbols.line(inner->entry);
      ++pieces, nested += code->calls.size() > 1;
      wrong += !from || !own || from->file != own->file;
      pc = code->to - 1;
    }
  }
  CHECK(pieces > 1000);
  CHECK(nested > 100);
  CHECK(wrong == 0);
}

TEST_CASE("Inlined code is asked for by address and by name") {
  NEEDS_PROGRAM(program);
  auto inlined = program.inlined();
  const auto* f = program.symbols.function("runtime.newproc");
  REQUIRE(f != nullptr);
  CHECK(inlined.holds(f->entry, "runtime.getcallerpc") == false);
  CHECK(inlined.at(f->entry) == nullptr);  // the prologue is newproc's own
  CHECK(inlined.at(Addr(16)) == nullptr);
  CHECK_FALSE(inlined.holds(Addr(16), "runtime.newproc"));
  const auto* malg = program.symbols.function("runtime.malg");
  REQUIRE(malg != nullptr);
  CHECK(inlined.holds(malg->entry, "runtime.round2"));
}

TEST_CASE("A tree that is not there, or that leads in a circle, inlines nothing without end") {
  NEEDS_PROGRAM(program);
  const auto* malg = program.symbols.function("runtime.malg");
  REQUIRE(malg != nullptr);
  InlinedBodies none(program.symbols, Addr(), [](Addr) { return u32{0}; });
  CHECK_FALSE(none.holds(malg->entry, "runtime.round2"));
  InlinedBodies zeros(program.symbols, Addr(64), [](Addr) { return u32{0}; });
  CHECK_FALSE(zeros.holds(malg->entry, "runtime.round2"));
  InlinedBodies noise(program.symbols, Addr(64), [](Addr a) { return u32(a.value * 2654435761u); });
  CHECK_FALSE(noise.holds(malg->entry, "runtime.round2"));
  CHECK(InlinedBodies().at(malg->entry) == nullptr);
}
