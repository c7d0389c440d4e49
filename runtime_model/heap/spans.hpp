/// Pages of the heap, in spans. Go: runtime/mheap.go, runtime/mpagecache.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// Pages, and how many bytes of them had been returned to the kernel.
using Pages = std::tuple<Addr, u64>;

/// Does the model know all that the real allocSpan would do now? It does not scavenge.
bool allocates_spans(Runtime& rt, u64 npages);

Part<Pages> page_cache_alloc(Runtime& rt, golang::PageCache c, u64 npages);
Model<golang::Mspan> allocSpan(Runtime& rt, golang::Mheap h, u64 npages, u8 use, u8 span_class);
Model<golang::Mspan> allocManual(Runtime& rt, golang::Mheap h, u64 npages, u8 use);
/// A span of the collected heap. go1.17 clears it here when `needzero`.
Model<golang::Mspan> alloc(Runtime& rt, golang::Mheap h, u64 npages, u8 span_class);
Model<std::tuple<golang::Mspan, bool>> alloc_zeroing(Runtime& rt, golang::Mheap h, u64 npages,
                                                     u8 span_class, bool needzero);
Model<> freeManual(Runtime& rt, golang::Mheap h, golang::Mspan s, u8 use);
Model<> freeSpanLocked(Runtime& rt, golang::Mheap h, golang::Mspan s, u8 use);

}  // namespace runtime_model::heap
