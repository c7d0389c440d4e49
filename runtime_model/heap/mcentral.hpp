/// The spans of one class that are in no P's cache. Go: runtime/mcentral.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// Can a span be had without sweeping?
bool caches_without_sweeping(Runtime& rt, const golang::Mcentral& c);

Model<golang::Mspan> cacheSpan(Runtime& rt, golang::Mcentral c);
Model<> uncacheSpan(Runtime& rt, golang::Mcentral c, golang::Mspan s);
Model<golang::Mspan> mcentral_grow(Runtime& rt, golang::Mcentral c);
/// Pays for a span to come by sweeping, if a sweep is under way.
Model<> deduct_sweep_credit(Runtime& rt, u64 bytes, u64 pages);
/// The bitmap for a new span's pointers.
Part<> init_heap_bits(Runtime& rt, golang::Mspan s);

}  // namespace runtime_model::heap
