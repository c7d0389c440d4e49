/// Switching to a goroutine, and away from it. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// Runs gp on this M, for good; inherit_time: in the time slice of the one before it.
Model<> execute(Runtime& rt, golang::G gp, bool inherit_time);
/// Breaks the tie between the M and the goroutine that it ran. Inside of a step.
void dropg(Runtime& rt);
/// What gopark does on g0: the goroutine waits, the M looks for another one.
Model<> park_m(Runtime& rt, golang::G gp);
/// Makes a waiting goroutine runnable.
Model<> ready(Runtime& rt, golang::G gp, i64 traceskip, bool next);
Model<> goready(Runtime& rt, golang::G gp, i64 traceskip);

}  // namespace runtime_model::sched
