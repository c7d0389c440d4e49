/// The end of a goroutine. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// What goexit calls, where every goroutine's first function returns to.
Model<> goexit1(Runtime& rt);
/// On g0: the goroutine is dead and kept for another one; the M looks for work.
/// Most of goexit0, and from go1.22 on a function of its own.
Part<> gdestroy(Runtime& rt, golang::G gp);
/// gdestroy as real code calls it.
Model<> gdestroy_alone(Runtime& rt, golang::G gp);
Model<> goexit0(Runtime& rt, golang::G gp);

}  // namespace runtime_model::sched
