/// The functions into which go1.24 cut mallocgc, one for each kind of object, and those that go1.27
/// made for each size class up to 80 bytes, which compiled code also calls directly.
/// Go: runtime/malloc.go; go1.27: runtime/malloc_generated.go.
#pragma once

#include "runtime_model/heap/common.hpp"
#include "runtime_model/heap/malloc_object.hpp"

namespace runtime_model::heap {

/// The object, and how many bytes it takes up: none when it fits into a tiny block.
using Sized = std::tuple<Addr, u64>;

Model<Sized> mallocgcTiny(Runtime& rt, u64 size, Addr type);
Model<Sized> mallocgcSmallNoscan(Runtime& rt, u64 size, Addr type, bool needzero);
Model<Sized> mallocgcSmallScanNoHeader(Runtime& rt, u64 size, Addr type);
Model<Sized> mallocgcSmallScanHeader(Runtime& rt, u64 size, Addr type);
Model<Sized> mallocgcLarge(Runtime& rt, u64 size, Addr type, bool needzero);

Model<Addr> mallocgcTinySC2(Runtime& rt, u64 size, Addr type, bool needzero);
Model<Addr> mallocgcSmallNoScanSC(Runtime& rt, u64 size, Addr type, bool needzero);
Model<Addr> mallocgcSmallScanNoHeaderSC(Runtime& rt, u64 size, Addr type, bool needzero);

/// What mallocgc does from go1.24 on.
Part<Addr> allocate_by_kind(Runtime& rt, Wanted w, bool needzero);

}  // namespace runtime_model::heap
