/// Where a thread enters Go. Go: runtime/proc.go; runtime/os_linux.go, minit.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// On g0, first thing: its guards. Ends the thread when mstart1 comes back.
Model<> mstart0(Runtime& rt);
/// Sets the thread up and enters the scheduler for good.
Model<> mstart1(Runtime& rt);
/// What only the first thread does.
Model<> mstartm0(Runtime& rt);
/// The thread's signals and its number.
Model<> minit(Runtime& rt);

}  // namespace runtime_model::boot
