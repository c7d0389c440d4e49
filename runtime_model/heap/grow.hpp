/// How the heap gets address space: arenas at hinted addresses, 4 MiB of them at a time.
/// Go: runtime/mheap.go, runtime/malloc.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// Adds at least npages to the heap; h.lock is held. How many bytes it grew by.
Model<u64> grow(Runtime& rt, golang::Mheap h, u64 npages);
/// go1.17 tells only that it worked.
Part<bool> grow_or_fail(Runtime& rt, golang::Mheap h, u64 npages);
/// What is over the goal is returned to the kernel, from where it will be missed least, when the
/// heap has grown: go1.17 in grow, go1.18 in allocSpan, and later releases by a goal of their own.
Part<> scavenge_to_goal(Runtime& rt, golang::Mheap h, u64 growth);
/// Reserves address space for whole arenas, and makes their descriptions.
Model<std::tuple<Addr, u64>> sys_alloc(Runtime& rt, golang::Mheap h, u64 bytes);

}  // namespace runtime_model::heap
