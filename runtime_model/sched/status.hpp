/// States of a goroutine, and the change from one to another. Go: runtime/runtime2.go,
/// runtime/proc.go.
#pragma once

#include "runtime_model/model/model.hpp"
#include "runtime_model/model/runtime_words.hpp"

namespace runtime_model::sched {

using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;

using model::acquirem;
using model::kGcopystack;
using model::kGdead;
using model::kGidle;
using model::kGpreempted;
using model::kGrunnable;
using model::kGrunning;
using model::kGscan;
using model::kGsyscall;
using model::kGwaiting;
using model::kPrunning;
using model::kStackGuard;
using model::nanotime;
using model::releasem;

/// Changes a goroutine's state; every eighth change out of running starts to time its waits.
Model<> casgstatus(Runtime& rt, golang::G gp, u32 from, u32 to);
/// casgstatus as it is called by real code: leaves it alone when it has to wait.
Part<> casgstatus_alone(Runtime& rt, golang::G gp, u32 from, u32 to);

/// The synctest bubble of a goroutine, from go1.24 on, which gave it another name.
golang::Ref<Addr> bubble_of(const golang::G& gp);

inline constexpr std::string_view kTracing = "an execution trace is being written";
bool tracing(Runtime& rt);
/// Why models that write pointers leave a call to the real code, or "".
std::string_view unmodelled(Runtime& rt);

}  // namespace runtime_model::sched
