/// Memory operands: where they point, and the base, index, scale and displacement that say so.
#pragma once

#include "tests/oracle/case.hpp"
#include "tests/oracle/forms.hpp"

namespace tests::oracle {

/// An address for `size` bytes: mostly well inside the data; also across its borders of every kind,
/// in the read-only page, where nothing is mapped, and no address at all (not canonical).
u64 pick_address(Random& random, u64 size);

/// An address at which `size` bytes can be written.
u64 pick_good_address(Random& random, u64 size);

struct MemoryOperand {
  ZydisEncoderOperand operand{};
  bool fs = false;            ///< needs an FS prefix
  bool rip_relative = false;  ///< its displacement counts from the instruction's end
  u64 target = 0;
};

/// Makes an operand for `target` and gives the registers in it the values that this takes.
MemoryOperand make_memory_operand(Random& random, const Form& form, u64 target, u16 bytes,
                                  CpuState& state);

ZydisRegister gpr64(u64 number);

}  // namespace tests::oracle
