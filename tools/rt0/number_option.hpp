/// Options that are numbers.
#pragma once

#include <CLI/CLI.hpp>

#include "emulator/base/types.hpp"

namespace rt0 {

/// To be given to an option's transform(): decimal digits, or hexadecimal ones behind 0x, from
/// `least` to `most`. CLI11 by itself takes 2^64 for 2^64-1, -1 for 2^64-1, 010 for 8, and nothing
/// for 0.
CLI::Validator whole_number(emulator::u64 least = 0, emulator::u64 most = ~emulator::u64{0});

}  // namespace rt0
