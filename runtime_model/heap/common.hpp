/// What the models of the heap have in common. Go: runtime/malloc.go, mheap.go.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"

namespace runtime_model::heap {

using emulator::i32;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;

inline constexpr u64 kPageSize = 8192;            ///< Go's page
inline constexpr u64 kArenaSize = u64{64} << 20;  ///< bytes of a heap arena
inline constexpr u64 kPagesPerArena = kArenaSize / kPageSize;
inline constexpr u64 kChunkPages = 512;             ///< the heap grows by 4 MiB
inline constexpr u64 kPersistentChunk = 256 << 10;  ///< what persistentalloc maps at once

/// What a span is for; the numbers of Go's spanAllocType.
enum SpanUse : u8 {
  kSpanAllocHeap,
  kSpanAllocStack,
  kSpanAllocPtrScalarBits,
  kSpanAllocWorkBuf,
};

/// mspan.state.
enum SpanState : u8 { kSpanDead, kSpanInUse, kSpanManual };

constexpr u64 align_up(u64 n, u64 align) { return (n + align - 1) & ~(align - 1); }

/// The number of the arena that an address is in. Go: runtime/malloc.go, arenaBaseOffset: addresses
/// are counted from the lowest that is canonical, which is negative.
constexpr u64 arena_index(Addr a) { return (a.value + (u64{1} << 47)) / kArenaSize; }
/// Where the map of arenas leads from there to its description.
inline Addr arena_slot(Runtime& rt, Addr a) {
  return rt.mheap_().arenas(0).get() + 8 * arena_index(a);
}
inline golang::HeapArena arena_of(Runtime& rt, Addr a) {
  return rt.at<golang::HeapArena>(rt.load<Addr>(arena_slot(rt, a)));
}

}  // namespace runtime_model::heap
