/// The search for a goroutine that can run. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/find.hpp"

namespace runtime_model::sched {

/// go1.19 on: goroutine, inherits the time slice, another P is to be woken. Waits until there is
/// one.
Model<std::tuple<golang::G, bool, bool>> findRunnable(Runtime& rt);
/// Up to go1.18: schedule has looked at the first sources already.
Model<std::tuple<golang::G, bool>> findrunnable_1_17(Runtime& rt);

}  // namespace runtime_model::sched
