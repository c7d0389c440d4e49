#include "runtime_model/heap/span_records.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/heap_bits.hpp"

namespace runtime_model::heap {
namespace {

/// Up to `want` fresh records at once, as far as the allocator's chunk and the table of all spans
/// reach; each is noted there as recordspan does.
u64 take_fresh(Runtime& rt, const golang::Mheap& h, const golang::PMspancache& cache, u64 from,
               u64 want) {
  const golang::Fixalloc f = h.spanalloc();
  const auto all = h.allspans();
  const u64 size = f.size();
  if (size == 0 || f.list()) return 0;
  const u64 n = std::min({want, f.nchunk() / size, all.cap() - all.len()});
  if (n == 0) return 0;
  rt.step("allocMSpanLocked/refill",
          fmt::format("put {} fresh span records into this P's cache", n), [&] {
            const Addr first = f.chunk();
            const u64 len = all.len();
            for (u64 i = 0; i < n; ++i) {
              cache.buf(from + i) = first + i * size;
              rt.store<Addr>(all.data().get() + 8 * (len + i), first + i * size);
            }
            all.len() = len + n;
            f.chunk() = first + n * size;
            f.nchunk() -= static_cast<u32>(n * size);
            f.inuse() += n * size;
          });
  return n;
}

}  // namespace

golang::Mspan tryAllocMSpan(Runtime& rt) {
  const golang::P pp = rt.getp();
  if (!pp || pp.mspancache().len() == 0) return rt.mspan(Addr());
  const golang::PMspancache cache = pp.mspancache();
  const i64 last = cache.len() - 1;
  const golang::Mspan s = cache.buf(last);
  rt.step("allocSpan/record", "take a span record from this P's cache",
          [&] { cache.len() = last; });
  return s;
}

Model<golang::Mspan> allocMSpanLocked(Runtime& rt, golang::Mheap h) {
  const golang::P pp = rt.getp();
  if (!pp) {
    const Addr record = co_await fixalloc_alloc(rt, h.spanalloc());
    co_return rt.mspan(record);
  }
  const golang::PMspancache cache = pp.mspancache();
  if (cache.len() == 0) {
    const u64 half = pp.mspancache().buf().count() / 2;
    for (u64 i = 0; i < half;) {
      const u64 taken = take_fresh(rt, h, cache, i, half - i);
      i += taken;
      if (taken != 0) continue;
      const Addr record = co_await fixalloc_alloc(rt, h.spanalloc());
      rt.step("allocMSpanLocked/cache", "put the span record into this P's cache",
              [&] { cache.buf(i) = record; });
      ++i;
    }
    rt.step("allocMSpanLocked/full", "this P's cache of span records is half full: enough",
            [&] { cache.len() = static_cast<i64>(half); });
  }
  const i64 last = cache.len() - 1;
  const golang::Mspan s = cache.buf(last);
  rt.step("allocMSpanLocked/take", "take a span record from this P's cache",
          [&] { cache.len() = last; });
  co_return s;
}

Part<> freeMSpanLocked(Runtime& rt, golang::Mheap h, golang::Mspan s) {
  const golang::P pp = rt.getp();
  const bool room = pp && pp.mspancache().len() < static_cast<i64>(pp.mspancache().buf().count());
  rt.step("freeSpan/record",
          room ? "the span's record goes to this P's cache"
               : "the span's record goes back to its allocator",
          [&] {
            if (!room) return fixalloc_free(rt, h.spanalloc(), s.address());
            const golang::PMspancache cache = pp.mspancache();
            cache.buf(cache.len().get()) = s;
            cache.len() += 1;
          });
  co_return;
}

Model<> setSpans(Runtime& rt, golang::Mheap, Addr base, u64 npages, golang::Mspan s) {
  rt.step("setSpans/map",
          fmt::format(
              "the arena's page table leads from each page of the span to its record; pages: {}",
              npages),
          [&] {
            for (u64 n = 0; n < npages; ++n) {
              const Addr page = base + n * kPageSize;
              arena_of(rt, page).spans(page.value / kPageSize % kPagesPerArena) = s;
            }
          });
  co_return;
}

Model<bool> allocNeedsZero(Runtime& rt, golang::Mheap, Addr base, u64 npages) {
  bool need = false;
  while (npages > 0) {
    const golang::HeapArena arena = arena_of(rt, base);
    const u64 from = base.value % kArenaSize;
    const u64 to = std::min(from + npages * kPageSize, kArenaSize);
    const u64 zeroed = arena.zeroedBase().get().value;
    if (from < zeroed) need = true;
    if (to > zeroed)
      rt.step("allocNeedsZero/fresh",
              "from here on the arena was never used: fresh memory is zero already",
              [&] { arena.zeroedBase() = Addr(to); });
    base = base + (to - from);
    npages -= (to - from) / kPageSize;
  }
  co_return need;
}

void mark_page_in_use(Runtime& rt, const golang::Mspan& s, bool in_use) {
  const Addr base = s.startAddr();
  const u64 page = base.value / kPageSize % kPagesPerArena;
  const u8 bit = static_cast<u8>(1u << (page % 8));
  const auto mark = [&](const golang::Ref<u8>& bits) {
    bits = static_cast<u8>(in_use ? bits | bit : bits & ~bit);
  };
  const golang::HeapArena arena = arena_of(rt, base);
  mark(arena.pageInUse(page / 8));
  if (marked_inline(rt, s.elemsize())) mark(arena.pageUseSpanInlineMarkBits(page / 8));
}

}  // namespace runtime_model::heap
