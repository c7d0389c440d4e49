/// Preemption between any two instructions, by signal. Go: runtime/preempt.go,
/// runtime/signal_unix.go.
#pragma once

#include <tuple>

#include "runtime_model/preempt/words.hpp"

namespace runtime_model::preempt {

/// In the signal handler: makes the goroutine call asyncPreempt where it was interrupted, if that
/// is a safe place. `context` is a sigctxt.
Model<> doSigPreempt(Runtime& rt, golang::G gp, Addr context);
/// May the goroutine be stopped at this instruction, and where is it to go on?
Model<std::tuple<bool, Addr>> isAsyncSafePoint(Runtime& rt, golang::G gp, Addr pc, Addr sp,
                                               Addr lr);
/// With all registers saved, on the goroutine's stack: it gives way and comes back.
Model<> asyncPreempt2(Runtime& rt);
/// As from go1.26 on, where a function of its own does most of it.
Model<> asyncPreempt2_on_g0(Runtime& rt);

}  // namespace runtime_model::preempt
