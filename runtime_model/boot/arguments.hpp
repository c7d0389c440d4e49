/// What the kernel left on the stack: arguments, environment, auxiliary vector.
/// Go: runtime/runtime1.go, args; runtime/os_linux.go, sysargs and sysauxv.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// Keeps argc and argv, and reads what follows them.
Model<> args(Runtime& rt, i32 argc, Addr argv);
/// Finds the auxiliary vector behind the environment.
Model<> sysargs(Runtime& rt, i32 argc, Addr argv);
/// Reads the auxiliary vector. Returns how many pairs it has; as a Go slice it is longer.
Model<i64> sysauxv(Runtime& rt, model::SliceWords auxv);

}  // namespace runtime_model::boot
