/// An M that has nothing to do sleeps, and how it ends. Go: runtime/proc.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// Sleeps among the idle Ms until startm wakes it with a P. Parks.
Model<> stopm(Runtime& rt);
/// The M's own goroutine waits: gives its P away and sleeps until that goroutine can run. Parks.
Model<> stoplockedm(Runtime& rt);
/// Gives the current P to the M that the goroutine is locked to, and sleeps. Parks.
Model<> startlockedm(Runtime& rt, golang::G gp);
/// The thread ends; m0's only sleeps for good.
Model<> mexit(Runtime& rt, bool os_stack);

}  // namespace runtime_model::thread
