/// Off the thread. Go: runtime/proc.go. All on g0.
#pragma once

#include "runtime_model/preempt/words.hpp"

namespace runtime_model::preempt {

/// Gosched's second half.
Model<> gosched_m(Runtime& rt, golang::G gp);
/// The same for a goroutine that was preempted.
Model<> gopreempt_m(Runtime& rt, golang::G gp);
/// To the end of the global queue, and on with another goroutine. preempted: not of its own will.
Model<> goschedImpl(Runtime& rt, golang::G gp, bool preempted);
/// As it is called up to go1.21.
Part<> goschedImpl_1_17(Runtime& rt, golang::G gp);
/// Stopped until whoever asked for it lets it go: the GC, to scan its stack.
Model<> preemptPark(Runtime& rt, golang::G gp);

}  // namespace runtime_model::preempt
