/// Dead goroutines, kept to be used again: a list of each P, and one for all.
/// Go: runtime/proc.go, gfput and gfget.
#pragma once

#include "runtime_model/sched/queues.hpp"

namespace runtime_model::sched {

/// Puts a dead goroutine into P's list; from 64 on half of them go to the global list.
Model<> gfput(Runtime& rt, golang::P pp, golang::G gp);
/// A dead goroutine with a stack, or null.
Model<golang::G> gfget(Runtime& rt, golang::P pp);

}  // namespace runtime_model::sched
