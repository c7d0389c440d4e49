/// Where the collector finds the pointers of small objects from go1.22 on: by a bitmap at the end
/// of their span up to 512 bytes, by a word in front of each object above. Go: runtime/mbitmap.go;
/// go1.26: runtime/mgcmark_greenteagc.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

inline constexpr u64 kMallocHeader = 8;  ///< bytes of the word that leads to an object's type

/// Does this program have them? go1.22 could be built without (GOEXPERIMENT=noallocheaders).
bool has_malloc_headers(Runtime& rt);
/// Leaves what makes a span for objects to the real code when go1.22 was built so: as in go1.21,
/// the stack may be moved while its bitmap is written.
Part<> leave_without_headers(Runtime& rt);
/// Is its collector Green Tea? The default since go1.26 (GOEXPERIMENT=greenteagc before).
bool has_green_tea(Runtime& rt);
/// heapBitsInSpan: small enough for the bitmap.
constexpr bool in_bitmap(u64 size) { return size <= 512; }
/// Do spans of such objects hold their own mark bits, at their end, for the Green Tea collector?
/// Go: gcUsesSpanInlineMarkBits.
bool marked_inline(Runtime& rt, u64 size);
/// How many objects of a small class a span of so many bytes has room for.
u64 objects_in(Runtime& rt, u64 bytes, u8 span_class);

/// No object of a new span has pointers yet.
Model<> initHeapBits(Runtime& rt, golang::Mspan s);
/// go1.20 to go1.23 may force it, for an arena of the user's.
Part<> initHeapBits_force(Runtime& rt, golang::Mspan s, bool force_clear);
/// Writes down where an object has pointers. How many bytes the collector must look through.
Model<u64> writeHeapBitsSmall(Runtime& rt, golang::Mspan s, Addr x, u64 data_size, Addr type);
/// go1.22, go1.23: the same, or the header's word if `header` is not null.
Model<u64> heapSetType(Runtime& rt, Addr x, u64 data_size, Addr type, Addr header, golang::Mspan s);

}  // namespace runtime_model::heap
