#include "runtime_model/heap/spans.hpp"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "runtime_model/heap/grow.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/span_records.hpp"
#include "runtime_model/heap/stats.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kPageCachePages = 64;

/// The lowest run of n set bits, or 64. Go: runtime/mpallocbits.go, findBitRange64.
unsigned find_bits(u64 word, u64 n) {
  for (u64 i = 1; i < n; ++i) word &= word >> 1;
  return static_cast<unsigned>(std::countr_zero(word));
}

/// Where pages come from under the heap's lock: the lowest free range, else a larger heap.
Part<Pages> pages_locked(Runtime& rt, golang::Mheap h, u64 npages, u64& growth) {
  const Addr pages = h.pages().address();
  Addr base = co_await rt.call<Addr>("runtime.(*pageAlloc).alloc", pages, npages);
  if (base == Addr()) {
    growth = co_await grow(rt, h, npages);
    base = co_await rt.call<Addr>("runtime.(*pageAlloc).alloc", pages, npages);
    Runtime::require(base != Addr(), "grew heap, but no adequate free space found");
  }
  co_return Pages{base, rt.result(1)};
}

/// mspan.init, and what kind of span it becomes.
void init_record(Runtime& rt, const golang::Mspan& s, Addr base, u64 npages) {
  s.next() = Addr(), s.prev() = Addr(), s.list() = Addr();
  s.startAddr() = base;
  s.npages() = npages;
  if (rt.go() >= 25) s.limit() = base + npages * kPageSize;
  s.allocCount() = 0, s.spanclass() = 0, s.elemsize() = 0;
  s.speciallock().key() = 0;
  s.specials() = Addr();
  s.needzero() = 0;
  s.freeindex() = 0;
  if (s.freeIndexForScan().exists()) s.freeIndexForScan() = 0;
  s.allocBits() = Addr(), s.gcmarkBits() = Addr();
  if (s.pinnerBits().exists()) s.pinnerBits() = Addr();
  s.state() = kSpanDead;
}

void cut_into_objects(Runtime& rt, const golang::Mspan& s, u64 bytes, u8 span_class) {
  const u8 size_class = size_class_of(span_class);
  s.spanclass() = span_class;
  s.elemsize() = size_class == 0 ? bytes : class_size(size_class);
  s.nelems() = size_class == 0 ? 1 : objects_in(rt, bytes, span_class);
  s.divMul() = size_class == 0 ? 0 : class_divmagic(size_class);
  s.allocCache() = ~u64{0};
}

/// Memory that has been returned to the kernel comes back clear, which go1.26 makes use of.
bool dirty(Runtime& rt, bool used_before, u64 bytes, u64 scav) {
  return used_before && (rt.go() < 26 || rt.debug().madvdontneed() == 0 || scav != bytes);
}

Part<> init_span(Runtime& rt, golang::Mheap h, golang::Mspan s, Addr base, u64 npages, u64 scav,
                 u8 use, u8 span_class) {
  const bool manual = use != kSpanAllocHeap;
  rt.step("allocSpan/init",
          fmt::format("the record stands for the new span from here on; pages: {}", npages),
          [&] { init_record(rt, s, base, npages); });
  const bool used_before = co_await allocNeedsZero(rt, h, base, npages);
  const bool needs_zero = dirty(rt, used_before, npages * kPageSize, scav);
  rt.step("allocSpan/kind",
          manual
              ? "whoever asked for the span manages its memory: the collector stays away"
              : fmt::format("the span's class decides how it is cut: into objects of {} bytes",
                            size_class_of(span_class) == 0 ? npages * kPageSize
                                                           : class_size(size_class_of(span_class))),
          [&] {
            if (needs_zero) s.needzero() = 1;
            if (!manual) return cut_into_objects(rt, s, npages * kPageSize, span_class);
            s.manualFreeList() = Addr();
            s.nelems() = 0;
            if (rt.go() < 25) s.limit() = base + npages * kPageSize;
            s.state() = kSpanManual;
          });
  if (manual) co_return;
  const Addr mark_bits = co_await newMarkBits(rt, s.nelems());
  const Addr alloc_bits = co_await newAllocBits(rt, s.nelems());
  rt.step("allocSpan/in-use",
          "with its mark and allocation bits the span is complete: it is in use from here on", [&] {
            s.gcmarkBits() = mark_bits;
            s.allocBits() = alloc_bits;
            if (rt.go() >= 25) s.limit() = base + s.elemsize() * s.nelems();
            s.sweepgen() = h.sweepgen();
            s.state() = kSpanInUse;
          });
}

