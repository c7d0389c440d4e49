/// Why goroutines wait, in the words of the program's own release.
#pragma once

#include <string>
#include <vector>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/memory.hpp"

namespace runtime_model::golang {

/// The texts of the runtime's waitReasonStrings, by g.waitreason (Go: runtime/runtime2.go). They are
/// found in the program's data by how they begin, in the same way in stripped programs; releases
/// differ in what follows. Empty when there are none. `memory` holds the image as it was loaded.
std::vector<std::string> wait_reasons(const emulator::kernel::ElfImage& image, Memory& memory);

}  // namespace runtime_model::golang
