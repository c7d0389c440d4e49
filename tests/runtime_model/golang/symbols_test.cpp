#include "runtime_model/golang/symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/version.hpp"
#include "tests/runtime_model/golang/go_programs.hpp"
#include "tests/runtime_model/golang/pclntab_builder.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace runtime_model::golang;
using tests::File;
using tests::kData;
using tests::kText;

namespace {

std::string refusal(const std::vector<u8>& file) {
  try {
    SymbolTable::load(kernel::parse_elf(file));
    return {};
  } catch (const base::UserError& error) {
    return error.what();
  }
}

/// pclntab writes [...] for type arguments, which the symbol table writes out, and keeps the middle
/// dot of types local to a function, for which the symbol table has a full stop.
std::string common_spelling(std::string_view name) {
  constexpr std::string_view kMiddleDot = "\u00b7";
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    depth += name[i] == '[';
    const bool dot = name.substr(i).starts_with(kMiddleDot);
    if (depth == 0) out += dot ? '.' : name[i];
    depth -= name[i] == ']';
    i += dot;
  }
  return out;
}

/// A line for each function: entry, kind, name.
std::set<std::string> functions_of(const File& file) {
  std::set<std::string> out;
  const auto table = SymbolTable::load(kernel::parse_elf(file));
  for (const Function& f : table.functions())
    out.insert(fmt::format("{:#x} {} {}", f.entry.value, static_cast<int>(f.code),
                           common_spelling(f.name)));
  return out;
}

/// What only one of the two has.
std::string difference(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> lines;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(lines));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

kernel::ElfSymbol symbol(u32 name, u8 type, u64 value, u64 size) {
  return {name, type, 0, 1, value, size};
}

/// The synthetic program with a symbol table: rt0_go.abi0, twin, twin.abi0 and the variable main.v.
tests::ElfBuilder program_with_symtab() {
  auto b = tests::program_with_pclntab(PclntabLayout::go118);
  const std::string_view names("\0runtime.rt0_go.abi0\0main.twin\0main.twin.abi0\0main.v\0", 54);
  const kernel::ElfSymbol symbols[] = {symbol(31, 2, kText + 0x80, 0x20),
                                       symbol(21, 2, kText + 0x40, 0x31), symbol(1, 2, kText, 0x40),
                                       symbol(46, 1, kData + 8, 16)};
  const auto* bytes = reinterpret_cast<const u8*>(symbols);
  b.sections.push_back({".strtab", 3, 0, {names.begin(), names.end()}, 0});
  b.sections.push_back({".symtab", 2, 0, {bytes, bytes + sizeof symbols}, 1});
  return b;
}

}  // namespace

TEST_CASE("What is not a Go program is refused in one sentence") {
  CHECK(refusal(tests::ElfBuilder().build()).find("is not a Go program: it has neither") == 0);
  tests::ElfBuilder b;
  b.data.assign(0x200, 0);
  const std::string_view blob("\xff Go buildinf:\x08\x02");
  std::copy(blob.begin(), blob.end(), b.data.begin());
  std::copy_n("\x06go1.21", 7, b.data.begin() + 0x20);
  CHECK(refusal(b.build()).find("was built by go1.21, but has no function table") == 0);
}

TEST_CASE("A stripped program's functions are found by address and by name") {
  const auto file = tests::program_with_pclntab(PclntabLayout::go120).build();
  const auto table = SymbolTable::load(kernel::parse_elf(file), 0x1000);
  CHECK(table.source() == "pclntab (stripped, found by scanning)");
  CHECK(table.bias() == 0x1000);
  const Location at = table.locate(Addr(kText + 0x1000 + 0x45));
  REQUIRE(at);
  CHECK(at.function->name == "main.twin");
  CHECK(at.offset == 5);
  CHECK_FALSE(table.locate(Addr(kText)));
  CHECK_FALSE(table.locate(Addr(kText + 0x1000 + 0xc0)));
  REQUIRE(table.find("main.twin").size() == 2);
  CHECK(table.find("main.twin")[0]->code == Code::body);
  CHECK(table.find("main.twin")[1]->code == Code::wrapper);
  CHECK(table.function("runtime.rt0_go")->code == Code::assembly);
  CHECK(table.function("runtime.nothing") == nullptr);
  CHECK(table.describe(Addr(kText + 0x1003)) == "runtime.rt0_go+0x3");
  CHECK(table.describe(Addr(1)) == "0x1");
  CHECK(table.line(Addr(kText + 0x1004))->line == 12);
}

TEST_CASE("A symbol table's names lose their ABI suffix and keep its sense") {
  const auto file = program_with_symtab().build();
  const auto table = SymbolTable::load(kernel::parse_elf(file));
  CHECK(table.source() == "symtab");
  REQUIRE(table.functions().size() == 3);
  CHECK(table.functions()[0].name == "runtime.rt0_go");
  REQUIRE(table.find("main.twin").size() == 2);
  CHECK(table.find("main.twin")[0]->entry == Addr(kText + 0x40));
  CHECK(table.find("main.twin")[1]->code == Code::wrapper);
  CHECK(table.function_at(Addr(kText + 0x70)) != nullptr);
  CHECK(table.function_at(Addr(kText + 0x71)) == nullptr);  // padding
  REQUIRE(table.data("main.v") != nullptr);
  CHECK(table.data_at(Addr(kData + 23)) == table.data("main.v"));
  CHECK(table.data_at(Addr(kData + 24)) == nullptr);
  CHECK(table.describe(Addr(kData + 9)) == "main.v+0x1");
}