/// Pages that had been returned to the kernel are asked back.
Part<> use_pages(Runtime& rt, Addr base, u64 bytes, u64 scav) {
  if (scav == 0) co_return;
  // Where it is small the compiler inlines sysUsed: into a call of sysHugePage in go1.17, of
  // sysUsedOS behind a count of what is mapped in go1.21.
  if (rt.has_function("runtime.sysUsed")) {
    co_await rt.call<void>("runtime.sysUsed", base, bytes, scav);
  } else if (rt.has_function("runtime.sysUsedOS")) {
    rt.step("allocSpan/mapped",
            "memory that had been returned to the kernel counts as mapped again",
            [&] { rt.gcController().mappedReady() += scav; });
    co_await rt.call<void>("runtime.sysUsedOS", base, bytes);
  } else {
    co_await rt.call<void>("runtime.sysHugePage", base, bytes);
  }
}

Part<> count_pages(Runtime& rt, u64 bytes, u64 scav, u8 use) {
  rt.step("allocSpan/totals", "the span's pages no longer count as free",
          [&] { count_totals(rt, use, static_cast<i64>(bytes), static_cast<i64>(scav)); });
  const Change change = [&](const golang::HeapStatsDelta& stats) {
    stats.committed() += static_cast<i64>(scav);
    stats.released() -= static_cast<i64>(scav);
    count(stats, use, static_cast<i64>(bytes));
  };
  const std::string text =
      fmt::format("the statistics of the heap count {} KiB more in use", bytes >> 10);
  co_await account(rt, "allocSpan/account", text, change);
}

Part<> publish(Runtime& rt, golang::Mheap h, golang::Mspan s, Addr base, u64 npages, u8 use) {
  co_await setSpans(rt, h, base, npages, s);
  if (use != kSpanAllocHeap) co_return;
  rt.step("allocSpan/publish", "the sweeper can find the span from here on", [&] {
    mark_page_in_use(rt, s, true);
    h.pagesInUse() += npages;
  });
}

/// Is there room for npages, in this P's page cache or else in the heap as it is, when the cache
/// has taken its 64 pages? The top level of the page allocator's summaries tells the longest free
/// run in each 16 GiB. Go: runtime/mpagealloc.go.
bool fits(Runtime& rt, u64 npages) {
  const u64 cached = npages < kPageCachePages / 4 ? rt.getp().pcache().cache().get() : 0;
  if (cached != 0 && find_bits(cached, npages) < kPageCachePages) return true;
  const u64 wanted = npages + (cached == 0 ? kPageCachePages : 0);
  constexpr u64 kChunksInEntry = 4096, kRunBits = 21, kAllFree = u64{1} << 63;
  const golang::PageAlloc pages = rt.mheap_().pages();
  for (u64 i = pages.start() / kChunksInEntry; i * kChunksInEntry < pages.end(); ++i) {
    const u64 sum = rt.load<u64>(pages.summary(0).data().get() + 8 * i);
    const u64 run = sum == kAllFree ? u64{1} << kRunBits : sum >> kRunBits & ((1 << kRunBits) - 1);
    if (run >= wanted) return true;
  }
  return false;
}

}  // namespace

