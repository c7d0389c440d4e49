/// The first goroutine. Go: runtime/proc.go, main; runtime/mgc.go, gcenable.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// runtime.main: its milestones, from mainStarted to exit. Whatever it calls is a long call.
Model<> runtime_main(Runtime& rt);
/// Starts the sweeper and the scavenger, and lets collections begin.
Model<> gcenable(Runtime& rt);

}  // namespace runtime_model::boot
