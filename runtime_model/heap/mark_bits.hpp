/// Bits for each object of a span: which are allocated, which the collector has marked.
/// Go: runtime/mheap.go (gcBits), runtime/mbitmap.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// Zeroed bits for `nelems` objects.
Model<Addr> newMarkBits(Runtime& rt, u64 nelems);
Model<Addr> newAllocBits(Runtime& rt, u64 nelems);

/// Loads 64 bits of allocBits, inverted: a set bit is a free object.
Model<> refillAllocCache(Runtime& rt, golang::Mspan s, u64 which_byte);
/// The index of the next free object, which becomes taken; nelems when there is none.
Model<u64> nextFreeIndex(Runtime& rt, golang::Mspan s);

}  // namespace runtime_model::heap
