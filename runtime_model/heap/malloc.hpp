/// Where every heap object comes from. Go: runtime/malloc.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// An object of `size` bytes; `type` is null for one without pointers.
Model<Addr> mallocgc(Runtime& rt, u64 size, Addr type, bool needzero);
Model<Addr> newobject(Runtime& rt, Addr type);

}  // namespace runtime_model::heap
