/// What one execution of an instruction leaves undefined: from its facts and the count that it
/// shifts by.
#pragma once

#include <span>

#include "emulator/decode/facts.hpp"

namespace rt0::verify {

using emulator::u64;
using emulator::u8;

/// The status flags that the manual leaves undefined after this execution; `rcx` as it was before.
u64 undefined_flags(const emulator::decode::InsnFacts& facts, std::span<const u8> code, u64 rcx);
/// May the destination register be anything?
bool undefined_result(const emulator::decode::InsnFacts& facts, std::span<const u8> code, u64 rcx);

}  // namespace rt0::verify
