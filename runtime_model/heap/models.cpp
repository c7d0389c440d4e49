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

constexpr golang::Releases kAll{17, 27};
constexpr auto kBeside = model::Use::beside;

// A profile may have had a function inlined wherever it is called; and of a stripped program that a
// profile shaped, the code that tells where a variable is may not be known.
constexpr std::string_view kNeeds[] = {"runtime.(*pageAlloc).alloc",
                                       "runtime.(*pageAlloc).allocToCache",
                                       "runtime.(*pageAlloc).free",
                                       "runtime.(*pageAlloc).grow",
                                       "runtime.(*pageAlloc).init",
                                       "runtime.(*pageAlloc).scavenge",
                                       "runtime.(*mheap).allocSpan",
                                       "runtime.(*mcentral).cacheSpan",
                                       "runtime.(*mcentral).uncacheSpan",
                                       "runtime.memclrNoHeapPointers",
                                       "runtime.memmove",
                                       "runtime.emptymspan",
                                       "runtime.gcBitsArenas",
                                       "runtime.gcBlackenEnabled",
                                       "runtime.gcController",
                                       "runtime.gcphase",
                                       "runtime.globalAlloc",
                                       "runtime.memstats",
                                       "runtime.sweep",
                                       "runtime.zerobase"};

void add_pages(model::Registry& registry) {
  registry.add("runtime.(*mheap).alloc", {17, 17}, alloc_zeroing);
  registry.add("runtime.(*mheap).alloc", {18, 27}, alloc);
  registry.add("runtime.(*mheap).allocSpan", kAll, allocSpan);
  registry.add("runtime.(*mheap).allocManual", kAll, allocManual);
  registry.add("runtime.(*mheap).freeManual", kAll, freeManual);
  registry.add("runtime.(*mheap).freeSpanLocked", kAll, freeSpanLocked);
  registry.add("runtime.(*mheap).allocMSpanLocked", kAll, allocMSpanLocked);
  registry.add("runtime.(*mheap).freeMSpanLocked", kAll, freeMSpanLocked);
  registry.add("runtime.(*mheap).setSpans", kAll, setSpans);
  registry.add("runtime.(*mheap).allocNeedsZero", kAll, allocNeedsZero);
  // In place of the real code a heap of gigabytes does not come out right yet.
  registry.add("runtime.(*mheap).grow", {17, 17}, grow_or_fail, kBeside);
  registry.add("runtime.(*mheap).grow", {18, 27}, grow, kBeside);
  registry.add("runtime.(*pageCache).alloc", kAll, page_cache_alloc);
}

/// What makes a span for objects.
void add_span_makers(model::Registry& registry, golang::Releases r, model::Use use) {
  registry.add("runtime.(*mcache).refill", r, refill, use);
  registry.add("runtime.(*mcache).nextFree", r, nextFree, use);
  registry.add("runtime.(*mcentral).cacheSpan", r, cacheSpan, use);
  registry.add("runtime.(*mcentral).grow", r, mcentral_grow, use);
  if (r.first >= 18) registry.add("runtime.(*mcache).allocLarge", r, allocLarge, use);
}

void add_caches(model::Registry& registry) {
  registry.add("runtime.allocmcache", kAll, allocmcache);
  registry.add("runtime.(*mcache).allocLarge", {17, 17}, allocLarge_zeroing);
  add_span_makers(registry, {17, 17}, model::Use::anywhere);
  add_span_makers(registry, {18, 19}, model::Use::anywhere);
  // These two write a new span's bitmap in a function that may need more stack, and have it moved.
  // Later ones need no more for it than the model does.
  add_span_makers(registry, {20, 21}, model::Use::on_g0);
  add_span_makers(registry, {22, 27}, model::Use::anywhere);
  registry.add("runtime.(*mcentral).uncacheSpan", kAll, uncacheSpan);
  registry.add("runtime.(*spanSet).push", kAll, span_set_push);
  registry.add("runtime.(*spanSet).pop", kAll, span_set_pop);
}

