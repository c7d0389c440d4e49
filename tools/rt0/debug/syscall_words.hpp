/// A system call in words, with its arguments by their names.
#pragma once

#include <string>

#include "emulator/kernel/syscall.hpp"

namespace rt0::debug {

/// "mmap(NULL, 262144, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x0)", as strace has
/// it; a number that has no row: "call 1234".
std::string system_call_text(const emulator::memory::AddressSpace& memory, emulator::u64 number,
                             const emulator::kernel::Args& args);
/// What it returned: "3", "0xc000000000", "-1 ENOENT".
std::string system_call_result(emulator::u64 rax);

}  // namespace rt0::debug
