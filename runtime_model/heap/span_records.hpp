/// Records of spans, and the maps that lead from an address to one. Go: runtime/mheap.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// A record from this P's cache of them, or null; needs no lock.
golang::Mspan tryAllocMSpan(Runtime& rt);
/// A record; h.lock is held. With a P its cache takes in 64 at once when it is empty.
Model<golang::Mspan> allocMSpanLocked(Runtime& rt, golang::Mheap h);
Part<> freeMSpanLocked(Runtime& rt, golang::Mheap h, golang::Mspan s);

/// Lets the arena's page table point to s for each of its pages.
Model<> setSpans(Runtime& rt, golang::Mheap h, Addr base, u64 npages, golang::Mspan s);
/// Were these pages in use before? Memory that is fresh from the kernel is zero.
Model<bool> allocNeedsZero(Runtime& rt, golang::Mheap h, Addr base, u64 npages);
/// Marks the page at which a span of the collected heap begins, or takes the mark away. Inside of a
/// step.
void mark_page_in_use(Runtime& rt, const golang::Mspan& s, bool in_use);

}  // namespace runtime_model::heap
