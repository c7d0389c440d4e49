/// Where values come from: the last writer of a place, and what it wrote it from.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/answer.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// A register as effects name it. Throws base::UserError for rip, which every instruction writes.
emulator::machine::RegisterPlace register_place(const RegisterName& name);
/// A number that is an address of the guest's memory stands for the word there: names of places on
/// stacks and in the heap come to numbers.
Value as_place(Debugger& d, const Value& v);
/// "instruction 144,979 (t1): runtime.newproc1+0x1a  mov [rax+0x38], rcx; 0x0 → 0xc00003e7d8".
Fact who_wrote(Debugger& d, const Value& place, const std::string& name);
/// The same, and again for what that instruction had read, a line for each.
Listing origin_of(Debugger& d, const Value& place, const std::string& name);

}  // namespace rt0::debug
