/// The heap before its first object. Go: runtime/malloc.go, mallocinit; runtime/mheap.go, init.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

Model<> mallocinit(Runtime& rt);
Model<> mheap_init(Runtime& rt, golang::Mheap h);

}  // namespace runtime_model::heap
