#include "runtime_model/heap/mcentral.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/mark_bits.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/span_set.hpp"
#include "runtime_model/heap/spans.hpp"

namespace runtime_model::heap {
namespace {

/// Of each pair of sets, which one holds swept spans changes with every collection.
u64 swept(Runtime& rt) { return rt.mheap_().sweepgen() / 2 % 2; }

/// heapBits.initSpan, up to go1.19: two bits for each word, four words a byte, a bitmap for each
/// arena.
Model<> initSpan(Runtime& rt, golang::Mspan s) {
  const Addr base = s.startAddr();
  const bool all_pointers = s.elemsize() == 8;
  for (u64 done = 0; done < s.npages() * kPageSize;) {
    const Addr at = base + done;
    const u64 bytes = std::min(s.npages() * kPageSize - done, kArenaSize - at.value % kArenaSize);
    const Addr bits = arena_of(rt, at).bitmap().address() + at.value % kArenaSize / 32;
    if (all_pointers)
      rt.step("initSpan/pointers",
              "in this class every object is one word, a pointer: set all bits once for all",
              [&] { rt.memory().write(bits, std::vector<u8>(bytes / 32, 0xff)); });
    else
      co_await rt.call<void>("runtime.memclrNoHeapPointers", bits, bytes / 32);
    done += bytes;
  }
}

}  // namespace

Part<> init_heap_bits(Runtime& rt, golang::Mspan s) {
  if (has_malloc_headers(rt))
    co_await initHeapBits(rt, s);
  else if (rt.go() >= 20)
    co_await rt.call<void>("runtime.(*mspan).initHeapBits", s, false);
  else
    co_await initSpan(rt, s);
}

Model<> deduct_sweep_credit(Runtime& rt, u64 bytes, u64 pages) {
  if (rt.mheap_().sweepPagesPerByte() == 0.0) co_return;
  co_await rt.call<void>("runtime.deductSweepCredit", bytes, pages);
}

bool caches_without_sweeping(Runtime& rt, const golang::Mcentral& c) {
  const u64 now = swept(rt);
  if (rt.mheap_().sweepPagesPerByte() != 0.0) return false;
  return !empty(c.partial(now)) || (empty(c.partial(1 - now)) && empty(c.full(1 - now)));
}

Model<golang::Mspan> mcentral_grow(Runtime& rt, golang::Mcentral c) {
  co_await leave_without_headers(rt);
  const u8 span_class = c.spanclass();
  const u8 size_class = size_class_of(span_class);
  const u64 npages = class_pages(size_class), size = class_size(size_class);
  golang::Mspan s = rt.mspan(Addr());
  if (rt.go() >= 18) {
    s = co_await alloc(rt, rt.mheap_(), npages, span_class);
  } else {
    const std::tuple<golang::Mspan, bool> made =
        co_await alloc_zeroing(rt, rt.mheap_(), npages, span_class, true);
    s = std::get<0>(made);
  }
  // The bitmap at its end holds no objects, but counts here. go1.25 sets the limit in initSpan.
  const u64 n = npages * kPageSize / size;
  if (rt.go() < 25)
    rt.step("grow/cut",
            fmt::format("the new span is cut into {} objects of {} bytes; its pages: {}",
                        s.nelems().get(), size, npages),
            [&] { s.limit() = s.startAddr().get() + size * n; });
  co_await init_heap_bits(rt, s);
  co_return s;
}

Model<golang::Mspan> cacheSpan(Runtime& rt, golang::Mcentral c) {
  co_await leave_without_headers(rt);
  if (!caches_without_sweeping(rt, c)) {
    if (rt.depth() > 1) {
      const Addr span = co_await rt.call<Addr>("runtime.(*mcentral).cacheSpan", c);
      co_return rt.mspan(span);
    }
    co_await rt.decline("spans are to be swept first");
  }
  const golang::SpanSet partial = c.partial(swept(rt));
  golang::Mspan s = co_await span_set_pop(rt, partial);
  if (!s) {
    // A sweeper that looks for spans and finds none leaves no trace.
    s = co_await mcentral_grow(rt, c);
  }
  const u64 free = s.freeindex();
  Runtime::require(s.allocCount() != s.nelems() && free != s.nelems(), "span has no free objects");
  co_await refillAllocCache(rt, s, (free & ~u64{63}) / 8);
  if (free % 64 != 0)
    rt.step("cacheSpan/align",
            "shift the cached bits: the lowest one stands for the first object that may be free",
            [&] { s.allocCache() = s.allocCache() >> (free % 64); });
  co_return s;
}

Model<> uncacheSpan(Runtime& rt, golang::Mcentral c, golang::Mspan s) {
  const u32 generation = rt.mheap_().sweepgen();
  Runtime::require(s.allocCount() != 0, "uncaching span but s.allocCount == 0");
  if (s.sweepgen() == generation + 1) {
    if (rt.depth() > 1) {
      co_await rt.call<void>("runtime.(*mcentral).uncacheSpan", c, s);
      co_return;
    }
    co_await rt.decline("the span is to be swept first");
  }
  rt.step("uncacheSpan/swept", "no cache holds the span any more: it counts as swept",
          [&] { s.sweepgen() = generation; });
  const bool full = s.allocCount() == s.nelems();
  const golang::SpanSet set = full ? c.full(swept(rt)) : c.partial(swept(rt));
  co_await span_set_push(rt, set, s);
}

}  // namespace runtime_model::heap
