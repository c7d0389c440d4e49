/// What every M gets, m0 included. Go: runtime/proc.go, os_linux.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// Gives an M its number, its random numbers, its signal stack, and its place in allm. `id`: one
/// that mReserveID gave, or -1.
Model<> mcommoninit(Runtime& rt, golang::M mp, i64 id);
/// The goroutine on whose stack the M's signal handlers run.
Model<> mpreinit(Runtime& rt, golang::M mp);

}  // namespace runtime_model::thread
