#include "runtime_model/heap/models.hpp"

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/grow.hpp"
#include "runtime_model/heap/malloc.hpp"
#include "runtime_model/heap/malloc_init.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/mcentral.hpp"
#include "runtime_model/heap/span_records.hpp"
#include "runtime_model/heap/span_set.hpp"
#include "runtime_model/heap/spans.hpp"

namespace runtime_model::heap {
namespace {

// go1.22 has another heap: malloc headers, bitmaps at the ends of spans, 16-bit object counts.
constexpr golang::Releases kHeap{17, 21}, kBefore19{17, 18}, kFrom19{19, 21};

void add_pages(model::Registry& registry) {
  registry.add("runtime.(*mheap).alloc", kFrom19, alloc);
  registry.add("runtime.(*mheap).alloc", kBefore19, alloc_zeroing);
  registry.add("runtime.(*mheap).allocSpan", kHeap, allocSpan);
  registry.add("runtime.(*mheap).allocManual", kHeap, allocManual);
  registry.add("runtime.(*mheap).freeManual", kHeap, freeManual);
  registry.add("runtime.(*mheap).freeSpanLocked", kHeap, freeSpanLocked);
  registry.add("runtime.(*mheap).allocMSpanLocked", kHeap, allocMSpanLocked);
  registry.add("runtime.(*mheap).freeMSpanLocked", kHeap, freeMSpanLocked);
  registry.add("runtime.(*mheap).setSpans", kHeap, setSpans);
  registry.add("runtime.(*mheap).allocNeedsZero", kHeap, allocNeedsZero);
  registry.add("runtime.(*mheap).grow", kFrom19, grow);
  registry.add("runtime.(*mheap).grow", kBefore19, grow_or_fail);
  registry.add("runtime.(*pageCache).alloc", kHeap, page_cache_alloc);
}

void add_caches(model::Registry& registry) {
  registry.add("runtime.allocmcache", kHeap, allocmcache);
  registry.add("runtime.(*mcache).refill", kHeap, refill);
  registry.add("runtime.(*mcache).nextFree", kHeap, nextFree);
  registry.add("runtime.(*mcache).allocLarge", kFrom19, allocLarge);
  registry.add("runtime.(*mcache).allocLarge", kBefore19, allocLarge_zeroing);
  registry.add("runtime.(*mcentral).cacheSpan", kHeap, cacheSpan);
  registry.add("runtime.(*mcentral).uncacheSpan", kHeap, uncacheSpan);
  registry.add("runtime.(*mcentral).grow", kHeap, mcentral_grow);
  registry.add("runtime.(*spanSet).push", kHeap, span_set_push);
  registry.add("runtime.(*spanSet).pop", kHeap, span_set_pop);
  registry.add("runtime.(*mspan).nextFreeIndex", kHeap, nextFreeIndex);
  registry.add("runtime.(*mspan).refillAllocCache", kHeap, refillAllocCache);
  registry.add("runtime.newMarkBits", kHeap, newMarkBits);
  registry.add("runtime.newAllocBits", kHeap, newAllocBits);
}

}  // namespace

void add_models(model::Registry& registry) {
  registry.add("runtime.mallocinit", kHeap, mallocinit);
  registry.add("runtime.(*mheap).init", kHeap, mheap_init);
  // In their place heapBitsSetType could find too little stack and have it moved, with the gate on
  // it, of which Go's unwinder knows nothing: these two only stand beside the real code.
  registry.add("runtime.mallocgc", kHeap, mallocgc, model::Use::beside);
  registry.add("runtime.newobject", kHeap, newobject, model::Use::beside);
  registry.add("runtime.persistentalloc", kHeap, persistentalloc);
  registry.add("runtime.persistentalloc1", kHeap, persistentalloc1);
  registry.add("runtime.(*fixalloc).init", kHeap, fixalloc_init);
  registry.add("runtime.(*fixalloc).alloc", kHeap, fixalloc_alloc);
  registry.add("runtime.recordspan", kHeap, recordspan);
  add_pages(registry);
  add_caches(registry);
}

}  // namespace runtime_model::heap
