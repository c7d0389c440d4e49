/// Guest faults: what an instruction can raise instead of retiring (SDM vol. 3, chapter 6). They
/// are values on their way to becoming guest signals; the run loop catches them, nobody else does.
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::cpu {

enum class Access : u8 { read, write, fetch };

enum class FaultKind : u8 {
  page,                // #PF: SIGSEGV
  bus,                 // access beyond the end of a mapped file: SIGBUS
  general_protection,  // #GP: SIGSEGV with si_code SI_KERNEL
  stack,               // #SS, an address that is not canonical in the stack segment: SIGBUS
  divide,              // #DE: SIGFPE
  invalid_opcode,      // #UD: SIGILL
  breakpoint,          // #BP (int3): SIGTRAP
  simd,                // #XM: SIGFPE
};

struct GuestFault {
  FaultKind kind;
  Addr address{};                // page, bus: the address accessed; else unused
  Access access = Access::read;  // page, bus
  bool present =
      false;  // page: mapped, but not for this access (SEGV_ACCERR rather than SEGV_MAPERR)
};

}  // namespace emulator::cpu
