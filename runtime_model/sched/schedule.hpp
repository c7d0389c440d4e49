/// One round of the scheduler. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// Finds a goroutine that can run, and runs it. Never returns.
Model<> schedule(Runtime& rt);
/// As in go1.17 and go1.18, where half of what findRunnable does later is here.
Model<> schedule_1_17(Runtime& rt);

}  // namespace runtime_model::sched
