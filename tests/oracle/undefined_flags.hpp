/// What the manual leaves undefined, so that a processor may do as it likes and no verdict is due.
#pragma once

#include "tests/oracle/case.hpp"

namespace tests::oracle {

/// The status flags (FlagBit) that this instruction, with these operand values, leaves undefined.
u32 undefined_flags(const Case& one);

/// True when the manual leaves the destination itself undefined.
bool undefined_result(const Case& one);

}  // namespace tests::oracle
