/// States of a goroutine, and the change from one to another. Go: runtime/runtime2.go,
/// runtime/proc.go.
#pragma once

#include "runtime_model/model/model.hpp"

namespace runtime_model::sched {

using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Runtime;

inline constexpr u32 kGidle = 0, kGrunnable = 1, kGrunning = 2, kGsyscall = 3, kGwaiting = 4,
                     kGdead = 6, kGcopystack = 8, kGpreempted = 9;
inline constexpr u32 kGscan = 0x1000;  ///< with one of the others: its stack is being scanned

/// Changes a goroutine's state; every eighth change out of running starts to time its waits.
Model<> casgstatus(Runtime& rt, golang::G gp, u32 from, u32 to);
/// casgstatus as it is called by real code: leaves it alone when it has to wait.
Model<> casgstatus_alone(Runtime& rt, golang::G gp, u32 from, u32 to);

/// The clock, by real code: nanoseconds.
inline Runtime::Called<i64> nanotime(Runtime& rt) { return rt.call<i64>("runtime.nanotime1"); }

/// acquirem and releasem: while m.locks is not zero the goroutine stays on its M. Inside of a step.
void acquirem(Runtime& rt);
void releasem(Runtime& rt);

inline constexpr std::string_view kTracing = "an execution trace is being written";
bool tracing(Runtime& rt);
/// Why models that write pointers leave a call to the real code, or "".
std::string_view unmodelled(Runtime& rt);

}  // namespace runtime_model::sched