TEST_CASE("A table outlives a move") {
  const auto file = program_with_symtab().build();
  auto table = SymbolTable::load(kernel::parse_elf(file));
  const Function* f = table.function("main.twin");
  const SymbolTable moved = std::move(table);
  CHECK(moved.function("main.twin") == f);
}

TEST_CASE("A damaged symbol table is never overrun") {
  const auto whole = program_with_symtab().build();
  tests::Lcg random{3};
  for (int round = 0; round < 3000; ++round) {
    auto file = whole;
    for (u64 n = 1 + random.next() % 6; n > 0; --n)
      file[0x2000 + random.next() % (file.size() - 0x2000)] = static_cast<u8>(random.next());
    try {
      const auto table = SymbolTable::load(kernel::parse_elf(file));
      for (const Function& f : table.functions()) table.find(f.name);
      for (u64 pc = kText - 4; pc < kText + 0x100; ++pc) table.describe(Addr(pc));
    } catch (const base::UserError&) {
    }
  }
  SUCCEED("no crash, no hang");
}

TEST_CASE("A million functions of one name take no more than a moment") {
  constexpr u64 kCount = 1'000'000;
  const std::string_view names("\0main.same", 11);
  std::vector<u8> symbols(kCount * sizeof(kernel::ElfSymbol));
  for (u64 i = 0; i < kCount; ++i) {
    const auto s = symbol(1, 2, kText + i, 1);
    std::memcpy(symbols.data() + i * sizeof s, &s, sizeof s);
  }
  auto b = tests::program_with_pclntab(PclntabLayout::go120);
  b.sections.push_back({".strtab", 3, 0, {names.begin(), names.end()}, 0});
  b.sections.push_back({".symtab", 2, 0, symbols, 1});
  const auto file = b.build();
  const auto table = SymbolTable::load(kernel::parse_elf(file));
  CHECK(table.functions().size() == kCount);
  CHECK(table.find("main.same").size() == kCount);
}

TEST_CASE("Stripped or not, a real program has the same functions") {
  for (const std::string mode : {"", "-buildmode=pie "}) {
    const auto full = tests::build_go_program(mode);
    const auto stripped = tests::build_go_program(mode + "-ldflags='-s -w'");
    if (!full || !stripped) {
      WARN("skipped: there is no Go here that builds with '" << mode << "'");
      continue;
    }
    const auto expected = functions_of(*full);
    CHECK(expected.size() > 1000);
    CHECK(difference(functions_of(*stripped), expected) == "");
    CHECK(difference(functions_of(tests::without_sections(*stripped)), expected) == "");
    CHECK(difference(functions_of(tests::without_sections(*full)), expected) == "");
  }
}

TEST_CASE("A real program's symbols are what the program says of itself") {
  const auto file = tests::build_go_program("");
  if (!file) {
    WARN("skipped: there is no Go here");
    return;
  }
  const auto image = kernel::parse_elf(*file);
  const auto table = SymbolTable::load(image);
  CHECK(table.source() == "symtab");
  CHECK(table.locate(image.entry).function->name == "_rt0_amd64_linux");
  CHECK(table.locate(image.entry).offset == 0);
  CHECK(table.function("runtime.mcall")->code == Code::assembly);
  CHECK(table.function("runtime.schedinit")->code == Code::body);
  CHECK(table.find("runtime.schedinit").size() == 2);
  CHECK(table.data("runtime.g0") != nullptr);
  CHECK(table.describe(table.data("runtime.m0")->address + 8) == "runtime.m0+0x8");
  const auto line = table.line(table.function("main.main")->entry);
  REQUIRE(line);
  CHECK(line->file.ends_with("main.go"));
  CHECK(line->line == 10);
  const BuildInfo info = read_build_info(image);
  CHECK(info.release.known());
  CHECK(info.module == "example.com/rt0test");
  CHECK_FALSE(info.build_id.empty());
}

TEST_CASE("A real program's damaged tables are never overrun") {
  const auto whole = tests::build_go_program("-ldflags='-s -w'");
  if (!whole) {
    WARN("skipped: there is no Go here");
    return;
  }
  const auto image = kernel::parse_elf(*whole);
  const auto* section = image.section(".gopclntab");
  REQUIRE(section != nullptr);
  const u64 start = static_cast<u64>(section->bytes.data() - whole->data());
  tests::Lcg random{11};
  auto file = *whole;
  for (int round = 0; round < 40; ++round) {
    for (u64 n = 0; n < 2000; ++n)
      file[start + 8 + random.next() % (section->size - 8)] = static_cast<u8>(random.next());
    if (round % 2)
      std::copy_n(whole->begin() + static_cast<std::ptrdiff_t>(start), 128,
                  file.begin() + static_cast<std::ptrdiff_t>(start));  // a good header
    try {
      const auto table = SymbolTable::load(kernel::parse_elf(file));
      for (const Function& f : table.functions()) table.line(f.entry + f.size() / 2);
    } catch (const base::UserError&) {
    }
  }
  SUCCEED("no crash, no hang");
}
