#include "runtime_model/stack/stackalloc.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/stack/span_list.hpp"

namespace runtime_model::stack {

unsigned order_of(u64 n) { return static_cast<unsigned>(std::countr_zero(n / kFixedStack)); }

namespace {

Part<Addr> small(Runtime& rt, u32 n) {
  const unsigned order = order_of(n);
  const golang::M mp = rt.getm();
  if (!mp.p() || mp.preemptoff().len() != 0) {
    const golang::Mutex mu = rt.stackpool(order).item().mu();
    co_await rt.lock(mu.address());
    const Addr x = co_await stackpoolalloc(rt, static_cast<u8>(order));
    co_await rt.unlock(mu.address());
    co_return x;
  }
  const golang::Mcache c = mp.p()->mcache();
  const golang::Stackfreelist cache = c.stackcache(order);
  if (cache.list() == Addr()) co_await stackcacherefill(rt, c, static_cast<u8>(order));
  const Addr x = cache.list();
  rt.step("stackalloc/from-cache",
          fmt::format("take the first free stack of {} bytes from this P's cache", n), [&] {
            cache.list() = rt.load<Addr>(x);  // a free stack's first word links to the next
            cache.size() -= n;
          });
  co_return x;
}

Part<Addr> large(Runtime& rt, u32 n) {
  const u64 npage = n / kPageSize;
  const golang::Mutex lock = rt.stackLarge().lock();
  co_await rt.lock(lock.address());
  const golang::MSpanList free = rt.stackLarge().free(list_of_large(rt, npage));
  golang::Mspan s = free.first();
  if (s)
    rt.step("stackalloc/large-reused",
            "a large stack that was freed during a GC cycle was kept for this: take it",
            [&] { remove(free, s); });
  co_await rt.unlock(lock.address());
  if (!s) {
    const Addr span = co_await rt.call<Addr>("runtime.(*mheap).allocManual", rt.mheap_().address(),
                                             npage, kSpanAllocStack);
    s = rt.mspan(span);
    rt.step(
        "stackalloc/large",
        fmt::format("{} bytes are too many for the pool of small stacks: {} pages come straight "
                    "from the heap",
                    n, npage),
        [&] { s.elemsize() = n; });
  }
  co_return s.startAddr();
}

}  // namespace

Model<Addr> stackpoolalloc(Runtime& rt, u8 order) {
  const golang::MSpanList list = rt.stackpool(order).item().span();
  golang::Mspan s = list.first();
  if (!s) {
    const Addr span = co_await rt.call<Addr>("runtime.(*mheap).allocManual", rt.mheap_().address(),
                                             u64{kStackCacheSize / kPageSize}, kSpanAllocStack);
    s = rt.mspan(span);
    Runtime::require(s.allocCount() == 0, "bad allocCount");
    Runtime::require(s.manualFreeList() == Addr(), "bad manualFreeList");
    const u32 size = kFixedStack << order;
    rt.step("stackpoolalloc/new-span",
            fmt::format("no span has a free stack of this size: cut a new span of 32 KiB into {} "
                        "stacks of {} bytes",
                        kStackCacheSize / size, size),
            [&] {
              s.elemsize() = size;
              Addr head;
              for (u32 i = 0; i < kStackCacheSize; i += size) {
                const Addr x = s.startAddr().get() + i;
                rt.store<Addr>(x, head);
                head = x;
              }
              s.manualFreeList() = head;
              insert(list, s);
            });
  }
  const Addr x = s.manualFreeList();
  Runtime::require(x != Addr(), "span has no free stacks");
  rt.step("stackpoolalloc/take", "take the first free stack of the span", [&] {
    s.manualFreeList() = rt.load<Addr>(x);
    s.allocCount() += 1;
    if (s.manualFreeList() == Addr()) remove(list, s);
  });
  co_return x;
}

Model<> stackcacherefill(Runtime& rt, golang::Mcache c, u8 order) {
  const golang::Mutex mu = rt.stackpool(order).item().mu();
  co_await rt.lock(mu.address());
  Addr list;
  u64 size = 0;
  // Half of what the cache may hold, so that frees that follow do not run into its limit.
  while (size < kStackCacheSize / 2) {
    const Addr x = co_await stackpoolalloc(rt, order);
    rt.step("stackcacherefill/link", "put this stack in front of those taken before",
            [&] { rt.store<Addr>(x, list); });
    list = x;
    size += kFixedStack << order;
  }
  co_await rt.unlock(mu.address());
  rt.step("stackcacherefill/cache",
          fmt::format("this P's cache now holds {} bytes of free stacks of that size", size), [&] {
            c.stackcache(order).list() = list;
            c.stackcache(order).size() = size;
          });
}

Model<Stack> stackalloc(Runtime& rt, u32 n) {
  if (rt.debug().efence() != 0) {
    if (rt.depth() == 1) co_await rt.decline(kEfence);
    const Addr lo = co_await rt.call<Addr>("runtime.stackalloc", n);
    co_return Stack{lo, Addr(rt.result(1))};
  }
  const golang::G g = rt.getg();
  Runtime::require(g.m()->g0() == g, "stackalloc not on scheduler stack");
  Runtime::require(std::has_single_bit(n), "stack size not a power of 2");
  Addr v;
  if (is_small(n))
    v = co_await small(rt, n);
  else
    v = co_await large(rt, n);
  co_return Stack{v, v + n};
}

}  // namespace runtime_model::stack
