/// An M and a P come together and part. Go: runtime/proc.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// The current M takes an idle P, to run Go code with it.
Model<> acquirep(Runtime& rt, golang::P pp);
/// The part of acquirep that needs no P yet.
Model<> wirep(Runtime& rt, golang::P pp);
/// The current M gives up its P, which it returns.
Model<golang::P> releasep(Runtime& rt);

}  // namespace runtime_model::thread
