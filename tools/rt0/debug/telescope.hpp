/// Words of memory, each followed through what it points to; and what an instruction is about to
/// read.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// A line for each of `count` words from `from`; ends where nothing is mapped.
Listing telescope(Debugger& d, Addr from, u64 count);
/// "0xc000000180 <g1> → 0xc00003e000": a value and what it leads to.
std::string chain_text(Debugger& d, u64 value);
/// "[0x4be8b0 m0+16] = 0x7ffe…": the memory that an instruction's operand names, before it
/// executes.
std::string reads_text(Debugger& d, const CodeLine& line);
/// The address of a memory operand, with the registers as they are.
Addr address_of(Debugger& d, const emulator::decode::Operand& o);

}  // namespace rt0::debug
