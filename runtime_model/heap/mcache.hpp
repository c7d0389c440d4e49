/// Each P's own spans, one of each class, from which objects are taken without a lock.
/// Go: runtime/mcache.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

Model<golang::Mcache> allocmcache(Runtime& rt);
/// Another span of a class; the one that the cache has is full.
Model<> refill(Runtime& rt, golang::Mcache c, u8 span_class);
/// A span of its own for an object of more than 32 KiB.
Part<golang::Mspan> allocLarge(Runtime& rt, golang::Mcache c, u64 size, bool noscan);
/// go1.17: whether its memory is zero.
Model<std::tuple<golang::Mspan, bool>> allocLarge_zeroing(Runtime& rt, golang::Mcache c, u64 size,
                                                          bool needzero, bool noscan);
/// The next free object when the span's cached bits tell of none, its span, and whether that was
/// so much work that a collection may be due.
Model<std::tuple<Addr, golang::Mspan, bool>> nextFree(Runtime& rt, golang::Mcache c, u8 span_class);

}  // namespace runtime_model::heap
