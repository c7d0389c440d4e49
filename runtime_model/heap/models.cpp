#include "runtime_model/heap/models.hpp"

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/grow.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/malloc.hpp"
#include "runtime_model/heap/malloc_init.hpp"
#include "runtime_model/heap/malloc_kinds.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/mcentral.hpp"
#include "runtime_model/heap/span_records.hpp"
#include "runtime_model/heap/span_set.hpp"
#include "runtime_model/heap/spans.hpp"

namespace runtime_model::heap {
namespace {

constexpr int kFirst = 17, kLast = 27;

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
  // go1.20 and go1.21 write a new span's bitmap in a function that may need more stack, and have it
  // moved. Later ones need no more for it than the model does.
  const bool moves = r.first == 20 || r.first == 21;
  const auto use = moves ? model::Use::on_g0 : model::Use::anywhere;
  registry.add("runtime.allocmcache", r, allocmcache);
  registry.add("runtime.(*mcache).refill", r, refill, use);
  registry.add("runtime.(*mcache).nextFree", r, nextFree, use);
  if (r.first < 18)
    registry.add("runtime.(*mcache).allocLarge", r, allocLarge_zeroing);
  else
    registry.add("runtime.(*mcache).allocLarge", r, allocLarge, use);
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

/// The collector's bitmap in the spans themselves.
void add_bitmap(model::Registry& registry, golang::Releases r) {
  if (r.first < 24) {
    registry.add("runtime.(*mspan).initHeapBits", r, initHeapBits_force);
    registry.add("runtime.heapSetType", r, heapSetType);
  } else {
    registry.add("runtime.(*mspan).initHeapBits", r, initHeapBits);
  }
  registry.add("runtime.(*mspan).writeHeapBitsSmall", r, writeHeapBitsSmall);
}

/// The functions that mallocgc was cut into. As mallocgc, only beside the real code.
void add_kinds(model::Registry& registry, golang::Releases r) {
  constexpr auto kBeside = model::Use::beside;
  registry.add("runtime.mallocgcTiny", r, mallocgcTiny, kBeside);
  registry.add("runtime.mallocgcSmallNoscan", r, mallocgcSmallNoscan, kBeside);
  registry.add("runtime.mallocgcSmallScanNoHeader", r, mallocgcSmallScanNoHeader, kBeside);
  registry.add("runtime.mallocgcSmallScanHeader", r, mallocgcSmallScanHeader, kBeside);
  registry.add("runtime.mallocgcLarge", r, mallocgcLarge, kBeside);
  if (r.first < 27) return;
  constexpr std::string_view kNoScan[] = {
      "runtime.mallocgcSmallNoScanSC2", "runtime.mallocgcSmallNoScanSC3",
      "runtime.mallocgcSmallNoScanSC4", "runtime.mallocgcSmallNoScanSC5",
      "runtime.mallocgcSmallNoScanSC6", "runtime.mallocgcSmallNoScanSC7"};
  constexpr std::string_view kScan[] = {
      "runtime.mallocgcSmallScanNoHeaderSC1", "runtime.mallocgcSmallScanNoHeaderSC2",
      "runtime.mallocgcSmallScanNoHeaderSC3", "runtime.mallocgcSmallScanNoHeaderSC4",
      "runtime.mallocgcSmallScanNoHeaderSC5", "runtime.mallocgcSmallScanNoHeaderSC6",
      "runtime.mallocgcSmallScanNoHeaderSC7"};
  registry.add("runtime.mallocgcTinySC2", r, mallocgcTinySC2, kBeside);
  for (const auto name : kNoScan) registry.add(name, r, mallocgcSmallNoScanSC, kBeside);
  for (const auto name : kScan) registry.add(name, r, mallocgcSmallScanNoHeaderSC, kBeside);
}

}  // namespace

void add_models(model::Registry& registry) {
  for (int go = kFirst; go <= kLast; ++go) {
    const golang::Releases r{go, go};
    add_objects(registry, r);
    add_pages(registry, r);
    add_caches(registry, r);
    if (go >= 22) add_bitmap(registry, r);
    if (go >= 24) add_kinds(registry, r);
  }
}

}  // namespace runtime_model::heap
