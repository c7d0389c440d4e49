// What a program says of itself: function table, symbols, build information, boot routines.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/boot_routines.hpp"
#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/version.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/runtime_model/golang/pclntab_builder.hpp"

namespace fuzz {
namespace {

using namespace emulator;
namespace golang = runtime_model::golang;

/// Whole programs begin as such; anything else is the data segment of one.
Input program_of(Bytes input) {
  if (input.size() > 4 && input[0] == 0x7f && input[1] == 'E')
    return Input(input.begin(), input.end());
  tests::ElfBuilder b;
  b.set_data({input.begin(), input.end()});
  return b.build();
}

void ask(const golang::SymbolTable& symbols) {
  constexpr std::size_t kMost = 64;
  std::size_t length = 0;
  const auto functions = symbols.functions();
  for (const auto& f : functions.first(std::min(functions.size(), kMost))) {
    length += f.name.size() + symbols.describe(f.entry).size();
    length += symbols.locate(f.end - 1).offset;
    for (const u64 step : {0, 1, 4, 0x100000})
      if (const auto line = symbols.line(f.entry + step)) length += line->file.size();
    length += symbols.find(f.name).size();
  }
  const auto data = symbols.data_symbols();
  for (const auto& d : data.first(std::min(data.size(), kMost)))
    length += symbols.data_at(d.address) != nullptr;
  for (const u64 a : {u64{0}, tests::kText, tests::kText + 0x41, ~u64{0}})
    length += symbols.describe(Addr(a)).size();
  if (length == ~std::size_t{0}) fail("names as long as memory");
}

}  // namespace

void run_symbols(Bytes input) {
  const Input file = program_of(input);
  try {
    const kernel::ElfImage image = kernel::parse_elf(file);
    const golang::BuildInfo build = golang::read_build_info(image);
    const auto symbols = golang::SymbolTable::load(image);
    ask(symbols);
    (void)golang::find_boot_routines(symbols, golang::GoRelease{});
  } catch (const base::UserError&) {
  }
}

std::vector<Input> symbol_seeds() {
  using enum golang::PclntabLayout;
  std::vector<Input> seeds;
  for (const auto layout : {go12, go116, go118, go120}) {
    seeds.push_back(tests::program_with_pclntab(layout).data);
    tests::ElfBuilder sections = tests::program_with_pclntab(layout);
    sections.sections = {{".gopclntab", 1, tests::kTableAt, tests::build_pclntab(layout)}};
    seeds.push_back(sections.build());
  }
  seeds.push_back(tests::program_with_moduledata().build());
  // .symtab with two functions, and a build information blob of 1.18 and later.
  tests::ElfBuilder b = tests::program_with_pclntab(go118);
  struct Symbol {
    u32 name;
    u8 info, other;
    u16 section;
    u64 value, size;
  };
  const Symbol table[] = {{}, {1, 2, 0, 1, tests::kText, 0x40}, {9, 1, 0, 2, tests::kData, 8}};
  const auto* bytes = reinterpret_cast<const u8*>(table);
  const std::string_view names("\0main.go\0main.x\0", 16);
  b.sections = {{".strtab", 3, 0, {names.begin(), names.end()}},
                {".symtab", 2, 0, {bytes, bytes + sizeof table}, 1}};
  Input info = {0xff, ' ', 'G', 'o', ' ', 'b', 'u', 'i', 'l', 'd', 'i', 'n', 'f', ':', 8, 2};
  info.resize(32);
  for (const std::string_view text : {"go1.18.1", "0123456789abcdefpath\tmain\n0123456789abcdef"}) {
    info.push_back(static_cast<u8>(text.size()));
    info.insert(info.end(), text.begin(), text.end());
  }
  b.sections.push_back({".go.buildinfo", 1, tests::kData, info});
  seeds.push_back(b.build());
  return seeds;
}

}  // namespace fuzz
