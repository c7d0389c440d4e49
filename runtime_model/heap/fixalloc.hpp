/// Memory outside of the collected heap: persistentalloc, which never gives back, and fixalloc, for
/// the heap's own records. Go: runtime/malloc.go, runtime/mfixalloc.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// `sys_stat`: the account that the bytes go to, a sysMemStat.
Model<Addr> persistentalloc(Runtime& rt, u64 size, u64 align, Addr sys_stat);
Part<Addr> persistentalloc1(Runtime& rt, u64 size, u64 align, Addr sys_stat);

Model<> fixalloc_init(Runtime& rt, golang::Fixalloc f, u64 size, Addr first, Addr arg, Addr stat);
Model<Addr> fixalloc_alloc(Runtime& rt, golang::Fixalloc f);
/// fixalloc.free: in front of the list, linked by the block's first word. Inside of a step.
void fixalloc_free(Runtime& rt, const golang::Fixalloc& f, Addr block);

/// Called by fixalloc for each mspan that it hands out for the first time: notes it in allspans.
Model<> recordspan(Runtime& rt, golang::Mheap h, Addr span);

}  // namespace runtime_model::heap
