#include "runtime_model/heap/stats.hpp"

namespace runtime_model::heap {

Part<> account(Runtime& rt, std::string_view id, std::string_view text, const Change& change) {
  const golang::ConsistentHeapStats stats = rt.memstats().heapStats();
  const golang::P pp = rt.getp();
  if (!pp) co_await rt.lock(stats.noPLock().address());
  rt.step(id, std::string(text), [&] {
    if (pp) pp.statsSeq() += 2;
    change(stats.stats(stats.gen() % 3));
  });
  if (!pp) co_await rt.unlock(stats.noPLock().address());
}

void count(const golang::HeapStatsDelta& stats, u8 use, i64 bytes) {
  switch (use) {
    case kSpanAllocHeap:
      stats.inHeap() += bytes;
      break;
    case kSpanAllocStack:
      stats.inStacks() += bytes;
      break;
    case kSpanAllocPtrScalarBits:  // go1.25 has no such spans, and this number for work buffers
      if (stats.inPtrScalarBits().exists())
        stats.inPtrScalarBits() += bytes;
      else
        stats.inWorkBufs() += bytes;
      break;
    default:
      stats.inWorkBufs() += bytes;
  }
}

void count_totals(Runtime& rt, u8 use, i64 bytes, i64 scavenged) {
  const golang::GcController c = rt.gcController();
  const golang::Memstats m = rt.memstats();
  if (c.heapFree().exists()) {
    if (scavenged != 0) c.heapReleased() -= static_cast<u64>(scavenged);
    c.heapFree() -= static_cast<u64>(bytes - scavenged);
    if (use == kSpanAllocHeap) c.heapInUse() += static_cast<u64>(bytes);
    return;
  }
  if (scavenged != 0) m.heap_released() -= static_cast<u64>(scavenged);
  if (use == kSpanAllocHeap)
    m.heap_inuse() += static_cast<u64>(bytes);
  else
    m.heap_sys() -= static_cast<u64>(bytes);
}

}  // namespace runtime_model::heap
