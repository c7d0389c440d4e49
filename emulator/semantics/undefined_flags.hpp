/// What the manual leaves undefined, so that a processor may do as it likes and no verdict is due
/// when two of them differ. The one table for everything that compares with a real processor.
#pragma once

#include <string_view>

#include "emulator/base/types.hpp"

namespace emulator::semantics {

/// Of a shift or rotate: the count operand as it stands, and the bits of the operand shifted.
struct ShiftCount {
  u64 count = 1;
  unsigned width = 64;
};

/// The status flags (cpu::FlagBit) that the instruction leaves undefined.
u64 undefined_flags(std::string_view mnemonic, ShiftCount shift = {});

/// Does what undefined_flags says depend on the count?
bool undefined_by_count(std::string_view mnemonic);

/// True when the manual leaves the destination itself undefined.
bool undefined_result(std::string_view mnemonic, ShiftCount shift);

}  // namespace emulator::semantics
