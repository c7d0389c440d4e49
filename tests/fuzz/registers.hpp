/// Register values that are likely to mean something to an instruction.
#pragma once

#include "emulator/cpu/registers.hpp"
#include "tests/fuzz/target.hpp"

namespace fuzz {

/// Fills general and vector registers: for each general one two bytes of the input choose a kind
/// (a small number, a place in one of the areas, the edge of one, an address that is none, …); the
/// vectors follow from one more. The stack pointer is in the first area.
void choose_registers(Choices& choices, emulator::cpu::Registers& regs, u64 data, u64 data_size,
                      u64 code);

}  // namespace fuzz
