/// What the operating system says of the machine. Go: runtime/os_linux.go.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// How many CPUs, how large a huge page.
Model<> osinit(Runtime& rt);
/// CPUs that this thread may run on.
Model<i32> getproccount(Runtime& rt);
/// Bytes of a huge page, or 0 when there are none.
Model<u64> getHugePageSize(Runtime& rt);

}  // namespace runtime_model::boot
