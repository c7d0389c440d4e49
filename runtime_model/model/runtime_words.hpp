/// Words of Go's runtime that the models of several rooms need: states, stack guards, and the small
/// functions that Go inlines everywhere. Go: runtime/runtime2.go, stack.go, runtime1.go.
#pragma once

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::model {

/// g.atomicstatus.
inline constexpr u32 kGidle = 0, kGrunnable = 1, kGrunning = 2, kGsyscall = 3, kGwaiting = 4,
                     kGdead = 6, kGcopystack = 8, kGpreempted = 9;
inline constexpr u32 kGscan = 0x1000;  ///< with one of the others: its stack is being scanned
/// p.status.
inline constexpr u32 kPidle = 0, kPrunning = 1, kPsyscall = 2, kPgcstop = 3, kPdead = 4;

/// Below stack.lo + kStackGuard a function may not begin; what is under it is for functions that do
/// not check. Go: runtime/stack.go, _StackGuard, for linux/amd64.
inline constexpr u64 kStackGuard = 928;
/// In g.stackguard0: no stack pointer is above it, so the next function to begin asks for more
/// stack, and newstack sees why. Go: runtime/stack.go, stackPreempt, uintptrMask & -1314.
inline constexpr Addr kStackPreempt{0xffff'ffff'ffff'fade};

/// While m.locks is not zero the goroutine stays on its M. Inside of a step.
inline void acquirem(Runtime& rt) { rt.getm().locks() += 1; }
/// Inside of a step. A request to preempt that came meanwhile was put off: it is due now.
inline void releasem(Runtime& rt) {
  const golang::G gp = rt.getg();
  const golang::M mp = gp.m();
  mp.locks() -= 1;
  if (mp.locks() == 0 && gp.preempt()) gp.stackguard0() = kStackPreempt;
}

/// The time in nanoseconds, by real code. Go's nanotime, which is inlined.
inline Runtime::Called<emulator::i64> nanotime(Runtime& rt) {
  return rt.call<emulator::i64>("runtime.nanotime1");
}

}  // namespace runtime_model::model
