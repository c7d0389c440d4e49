/// Function tables made in memory, in each of Go's layouts.
#pragma once

#include <vector>

#include "runtime_model/golang/pclntab.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"

namespace tests {

using runtime_model::golang::PclntabLayout;

/// Three functions of 0x40 bytes each from kText: runtime.rt0_go in asm.s at line 10 and, 4 bytes
/// on, 12; main.twin in main.go; main.twin, generated.
std::vector<u8> build_pclntab(PclntabLayout layout);

/// A program whose data segment is such a table, behind 0x40 bytes of other things; without
/// sections.
ElfBuilder program_with_pclntab(PclntabLayout layout);

/// As a linker of 1.26 or later leaves it: the text's address is only in the module data, behind
/// the table.
ElfBuilder program_with_moduledata();

inline constexpr u64 kTableAt = kData + 0x40;

}  // namespace tests
