#include "runtime_model/stack/stackfree.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/stack/span_list.hpp"
#include "runtime_model/stack/span_of.hpp"

namespace runtime_model::stack {
namespace {

constexpr u8 kSpanManual = 2;  ///< mSpanManual: the span's memory is not for Go objects
constexpr u32 kGcOff = 0;

Part<> free_small(Runtime& rt, Addr x, u64 n) {
  const unsigned order = order_of(n);
  const golang::M mp = rt.getm();
  if (!mp.p() || mp.preemptoff().len() != 0) {
    const golang::Mutex mu = rt.stackpool(order).item().mu();
    co_await rt.lock(mu.address());
    co_await stackpoolfree(rt, x, static_cast<u8>(order));
    co_await rt.unlock(mu.address());
    co_return;
  }
  const golang::Mcache c = mp.p()->mcache();
  const golang::Stackfreelist cache = c.stackcache(order);
  if (cache.size() >= kStackCacheSize) co_await stackcacherelease(rt, c, static_cast<u8>(order));
  rt.step("stackfree/to-cache",
          fmt::format("put this stack of {} bytes at the front of this P's cache: the next "
                      "goroutine made here gets it",
                      n),
          [&] {
            rt.store<Addr>(x, cache.list());
            cache.list() = x;
            cache.size() += n;
          });
}

Part<> free_large(Runtime& rt, Addr x) {
  const golang::Mspan s = span_of_unchecked(rt, x);
  Runtime::require(s.state() == kSpanManual, "bad span state");
  if (rt.gcphase() == kGcOff) {
    rt.step("stackfree/large", "a large stack has a span of its own: the heap gets its pages back");
    co_await rt.call<void>("runtime.(*mheap).freeManual", rt.mheap_().address(), s,
                           kSpanAllocStack);
    co_return;
  }
  const golang::Mutex lock = rt.stackLarge().lock();
  const unsigned log2 = list_of_large(rt, s.npages());
  co_await rt.lock(lock.address());
  rt.step("stackfree/large-kept",
          "a GC cycle is running, and would race with a return to the heap: keep the span for "
          "stacks until it is over",
          [&] { insert(rt.stackLarge().free(log2), s); });
  co_await rt.unlock(lock.address());
}

}  // namespace

Model<> stackpoolfree(Runtime& rt, Addr x, u8 order) {
  const golang::MSpanList list = rt.stackpool(order).item().span();
  const golang::Mspan s = span_of_unchecked(rt, x);
  Runtime::require(s.state() == kSpanManual, "freeing stack not in a stack span");
  const bool full = s.manualFreeList() == Addr();
  rt.step("stackpoolfree/put",
          full ? "the span had no free stack: with this one it is back in the list of spans that "
                 "have some"
               : "put the stack in front of the span's free ones",
          [&] {
            if (full) insert(list, s);
            rt.store<Addr>(x, s.manualFreeList());
            s.manualFreeList() = x;
            s.allocCount() -= 1;
          });
  if (rt.gcphase() != kGcOff || s.allocCount() != 0) co_return;
  rt.step("stackpoolfree/span", "no stack of the span is in use: the heap gets its pages back",
          [&] {
            remove(list, s);
            s.manualFreeList() = Addr();
          });
  co_await rt.call<void>("runtime.(*mheap).freeManual", rt.mheap_().address(), s, kSpanAllocStack);
}

Model<> stackcacherelease(Runtime& rt, golang::Mcache c, u8 order) {
  const golang::Stackfreelist cache = c.stackcache(order);
  Addr x = cache.list();
  u64 size = cache.size();
  const golang::Mutex mu = rt.stackpool(order).item().mu();
  co_await rt.lock(mu.address());
  while (size > kStackCacheSize / 2) {
    const Addr next = rt.load<Addr>(x);
    co_await stackpoolfree(rt, x, order);
    x = next;
    size -= kFixedStack << order;
  }
  co_await rt.unlock(mu.address());
  rt.step("stackcacherelease/cache",
          fmt::format("this P's cache keeps {} bytes of free stacks of that size: half of its "
                      "limit",
                      size),
          [&] {
            cache.list() = x;
            cache.size() = size;
          });
}

Model<> stackcache_clear(Runtime& rt, golang::Mcache c) {
  for (u8 order = 0; order < kStackOrders; ++order) {
    const golang::Stackfreelist cache = c.stackcache(order);
    const golang::Mutex mu = rt.stackpool(order).item().mu();
    co_await rt.lock(mu.address());
    Addr x = cache.list();
    while (x != Addr()) {
      const Addr next = rt.load<Addr>(x);
      co_await stackpoolfree(rt, x, order);
      x = next;
    }
    rt.step("stackcache_clear/cache",
            fmt::format("this P's cache has no stack of {} bytes any more", kFixedStack << order),
            [&] {
              cache.list() = Addr();
              cache.size() = 0;
            });
    co_await rt.unlock(mu.address());
  }
}

Model<> stackfree(Runtime& rt, Stack stk) {
  if (rt.debug().efence() != 0) {
    if (rt.depth() == 1) co_await rt.decline(kEfence);
    co_await rt.call<void>("runtime.stackfree", stk.lo, stk.hi);
    co_return;
  }
  const u64 n = stk.hi - stk.lo;
  Runtime::require(std::has_single_bit(n), "stack not a power of 2");
  if (is_small(n))
    co_await free_small(rt, stk.lo, n);
  else
    co_await free_large(rt, stk.lo);
}

}  // namespace runtime_model::stack
