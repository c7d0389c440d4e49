// A program file: parsed, loaded, its first instructions executed.
#include "emulator/base/error.hpp"
#include "emulator/machine/machine.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/fuzz/target.hpp"

namespace fuzz {
namespace {

using namespace emulator;

constexpr u64 kInstructions = 2000, kMemory = u64{16} << 20;

machine::Settings small_machine() {
  machine::Settings s;
  s.kernel = tests::plain_config();
  s.max_instructions = kInstructions;
  s.memory_limit = kMemory;
  return s;
}

Input with_code(tests::ElfBuilder b, std::initializer_list<int> code) {
  Input file = b.build();
  std::size_t at = 0x1000;
  for (const int byte : code) file[at++] = static_cast<u8>(byte);
  return file;
}

}  // namespace

void run_elf(Bytes input) {
  try {
    auto image = tests::image_of({input.begin(), input.end()});
    tests::NoHost host;
    machine::Machine m(small_machine(), std::move(image), host);
    (void)m.run();
    if (m.retired() > kInstructions) fail("more instructions than allowed");
    if (m.memory().touched_bytes() > kMemory) fail("more memory than allowed");
  } catch (const base::UserError&) {
  } catch (const base::LimitReached&) {
  } catch (const base::Unimplemented&) {
  }
}

std::vector<Input> elf_seeds() {
  using namespace emulator::kernel;
  const std::initializer_list<int> exits = {0xbf, 7, 0, 0, 0, 0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
  std::vector<Input> seeds = {with_code({}, exits)};
  tests::ElfBuilder sections;
  sections.sections = {{".go.buildinfo", 1, tests::kData, Input(64, 1)}, {".symtab", 2, 0, {}, 1}};
  seeds.push_back(with_code(sections, exits));
  // Position-independent, with a dynamic table, a relocation and RELRO, as the linker makes it.
  tests::ElfBuilder pie;
  pie.header.type = kTypeDyn;
  pie.header.entry = 0x1000;
  pie.programs[0].vaddr = 0, pie.programs[1].vaddr = 0x2000;
  Input data(0x200, 0);
  const auto put = [&data](std::size_t at, u64 value) { std::memcpy(&data[at], &value, 8); };
  const u64 table[] = {kDynRela, 0x2100, kDynRelaSize, sizeof(Rela), kDynFlags1, kFlags1Pie, 0, 0};
  for (std::size_t i = 0; i < std::size(table); ++i) put(8 * i, table[i]);
  put(0x100, 0x2180), put(0x108, kRelocationRelative), put(0x110, 0x1000);
  pie.set_data(data);
  pie.programs.push_back({kDynamic, kFlagRead, 0x2000, 0x2000, 0, 0x80, 0x80, 8});
  pie.programs.push_back({kInterp, kFlagRead, 0x2000, 0x2000, 0, 0, 0, 1});
  pie.programs.push_back({kRelro, kFlagRead, 0x2000, 0x2000, 0, 0x200, 0x200, 1});
  seeds.push_back(with_code(pie, exits));
  return seeds;
}

}  // namespace fuzz