bool allocates_spans(Runtime& rt, u64 npages) {
  const golang::GcController c = rt.gcController();
  if (!rt.getp()) return true;              // nobody scavenges without a P
  if (!c.heapFree().exists()) return true;  // go1.17, go1.18: by a call, when the heap grows
  if (c.memoryLimit() != std::numeric_limits<i64>::max()) return false;
  const u64 goal = rt.scavenge().gcPercentGoal();
  const u64 growth = align_up(npages, kChunkPages) * kPageSize;
  return goal == ~u64{0} || c.heapInUse() + c.heapFree() + growth <= goal || fits(rt, npages);
}

Part<Pages> page_cache_alloc(Runtime& rt, golang::PageCache c, u64 npages) {
  const unsigned first = c.cache() == 0 ? 64 : find_bits(c.cache(), npages);
  if (first >= 64) co_return Pages{Addr(), 0};
  const u64 mask = ((u64{1} << npages) - 1) << first;
  const u64 scavenged = static_cast<u64>(std::popcount(c.scav() & mask));
  rt.step("allocSpan/page-cache",
          fmt::format("this P's cache of 64 pages has enough free ones in a row: take {}", npages),
          [&] {
            c.cache() &= ~mask;
            c.scav() &= ~mask;
          });
  co_return Pages{c.base().get() + first * kPageSize, scavenged * kPageSize};
}

Model<golang::Mspan> allocSpan(Runtime& rt, golang::Mheap h, u64 npages, u8 use, u8 span_class) {
  if (!allocates_spans(rt, npages)) {
    if (rt.depth() > 1) {
      const Addr span =
          co_await rt.call<Addr>("runtime.(*mheap).allocSpan", h, npages, use, span_class);
      co_return rt.mspan(span);
    }
    co_await rt.decline("memory is returned to the kernel meanwhile");
  }
  const golang::P pp = rt.getp();
  const Addr lock = h.lock().address();
  Addr base;
  u64 scav = 0, growth = 0;
  golang::Mspan s = rt.mspan(Addr());
  if (pp && npages < kPageCachePages / 4) {
    const golang::PageCache cache = pp.pcache();
    if (cache.cache() == 0) {
      co_await rt.lock(lock);
      const Addr from = co_await rt.call<Addr>("runtime.(*pageAlloc).allocToCache", h.pages());
      rt.step(
          "allocSpan/refill-page-cache",
          fmt::format(
              "this P takes {} free pages into its page cache, to need the heap's lock less often",
              std::popcount(rt.result(1))),
          [&] {
            cache.base() = from;
            cache.cache() = rt.result(1);
            cache.scav() = rt.result(2);
          });
      co_await rt.unlock(lock);
    }
    const Pages pages = co_await page_cache_alloc(rt, cache, npages);
    std::tie(base, scav) = pages;
    if (base != Addr()) s = tryAllocMSpan(rt);
  }
  if (!s) {
    co_await rt.lock(lock);
    if (base == Addr()) {
      const Pages pages = co_await pages_locked(rt, h, npages, growth);
      std::tie(base, scav) = pages;
    }
    s = co_await allocMSpanLocked(rt, h);
    co_await rt.unlock(lock);
  }
  if (growth != 0 && rt.go() == 18) co_await scavenge_to_goal(rt, h, growth);
  const u64 bytes = npages * kPageSize;
  co_await init_span(rt, h, s, base, npages, scav, use, span_class);
  // go1.20 made a function of both: initSpan.
  if (rt.go() >= 20) co_await publish(rt, h, s, base, npages, use);
  co_await use_pages(rt, base, bytes, scav);
  co_await count_pages(rt, bytes, scav, use);
  if (rt.go() < 20) co_await publish(rt, h, s, base, npages, use);
  co_return s;
}

Model<golang::Mspan> allocManual(Runtime& rt, golang::Mheap h, u64 npages, u8 use) {
  Runtime::require(use != kSpanAllocHeap,
                   "manual span allocation called with non-manually-managed type");
  const golang::Mspan s = co_await allocSpan(rt, h, npages, use, 0);
  co_return s;
}

}  // namespace runtime_model::heap
