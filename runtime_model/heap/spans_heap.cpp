// mheap.alloc, and how spans go back.
#include <fmt/format.h>

#include "runtime_model/heap/span_records.hpp"
#include "runtime_model/heap/spans.hpp"
#include "runtime_model/heap/stats.hpp"

namespace runtime_model::heap {
namespace {

bool sweep_done(Runtime& rt) {
  const golang::Mheap h = rt.mheap_();
  if (h.sweepDrained().exists()) return h.sweepDrained() != 0 && h.sweepers() == 0;
  return rt.sweep().active() == 1u << 31;  // drained, and no sweeper is left
}

}  // namespace

Model<golang::Mspan> alloc(Runtime& rt, golang::Mheap h, u64 npages, u8 span_class) {
  rt.switch_to_g0();
  if (!sweep_done(rt)) co_await rt.call<void>("runtime.(*mheap).reclaim", h, npages);
  const golang::Mspan s = co_await allocSpan(rt, h, npages, kSpanAllocHeap, span_class);
  rt.switch_back();
  co_return s;
}

Model<std::tuple<golang::Mspan, bool>> alloc_zeroing(Runtime& rt, golang::Mheap h, u64 npages,
                                                     u8 span_class, bool needzero) {
  const golang::Mspan s = co_await alloc(rt, h, npages, span_class);
  bool zeroed = s.needzero() == 0;
  if (needzero && !zeroed) {
    co_await rt.call<void>("runtime.memclrNoHeapPointers", s.startAddr().get(), npages * kPageSize);
    zeroed = true;
  }
  rt.step("alloc/zeroed", "whether the span must be cleared is the caller's business from here on",
          [&] { s.needzero() = 0; });
  co_return std::tuple{s, zeroed};
}

Model<> freeSpanLocked(Runtime& rt, golang::Mheap h, golang::Mspan s, u8 use) {
  const u64 npages = s.npages();
  const Addr base = s.startAddr();
  Runtime::require(s.allocCount() == 0, "mheap.freeSpanLocked - invalid free");
  if (s.state() == kSpanInUse)
    rt.step("freeSpan/hide", "the sweeper no longer finds the span", [&] {
      h.pagesInUse() -= npages;
      mark_page_in_use(rt, s, false);
    });
  else
    Runtime::require(s.state() == kSpanManual, "mheap.freeSpanLocked - invalid span state");
  const i64 bytes = static_cast<i64>(npages * kPageSize);
  rt.step("freeSpan/totals", "the span's pages count as free",
          [&] { count_totals(rt, use, -bytes, 0); });
  const Change change = [&](const golang::HeapStatsDelta& stats) { count(stats, use, -bytes); };
  co_await account(rt, "freeSpan/account",
                   "the statistics of the heap count the span's pages as no longer in use", change);
  // go1.18 and go1.19 also say whether the pages count as scavenged; these never do.
  const bool says_scavenged = rt.go() == 18 || rt.go() == 19;
  if (says_scavenged)
    co_await rt.call<void>("runtime.(*pageAlloc).free", h.pages(), base, npages, false);
  else
    co_await rt.call<void>("runtime.(*pageAlloc).free", h.pages(), base, npages);
  rt.step("freeSpan/dead", "the span is dead: its record stands for nothing now",
          [&] { s.state() = kSpanDead; });
  co_await freeMSpanLocked(rt, h, s);
}

Model<> freeManual(Runtime& rt, golang::Mheap h, golang::Mspan s, u8 use) {
  rt.step("freeManual/dirty",
          "the span's pages are not zero: whoever gets them next must clear them",
          [&] { s.needzero() = 1; });
  co_await rt.lock(h.lock().address());
  co_await freeSpanLocked(rt, h, s, use);
  co_await rt.unlock(h.lock().address());
}

}  // namespace runtime_model::heap
