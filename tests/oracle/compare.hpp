/// Is what the emulator made of a case what the processor made of it?
#pragma once

#include <string>
#include <vector>

#include "tests/oracle/case.hpp"

namespace tests::oracle {

/// Every field that differs, as "rax: expected 0x1, got 0x2"; empty when they agree as far as the
/// manual defines the result.
std::vector<std::string> differences(const Case& one, const Outcome& expected, const Outcome& got);

/// The case for a person: bytes, text, the state before, as far as the instruction reads it.
std::string describe(const Case& one);

std::string signal_name(const Fault& fault);

}  // namespace tests::oracle
