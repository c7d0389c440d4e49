/// The linker's description of the program for the runtime: runtime.firstmoduledata.
/// Source: Go's runtime/symtab.go, type moduledata; cmd/link/internal/ld/symtab.go.
#pragma once

#include <optional>

#include "emulator/kernel/elf.hpp"

namespace runtime_model::golang {

/// Where the module data starts (link-time address): the aligned word in writable memory that holds
/// the pclntab's address and is followed by slices into that table. Nothing when there is none.
std::optional<emulator::Addr> find_moduledata(const emulator::kernel::ElfImage& image,
                                              emulator::Addr pclntab);

/// The field `text` of the module data of Go 1.16 and later: what function offsets count from.
/// `first` is the offset of the first function, which must come out at the field `minpc`.
std::optional<emulator::Addr> moduledata_text(const emulator::kernel::ElfImage& image,
                                              emulator::Addr pclntab, emulator::u64 first);

}  // namespace runtime_model::golang
