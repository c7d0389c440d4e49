// Debug information of version 5, which Go writes since 1.25: location lists, indexed addresses.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/debug_info.hpp"
#include "runtime_model/golang/symbols.hpp"
#include "tests/support/catch.hpp"

using namespace runtime_model::golang;
using emulator::Addr;
using emulator::u64;
using emulator::u8;

namespace {

std::vector<u8> bytes_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Where a function of the sample begins: its symbol's value.
Addr entry_of(const emulator::kernel::ElfImage& image, std::string_view name) {
  const auto* symbols = image.section(".symtab");
  const auto* strings = image.section(".strtab");
  REQUIRE(symbols != nullptr);
  REQUIRE(strings != nullptr);
  const auto table = symbols->bytes, text = strings->bytes;
  for (std::size_t at = 0; at + 24 <= table.size(); at += 24) {
    u64 value = 0;
    emulator::u32 offset = 0;
    std::copy_n(&table[at + 8], 8, reinterpret_cast<u8*>(&value));
    std::copy_n(&table[at], 4, reinterpret_cast<u8*>(&offset));
    const std::string_view rest(reinterpret_cast<const char*>(&text[offset]), text.size() - offset);
    if (rest.starts_with(name) && rest[name.size()] == 0) return Addr(value);
  }
  FAIL("no symbol " << name);
  return {};
}

}  // namespace

TEST_CASE("variables of DWARF 5: in registers at a function's entry, with their types") {
  const auto file = bytes_of(RT0_SAMPLE_VARIABLES);
  const auto image = emulator::kernel::parse_elf(file);
  Layouts layouts;
  DebugInfo info(DwarfFile::open(image), layouts);
  if (info.state() == DwarfFile::State::no_library) {
    WARN("SKIP: there is no libdw.so.1 here");
    return;
  }
  REQUIRE(info.state() == DwarfFile::State::open);
  const Addr entry = entry_of(image, "sample_add");
  const auto scopes = info.scopes_at(entry);
  REQUIRE(scopes.size() == 1);
  CHECK(scopes[0].function == "sample_add");
  LocationContext context;
  context.pc = entry, context.cfa = 0x1000;
  context.reg = [](unsigned n) { return std::optional<u64>(100 + n); };
  context.word = [](Addr) { return std::optional<u64>(); };
  std::map<std::string, std::vector<ValuePiece>> places;
  std::map<std::string, TypeId> types;
  for (const auto& v : scopes[0].variables) {
    info.complete(v.type);
    types[v.name] = v.type;
    places[v.name] = info.locate(v, context, layouts.type(v.type).size);
  }
  // System V ABI for AMD64: rdi and rsi, DWARF's registers 5 and 4.
  REQUIRE(places["a"].size() == 1);
  CHECK(places["a"][0].in == ValuePiece::In::reg);
  CHECK(places["a"][0].where == 5);
  CHECK(places["a"][0].size == 2);
  REQUIRE(places["pair"].size() == 1);
  CHECK(places["pair"][0].where == 4);
  REQUIRE(types.contains("sum"));
  CHECK(layouts.type(types["a"]).kind == Kind::signed_int);
  CHECK(layouts.type(types["pair"]).kind == Kind::pointer);
  CHECK(info.scopes_at(Addr(entry.value - 0x100000)).empty());
}
