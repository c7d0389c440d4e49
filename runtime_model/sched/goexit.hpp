/// The end of a goroutine. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// What goexit calls, where every goroutine's first function returns to.
Model<> goexit1(Runtime& rt);
/// On g0: the goroutine is dead and kept for another one; the M looks for work.
Model<> goexit0(Runtime& rt, golang::G gp);

}  // namespace runtime_model::sched
