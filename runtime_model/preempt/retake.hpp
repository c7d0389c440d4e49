/// What sysmon does about goroutines that run too long, and how a request to give way is made.
/// Go: runtime/proc.go.
#pragma once

#include "runtime_model/preempt/words.hpp"

namespace runtime_model::preempt {

/// Asks the goroutine that runs on P to give way; false when none does.
Model<bool> preemptone(Runtime& rt, golang::P pp);
/// For every P: has its goroutine run for 10 ms, has its M been in a system call for a while? How
/// many Ps it took from system calls.
Model<u32> retake(Runtime& rt, i64 now);
/// As from go1.26 on, where a P in a system call stays running.
Model<u32> retake_running(Runtime& rt, i64 now);

}  // namespace runtime_model::preempt
