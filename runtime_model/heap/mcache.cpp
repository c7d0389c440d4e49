#include "runtime_model/heap/mcache.hpp"

#include <fmt/format.h>

#include <limits>

#include "runtime_model/heap/collecting.hpp"
#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/mcentral.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/span_set.hpp"
#include "runtime_model/heap/spans.hpp"
#include "runtime_model/heap/stats.hpp"

namespace runtime_model::heap {
namespace {

constexpr u8 kTinySpanClass = span_class(kTinyClass, true);

/// What the collector's pacer must know of. Go: gcControllerState.update.
void update_live(Runtime& rt, u64 live, u64 scan) {
  const golang::GcController gc = rt.gcController();
  if (live != 0) gc.heapLive() += live;
  if (scan != 0) gc.heapScan() += scan;
}

/// Counts what was allocated from the span that leaves the cache (go1.19 on) …
Part<> count_used(Runtime& rt, golang::Mcache c, golang::Mspan s, u8 span_class) {
  const u64 used = u64{s.allocCount()} - s.allocCountBeforeCache();
  const Change change = [&](const golang::HeapStatsDelta& stats) {
    stats.smallAllocCount(size_class_of(span_class)) += used;
    if (span_class == kTinySpanClass) {
      stats.tinyAllocCount() += c.tinyAllocs();
      c.tinyAllocs() = 0;
    }
    rt.gcController().totalAlloc() += used * s.elemsize();
    s.allocCountBeforeCache() = 0;
  };
  co_await account(
      rt, "refill/count",
      fmt::format("a full span leaves the cache: count the {} objects that were allocated from it",
                  used),
      change);
}

/// … or from the one that enters it, as if all of it were used up already (go1.17, go1.18).
Part<> count_whole(Runtime& rt, golang::Mcache c, golang::Mspan s, u8 span_class) {
  const Change change = [&](const golang::HeapStatsDelta& stats) {
    stats.smallAllocCount(size_class_of(span_class)) += s.nelems() - s.allocCount();
    if (span_class == kTinySpanClass) {
      stats.tinyAllocCount() += c.tinyAllocs();
      c.tinyAllocs() = 0;
    }
  };
  co_await account(rt, "refill/count",
                   "a new span enters the cache: count its free objects as allocated already",
                   change);
}

Part<golang::Mspan> make_large(Runtime& rt, u64 npages, u8 span_class, bool needzero,
                               bool& zeroed) {
  golang::Mspan s = rt.mspan(Addr());
  if (rt.go() >= 18) {
    s = co_await alloc(rt, rt.mheap_(), npages, span_class);
    zeroed = false;
  } else {
    const std::tuple<golang::Mspan, bool> made =
        co_await alloc_zeroing(rt, rt.mheap_(), npages, span_class, needzero);
    s = std::get<0>(made);
    zeroed = std::get<1>(made);
  }
  co_return s;
}

}  // namespace

Model<golang::Mcache> allocmcache(Runtime& rt) {
  const golang::Mheap h = rt.mheap_();
  rt.switch_to_g0();
  co_await rt.lock(h.lock().address());
  const Addr at = co_await fixalloc_alloc(rt, h.cachealloc());
  const golang::Mcache c = rt.mcache(at);
  rt.step("allocmcache/generation",
          "the new cache holds nothing that is older than the current sweep",
          [&] { c.flushGen() = h.sweepgen(); });
  co_await rt.unlock(h.lock().address());
  rt.switch_back();
  rt.step("allocmcache/empty",
          "for every class the cache has a span without free objects: the first allocation of each "
          "will refill it",
          [&] {
            const Addr none = rt.emptymspan().address();
            for (u64 i = 0; i < c.alloc().count(); ++i) c.alloc(i) = none;
          });
  const i64 rate = rt.MemProfileRate();
  if (rt.go() >= 24 && rate == 0) {
    rt.step("allocmcache/no-sample", "the heap profile is off: no allocation will be sampled",
            [&] { c.nextSample() = std::numeric_limits<i64>::max(); });
    co_return c;
  }
  u64 sample = 0;
  if (rate != 1) sample = co_await rt.call<u64>("runtime.fastexprand", rate);
  rt.step("allocmcache/sample",
          rate > 0
              ? fmt::format(
                    "the heap profile takes a sample after a random number of bytes, on average {}",
                    rate)
              : std::string("the heap profile is off: no allocation will be sampled"),
          [&] { c.nextSample() = static_cast<i32>(sample); });
  co_return c;
}

Model<> refill(Runtime& rt, golang::Mcache c, u8 span_class) {
  co_await leave_without_headers(rt);
  if (rt.depth() == 1 && collecting(rt)) co_await rt.decline(std::string(kCollecting));
  const golang::Mheap h = rt.mheap_();
  const golang::Mcentral central = h.central(span_class).mcentral();
  golang::Mspan s = c.alloc(span_class);
  Runtime::require(s.allocCount() == s.nelems(), "refill of span with free space remaining");
  if (s != rt.emptymspan()) {
    Runtime::require(s.sweepgen() == h.sweepgen() + 3, "bad sweepgen in refill");
    co_await uncacheSpan(rt, central, s);
    if (s.allocCountBeforeCache().exists()) co_await count_used(rt, c, s, span_class);
  }
  s = co_await cacheSpan(rt, central);
  rt.step("refill/cached", "a cache holds the span now: the sweeper must keep away from it", [&] {
    s.sweepgen() = h.sweepgen() + 3;
    if (s.allocCountBeforeCache().exists()) s.allocCountBeforeCache() = s.allocCount();
  });
  if (!s.allocCountBeforeCache().exists()) co_await count_whole(rt, c, s, span_class);
  rt.step("refill/install",
          fmt::format("the span, for objects of {} bytes, is the cache's now; the pacer counts all "
                      "of it as used",
                      class_size(size_class_of(span_class))),
          [&] {
            update_live(rt, s.npages() * kPageSize - s.allocCount() * s.elemsize(), c.scanAlloc());
            c.scanAlloc() = 0;
            c.alloc(span_class) = s;
          });
}

Model<std::tuple<golang::Mspan, bool>> allocLarge_zeroing(Runtime& rt, golang::Mcache, u64 size,
                                                          bool needzero, bool noscan) {
  co_await leave_without_headers(rt);
  if (rt.depth() == 1 && collecting(rt)) co_await rt.decline(std::string(kCollecting));
  const golang::Mheap h = rt.mheap_();
  const u64 npages = (size + kPageSize - 1) / kPageSize;
  const u8 large = span_class(0, noscan);
  co_await deduct_sweep_credit(rt, npages * kPageSize, npages);
  bool zeroed = false;
  const golang::Mspan s = co_await make_large(rt, npages, large, needzero, zeroed);
  const Change change = [&](const golang::HeapStatsDelta& stats) {
    stats.largeAlloc() += npages * kPageSize;
    stats.largeAllocCount() += 1;
    if (rt.gcController().totalAlloc().exists())
      rt.gcController().totalAlloc() += npages * kPageSize;
    update_live(rt, npages * kPageSize, 0);
  };
  co_await account(rt, "allocLarge/count",
                   fmt::format("a large object has a span of its own, pages: {}", npages), change);
  const golang::SpanSet full = h.central(large).mcentral().full(h.sweepgen() / 2 % 2);
  co_await span_set_push(rt, full, s);
  rt.step("allocLarge/limit",
          "the object ends here: what is behind it on its last page stays unused",
          [&] { s.limit() = s.startAddr().get() + size; });
  co_await init_heap_bits(rt, s);
  co_return std::tuple{s, zeroed};
}

Part<golang::Mspan> allocLarge(Runtime& rt, golang::Mcache c, u64 size, bool noscan) {
  const std::tuple<golang::Mspan, bool> made =
      co_await allocLarge_zeroing(rt, c, size, false, noscan);
  co_return std::get<0>(made);
}

Model<std::tuple<Addr, golang::Mspan, bool>> nextFree(Runtime& rt, golang::Mcache c,
                                                      u8 span_class) {
  co_await leave_without_headers(rt);
  if (rt.depth() == 1 && collecting(rt)) co_await rt.decline(std::string(kCollecting));
  golang::Mspan s = c.alloc(span_class);
  bool refilled = false;
  u64 index = co_await nextFreeIndex(rt, s);
  if (index == s.nelems()) {
    Runtime::require(s.allocCount() == s.nelems(),
                     "s.allocCount != s.nelems && freeIndex == s.nelems");
    co_await refill(rt, c, span_class);
    refilled = true;
    s = c.alloc(span_class);
    index = co_await nextFreeIndex(rt, s);
  }
  Runtime::require(index < s.nelems(), "freeIndex is not valid");
  rt.step("nextFree/count", "one more object is allocated from the span",
          [&] { s.allocCount() += 1; });
  co_return std::tuple{s.startAddr().get() + index * s.elemsize(), s, refilled};
}

}  // namespace runtime_model::heap
