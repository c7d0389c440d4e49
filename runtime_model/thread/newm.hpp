/// How a thread is made, up to clone. Go: runtime/proc.go, os_linux.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// A new M that begins with `fn`, a func or null, and then runs the P.
Model<> newm(Runtime& rt, Addr fn, golang::P pp, i64 id);
/// The M itself, with its g0 and gsignal, no thread yet. Borrows the P for allocating.
Model<golang::M> allocm(Runtime& rt, golang::P pp, Addr fn, i64 id);
/// Makes the thread.
Model<> newm1(Runtime& rt, golang::M mp);
/// clone, with all signals blocked.
Model<> newosproc(Runtime& rt, golang::M mp);

}  // namespace runtime_model::thread
