/// Small ELF files made in memory, to be damaged at will.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "emulator/kernel/elf.hpp"
#include "emulator/kernel/elf_records.hpp"

namespace tests {

using namespace emulator;

inline constexpr u64 kText = 0x401000, kTextSize = 0x400;  // at file offset 0x1000 once built
inline constexpr u64 kData = 0x402000;

/// A program of two segments: code at kText, where it starts, and writable `data` at kData.
struct ElfBuilder {
  struct Section {
    std::string_view name;
    u32 type = 1;
    u64 address = 0;
    std::vector<u8> bytes;
    u32 link = 0;
  };
  kernel::ElfHeader header{};
  std::vector<kernel::ProgramHeader> programs;
  std::vector<Section> sections;
  std::vector<u8> data = std::vector<u8>(0x200, 0);

  ElfBuilder() {
    const u8 ident[16] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    std::memcpy(header.ident, ident, sizeof ident);
    header.type = kernel::kTypeExec;
    header.machine = kernel::kMachineX86_64;
    header.version = 1;
    header.entry = kText;
    header.phoff = sizeof(header);
    header.ehsize = sizeof(header);
    header.phentsize = sizeof(kernel::ProgramHeader);
    header.shentsize = sizeof(kernel::SectionHeader);
    programs.push_back({kernel::kLoad, kernel::kFlagRead | kernel::kFlagExecute, 0, kText - 0x1000,
                        0, 0x1000 + kTextSize, 0x1000 + kTextSize, 0x1000});
    programs.push_back({kernel::kLoad, kernel::kFlagRead | kernel::kFlagWrite, 0x2000, kData, 0,
                        data.size(), 0x1000, 0x1000});
  }

  /// Gives the data segment these bytes.
  void set_data(std::vector<u8> bytes) {
    data = std::move(bytes);
    programs[1].filesz = data.size();
    programs[1].memsz = std::max<u64>(data.size(), 0x1000);
  }

  std::vector<u8> build() const {
    kernel::ElfHeader h = header;
    if (h.phnum == 0) h.phnum = static_cast<u16>(programs.size());
    std::vector<u8> out(0x2000);
    put(out, sizeof(h), programs.data(), programs.size() * sizeof(programs[0]));
    out.insert(out.end(), data.begin(), data.end());
    if (!sections.empty()) add_sections(out, h);
    put(out, 0, &h, sizeof(h));
    return out;
  }

 private:
  static void put(std::vector<u8>& out, u64 at, const void* from, u64 size) {
    if (out.size() < at + size) out.resize(at + size);
    std::memcpy(out.data() + at, from, size);
  }

  void add_sections(std::vector<u8>& out, kernel::ElfHeader& h) const {
    std::vector<u8> names{0};
    std::vector<kernel::SectionHeader> table(1);
    const auto add = [&](const Section& s, const std::vector<u8>& bytes) {
      table.push_back({static_cast<u32>(names.size()), s.type, 0, s.address, out.size(),
                       bytes.size(), s.link, 0, 1, 0});
      names.insert(names.end(), s.name.begin(), s.name.end());
      names.push_back(0);
      return bytes;
    };
    for (const Section& s : sections) {
      const auto bytes = add(s, s.bytes);
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
    add({".shstrtab", 3, 0, {}, 0}, {});
    table.back().size = names.size();
    h.shstrndx = static_cast<u16>(table.size() - 1);
    out.insert(out.end(), names.begin(), names.end());
    h.shoff = out.size();
    h.shnum = static_cast<u16>(table.size());
    put(out, out.size(), table.data(), table.size() * sizeof(table[0]));
  }
};

/// Numbers that are the same in every run: Knuth's MMIX generator.
struct Lcg {
  u64 state;
  u64 next() { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; }
};

}  // namespace tests
