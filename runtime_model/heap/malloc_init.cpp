#include "runtime_model/heap/malloc_init.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kMaxPhysHugePageSize = u64{4} << 20;
constexpr unsigned kHints = 128;
constexpr unsigned kHintsOfUserArenas = 64;  ///< go1.20: the upper half
constexpr u64 kFirstHint = 0xc000000000;
constexpr u64 kHintStep = u64{1} << 40;
// Records that hang on objects: struct special and what follows it. Go: runtime/mheap.go.
constexpr u64 kSpecialFinalizer = 48, kSpecialProfile = 24, kSpecialReachable = 24,
              kSpecialPinCounter = 24;

u64 size_of(Runtime& rt, std::string_view type) { return rt.guest().layouts.find(type)->size; }

Model<> check_page_sizes(Runtime& rt) {
  const u64 page = rt.physPageSize(), huge = rt.physHugePageSize();
  Runtime::require(page >= 4096 && page <= 512 << 10 && std::has_single_bit(page),
                   "bad system page size");
  Runtime::require(huge == 0 || std::has_single_bit(huge), "bad system huge page size");
  if (huge > kMaxPhysHugePageSize)
    rt.step("mallocinit/huge-pages", "such huge pages are of no use here",
            [&] { rt.physHugePageSize() = 0; });
  else if (huge != 0)
    rt.step("mallocinit/huge-pages", fmt::format("the kernel's huge pages have {} KiB", huge >> 10),
            [&] { rt.physHugePageShift() = static_cast<u64>(std::countr_zero(huge)); });
  co_return;
}

/// As many hints as the allocator's chunk has room for, the last one in front of its list.
unsigned link_hints(Runtime& rt, unsigned hints) {
  const golang::Mheap h = rt.mheap_();
  const golang::Fixalloc f = h.arenaHintAlloc();
  const auto room = static_cast<unsigned>(f.list() ? 0 : f.nchunk() / f.size());
  const unsigned n = std::min(hints, room);
  if (n == 0) return 0;
  rt.step("mallocinit/hints",
          fmt::format("{} wishes where arenas should be, the first at {:#x}, each 1 TiB further: "
                      "addresses that are easy to tell from other data",
                      n, kFirstHint),
          [&] {
            const u64 size = f.size();
            Addr at = f.chunk();
            for (unsigned i = hints; i-- > hints - n; at = at + size) {
              const bool user = i >= kHintsOfUserArenas && h.userArenaHints().exists();
              const auto list = user ? h.userArenaHints() : h.arenaHints();
              const auto hint = rt.at<golang::ArenaHint>(at);
              hint.addr() = Addr(i * kHintStep + kFirstHint);
              hint.next() = list.get();
              list = at;
            }
            f.chunk() = at;
            f.nchunk() -= static_cast<u32>(n * size);
            f.inuse() += n * size;
          });
  return n;
}

Model<> make_hints(Runtime& rt) {
  const golang::Mheap h = rt.mheap_();
  for (unsigned left = kHints; left != 0;) {
    const unsigned linked = link_hints(rt, left);
    left -= linked;
    if (linked != 0) continue;
    const Addr at = co_await fixalloc_alloc(rt, h.arenaHintAlloc());
    --left;
    rt.step("mallocinit/hint", "the last of the wishes where arenas should be", [&] {
      const bool user = left >= kHintsOfUserArenas && h.userArenaHints().exists();
      const auto list = user ? h.userArenaHints() : h.arenaHints();
      const auto hint = rt.at<golang::ArenaHint>(at);
      hint.addr() = Addr(left * kHintStep + kFirstHint);
      hint.next() = list.get();
      list = at;
    });
  }
}

}  // namespace

Model<> mheap_init(Runtime& rt, golang::Mheap h) {
  const golang::Memstats m = rt.memstats();
  const Addr none, other = m.other_sys().address();
  const Addr record =
      model::function_value(rt, "runtime.(*mheap).init", rt.function("runtime.recordspan"));
  co_await fixalloc_init(rt, h.spanalloc(), size_of(rt, "runtime.mspan"), record, h.address(),
                         m.mspan_sys().address());
  co_await fixalloc_init(rt, h.cachealloc(), size_of(rt, "runtime.mcache"), none, none,
                         m.mcache_sys().address());
  co_await fixalloc_init(rt, h.specialfinalizeralloc(), kSpecialFinalizer, none, none, other);
  co_await fixalloc_init(rt, h.specialprofilealloc(), kSpecialProfile, none, none, other);
  co_await fixalloc_init(rt, h.specialReachableAlloc(), kSpecialReachable, none, none, other);
  if (h.has(golang::Mheap::Field::specialPinCounterAlloc))
    co_await fixalloc_init(rt, h.specialPinCounterAlloc(), kSpecialPinCounter, none, none, other);
  co_await fixalloc_init(rt, h.arenaHintAlloc(), size_of(rt, "runtime.arenaHint"), none, none,
                         other);
  rt.step("mheap.init/spans",
          "a span record is not cleared when it is reused: the sweeper may look at it at any time",
          [&] { h.spanalloc().zero() = false; });
  rt.step("mheap.init/central",
          "one central list for each class of spans, with and without pointers", [&] {
            for (u64 i = 0; i < h.central().count(); ++i)
              h.central(i).mcentral().spanclass() = static_cast<u8>(i);
          });
  if (rt.go() >= 21)
    co_await rt.call<void>("runtime.(*pageAlloc).init", h.pages(), h.lock().address(),
                           m.gcMiscSys().address(), false);
  else
    co_await rt.call<void>("runtime.(*pageAlloc).init", h.pages(), h.lock().address(),
                           m.gcMiscSys().address());
}

Model<> mallocinit(Runtime& rt) {
  if (rt.memstats().has(golang::Memstats::Field::by_size))
    rt.step("mallocinit/by-size", "statistics by class of size", [&] {
      for (unsigned i = 0; i < kSizeClasses; ++i)
        rt.memstats().by_size(i).size() = static_cast<u32>(class_size(static_cast<u8>(i)));
    });
  co_await check_page_sizes(rt);
  co_await mheap_init(rt, rt.mheap_());
  const golang::Mcache c = co_await allocmcache(rt);
  rt.step("mallocinit/mcache0", "until there are Ps, this cache serves the first thread",
          [&] { rt.mcache0() = c; });
  co_await make_hints(rt);
  if (rt.go() >= 21)
    rt.step("mallocinit/limit", "no limit of memory yet",
            [&] { rt.gcController().memoryLimit() = std::numeric_limits<i64>::max(); });
}

}  // namespace runtime_model::heap
