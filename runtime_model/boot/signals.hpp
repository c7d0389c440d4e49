/// Signals, when a thread begins and when the process does. Go: runtime/signal_unix.go.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// Installs the runtime's handler for every signal that Go looks after.
Model<> initsig(Runtime& rt, bool preinit);
/// The thread's alternate signal stack, gsignal's.
Part<> minitSignalStack(Runtime& rt);
/// The thread's signal mask: what must never be blocked is not.
Part<> minitSignalMask(Runtime& rt);

}  // namespace runtime_model::boot
