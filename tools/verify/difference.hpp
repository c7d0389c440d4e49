/// What differs between two states, as texts; and faults, the emulator's and the host's.
#pragma once

#include "emulator/cpu/fault.hpp"
#include "tools/verify/verifier.hpp"

namespace rt0::verify {

/// Only what differs; of the flags, those in `mask`.
std::vector<Difference> differences(const General& before, const General& emulator,
                                    const General& host, u64 mask);
std::vector<Difference> differences(const Vectors& before, const Vectors& emulator,
                                    const Vectors& host);

/// Is the host's trap the fault that the emulator raised? `rip`: of the instruction.
bool same_fault(const emulator::cpu::GuestFault& fault, u64 rip, const Trap& host);

/// "SIGSEGV (SEGV_MAPERR) at 0x10"
std::string describe(const emulator::cpu::GuestFault& fault);
std::string describe(const Trap& host);

}  // namespace rt0::verify
