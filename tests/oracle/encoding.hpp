/// From a form and its operands to bytes and back to text: the only part that knows Zydis' encoder.
#pragma once

#include <span>
#include <string>

#include "tests/oracle/case.hpp"
#include "tests/oracle/forms.hpp"

namespace tests::oracle {

/// Fills in `one`'s bytes; false when the operands do not go together.
bool encode(const Form& form, std::span<const ZydisEncoderOperand> operands, bool fs, Case& one);

/// Exchanges "op r/m, r" and "op r, r/m" where both operands are registers: two encodings of one
/// instruction, of which the encoder always takes the same.
void flip_direction(Case& one);

ZydisRegister random_register(Random& random, Kind kind);

std::string disassemble(const Case& one);

/// The case's instruction, decoded; an immediate or implied operand is found in `operands`.
struct Decoded {
  ZydisDecodedInstruction insn;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};
Decoded decode(const Case& one);

}  // namespace tests::oracle