void add_bits(model::Registry& registry) {
  registry.add("runtime.(*mspan).nextFreeIndex", kAll, nextFreeIndex);
  registry.add("runtime.(*mspan).refillAllocCache", kAll, refillAllocCache);
  registry.add("runtime.newMarkBits", kAll, newMarkBits);
  registry.add("runtime.newAllocBits", kAll, newAllocBits);
  registry.add("runtime.(*mspan).initHeapBits", {22, 23}, initHeapBits_force);
  registry.add("runtime.(*mspan).initHeapBits", {24, 27}, initHeapBits);
  registry.add("runtime.(*mspan).writeHeapBitsSmall", {22, 27}, writeHeapBitsSmall);
  registry.add("runtime.heapSetType", {22, 23}, heapSetType);
}

void add_start(model::Registry& registry) {
  registry.add("runtime.mallocinit", kAll, mallocinit);
  registry.add("runtime.(*mheap).init", kAll, mheap_init);
  registry.add("runtime.persistentalloc", kAll, persistentalloc);
  registry.add("runtime.persistentalloc1", kAll, persistentalloc1);
  registry.add("runtime.(*fixalloc).init", kAll, fixalloc_init);
  registry.add("runtime.(*fixalloc).alloc", kAll, fixalloc_alloc);
  registry.add("runtime.recordspan", kAll, recordspan);
}

// In place of the real code what these call could find too little stack and have it moved, with the
// gate on it, of which Go's unwinder knows nothing: they only stand beside it.
void add_objects(model::Registry& registry) {
  registry.add("runtime.mallocgc", kAll, mallocgc, kBeside);
  registry.add("runtime.newobject", kAll, newobject, kBeside);
  constexpr golang::Releases kCut{24, 27}, kSpecialised{27, 27};
  registry.add("runtime.mallocgcTiny", kCut, mallocgcTiny, kBeside);
  registry.add("runtime.mallocgcSmallNoscan", kCut, mallocgcSmallNoscan, kBeside);
  registry.add("runtime.mallocgcSmallScanNoHeader", kCut, mallocgcSmallScanNoHeader, kBeside);
  registry.add("runtime.mallocgcSmallScanHeader", kCut, mallocgcSmallScanHeader, kBeside);
  registry.add("runtime.mallocgcLarge", kCut, mallocgcLarge, kBeside);
  constexpr std::string_view kNoScan[] = {
      "runtime.mallocgcSmallNoScanSC2", "runtime.mallocgcSmallNoScanSC3",
      "runtime.mallocgcSmallNoScanSC4", "runtime.mallocgcSmallNoScanSC5",
      "runtime.mallocgcSmallNoScanSC6", "runtime.mallocgcSmallNoScanSC7"};
  constexpr std::string_view kScan[] = {
      "runtime.mallocgcSmallScanNoHeaderSC1", "runtime.mallocgcSmallScanNoHeaderSC2",
      "runtime.mallocgcSmallScanNoHeaderSC3", "runtime.mallocgcSmallScanNoHeaderSC4",
      "runtime.mallocgcSmallScanNoHeaderSC5", "runtime.mallocgcSmallScanNoHeaderSC6",
      "runtime.mallocgcSmallScanNoHeaderSC7"};
  registry.add("runtime.mallocgcTinySC2", kSpecialised, mallocgcTinySC2, kBeside);
  for (const auto name : kNoScan) registry.add(name, kSpecialised, mallocgcSmallNoScanSC, kBeside);
  for (const auto name : kScan)
    registry.add(name, kSpecialised, mallocgcSmallScanNoHeaderSC, kBeside);
}

}  // namespace

void add_models(model::Registry& registry) {
  const std::size_t others = registry.all().size();
  add_start(registry);
  add_objects(registry);
  add_pages(registry);
  add_caches(registry);
  add_bits(registry);
  registry.need_in_place(others, kNeeds);
}

}  // namespace runtime_model::heap
