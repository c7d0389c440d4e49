/// Does a garbage collection have marking to do? Go: runtime/mgc.go, gcMarkWorkAvailable, which is
/// inlined.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// In the P's own buffers, or for whoever comes.
bool mark_work_available(Runtime& rt, const golang::P& pp);

}  // namespace runtime_model::thread
