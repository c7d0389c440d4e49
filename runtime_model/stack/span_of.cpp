#include "runtime_model/stack/span_of.hpp"

#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {
namespace {

// linux/amd64: the 48-bit addresses, shifted so that the lower half comes first, in arenas of 64
// MiB, all in one second-level array. Go: runtime/malloc.go, arenaBaseOffset, logHeapArenaBytes.
constexpr u64 kArenaBaseOffset = 0xffff'8000'0000'0000;
constexpr u64 kHeapArenaBytes = 64 << 20;
constexpr u64 kPagesPerArena = kHeapArenaBytes / kPageSize;

}  // namespace

golang::Mspan span_of_unchecked(Runtime& rt, Addr p) {
  const u64 index = (p.value - kArenaBaseOffset) / kHeapArenaBytes;
  const Addr second_level = rt.mheap_().arenas(0);
  const auto arena = rt.at<golang::HeapArena>(rt.load<Addr>(second_level + index * 8));
  return arena.spans(p.value / kPageSize % kPagesPerArena);
}

}  // namespace runtime_model::stack
