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
constexpr int kHeapReleases[] = {17, 18, 19, 20, 21};

void add_pages(model::Registry& registry, golang::Releases r) {
  if (r.first < 18)
    registry.add("runtime.(*mheap).alloc", r, alloc_zeroing);
  else
    registry.add("runtime.(*mheap).alloc", r, alloc);
  registry.add("runtime.(*mheap).allocSpan", r, allocSpan);
  registry.add("runtime.(*mheap).allocManual", r, allocManual);
  registry.add("runtime.(*mheap).freeManual", r, freeManual);
  registry.add("runtime.(*mheap).freeSpanLocked", r, freeSpanLocked);
  registry.add("runtime.(*mheap).allocMSpanLocked", r, allocMSpanLocked);
  registry.add("runtime.(*mheap).freeMSpanLocked", r, freeMSpanLocked);
  registry.add("runtime.(*mheap).setSpans", r, setSpans);
  registry.add("runtime.(*mheap).allocNeedsZero", r, allocNeedsZero);
  // In place of the real code a heap of gigabytes does not come out right yet.
  if (r.first < 18)
    registry.add("runtime.(*mheap).grow", r, grow_or_fail, model::Use::beside);
  else
    registry.add("runtime.(*mheap).grow", r, grow, model::Use::beside);
  registry.add("runtime.(*pageCache).alloc", r, page_cache_alloc);
}

void add_caches(model::Registry& registry, golang::Releases r) {
  // go1.20 on writes a new span's bitmap in a function that may need more stack, and have it moved.
  const auto use = r.first >= 20 ? model::Use::on_g0 : model::Use::anywhere;
  registry.add("runtime.allocmcache", r, allocmcache);
  registry.add("runtime.(*mcache).refill", r, refill, use);
  registry.add("runtime.(*mcache).nextFree", r, nextFree, use);
  if (r.first < 18)
    registry.add("runtime.(*mcache).allocLarge", r, allocLarge_zeroing);
  else
    registry.add("runtime.(*mcache).allocLarge", r, allocLarge);
  registry.add("runtime.(*mcentral).cacheSpan", r, cacheSpan, use);
  registry.add("runtime.(*mcentral).uncacheSpan", r, uncacheSpan);
  registry.add("runtime.(*mcentral).grow", r, mcentral_grow, use);
  registry.add("runtime.(*spanSet).push", r, span_set_push);
  registry.add("runtime.(*spanSet).pop", r, span_set_pop);
  registry.add("runtime.(*mspan).nextFreeIndex", r, nextFreeIndex);
  registry.add("runtime.(*mspan).refillAllocCache", r, refillAllocCache);
  registry.add("runtime.newMarkBits", r, newMarkBits);
  registry.add("runtime.newAllocBits", r, newAllocBits);
}

void add_objects(model::Registry& registry, golang::Releases r) {
  registry.add("runtime.mallocinit", r, mallocinit);
  registry.add("runtime.(*mheap).init", r, mheap_init);
  // In their place heapBitsSetType could find too little stack and have it moved, with the gate on
  // it, of which Go's unwinder knows nothing: these two only stand beside the real code.
  registry.add("runtime.mallocgc", r, mallocgc, model::Use::beside);
  registry.add("runtime.newobject", r, newobject, model::Use::beside);
  registry.add("runtime.persistentalloc", r, persistentalloc);
  registry.add("runtime.persistentalloc1", r, persistentalloc1);
  registry.add("runtime.(*fixalloc).init", r, fixalloc_init);
  registry.add("runtime.(*fixalloc).alloc", r, fixalloc_alloc);
  registry.add("runtime.recordspan", r, recordspan);
}

}  // namespace

void add_models(model::Registry& registry) {
  for (const int go : kHeapReleases) {
    const golang::Releases r{go, go};
    add_objects(registry, r);
    add_pages(registry, r);
    add_caches(registry, r);
  }
}

}  // namespace runtime_model::heap
