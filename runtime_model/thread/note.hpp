/// Sleeping and waking: a note is a word on which one M sleeps once. Go: runtime/lock_futex.go,
/// os_linux.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// Sleeps until the note is set. Parks: begins afresh when the futex call is over.
Model<> notesleep(Runtime& rt, golang::Note n);
/// Sets the note and wakes who sleeps on it. May happen before the other goes to sleep.
Model<> notewakeup(Runtime& rt, golang::Note n);
/// Makes the note ready for another use. Inside of a step; Go inlines it.
void noteclear(Runtime& rt, const golang::Note& n);

/// Sleeps while the word at `addr` is `val`, at most `ns` nanoseconds unless that is negative. May
/// return sooner. Parks.
Model<> futexsleep(Runtime& rt, Addr addr, u32 val, i64 ns);
/// Wakes at most `count` threads that sleep on the word at `addr`.
Model<> futexwakeup(Runtime& rt, Addr addr, u32 count);

}  // namespace runtime_model::thread
