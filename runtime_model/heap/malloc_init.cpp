#include "runtime_model/heap/malloc_init.hpp"

#include <fmt/format.h>

#include <bit>
#include <vector>

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/heap_rand.hpp"
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

u64 size_of(Runtime& rt, std::string_view type) { return rt.guest().layouts.find(type)->size; }

Part<> check_page_sizes(Runtime& rt) {
  const u64 page = rt.physPageSize(), huge = rt.physHugePageSize();
  Runtime::require(page >= 4096 && page <= 512 << 10 && std::has_single_bit(page),
                   "bad system page size");
  Runtime::require(huge == 0 || std::has_single_bit(huge), "bad system huge page size");
  const bool too_large = huge > kMaxPhysHugePageSize;
  if (huge != 0)
    rt.step("mallocinit/huge-pages",
            too_large
                ? fmt::format("the kernel's huge pages have {} KiB, too many for Go: it uses none",
                              huge >> 10)
                : fmt::format("the kernel's huge pages have {} KiB: keep the size as a shift, too",
                              huge >> 10),
            [&] {
              if (too_large)
                rt.physHugePageSize() = 0;
              else
                rt.physHugePageShift() = static_cast<u64>(std::countr_zero(huge));
            });
  co_return;
}

/// Where the heap would like to be. Until go1.25 at addresses that are easy to tell from other
/// data; go1.26 keeps the random bits below the upper eight, of which it takes each in turn.
struct HintBase {
  bool random = false;
  u64 base = 0;
  Addr at(unsigned i) const {
    return random ? random_hint(base, i) : Addr(i * kHintStep + kFirstHint);
  }
};

Part<HintBase> choose_base(Runtime& rt) {
  if (!has_random_heap(rt)) co_return HintBase{};
  const u64 seed = co_await rt.call<u64>("runtime.bootstrapRand");
  seed_heap_rand(rt, seed);
  constexpr unsigned kArenaBits = std::countr_zero(kArenaSize);
  const u64 base = next_heap_rand_bits(rt, kUserAddressBits - kArenaBits) << kArenaBits;
  co_return HintBase{true, base};
}

/// In front of its list: go1.20 keeps the upper half for arenas of the user's.
void link_hint(Runtime& rt, Addr at, const HintBase& base, unsigned i) {
  const golang::Mheap h = rt.mheap_();
  const bool user = i >= kHintsOfUserArenas && h.userArenaHints().exists();
  const auto list = user ? h.userArenaHints() : h.arenaHints();
  const auto hint = rt.at<golang::ArenaHint>(at);
  hint.addr() = base.at(i);
  hint.next() = list.get();
  list = at;
}

/// As many hints as the allocator's chunk has room for, the last one in front of its list.
unsigned link_hints(Runtime& rt, unsigned hints, const HintBase& base) {
  const golang::Fixalloc f = rt.mheap_().arenaHintAlloc();
  const auto room = static_cast<unsigned>(f.list() ? 0 : f.nchunk() / f.size());
  const unsigned n = std::min(hints, room);
  if (n == 0) return 0;
  rt.step("mallocinit/hints",
          base.random ? fmt::format("make {} hints where the heap's arenas should lie, the first "
                                    "at {:#x}, a random address",
                                    n, base.at(0).value)
                      : fmt::format("make {} hints where the heap's arenas should lie, the first "
                                    "at {:#x}: easy to tell from other data",
                                    n, base.at(0).value),
          [&] {
            const u64 size = f.size();
            Addr at = f.chunk();
            for (unsigned i = hints; i-- > hints - n; at = at + size) link_hint(rt, at, base, i);
            f.chunk() = at;
            f.nchunk() -= static_cast<u32>(n * size);
            f.inuse() += n * size;
          });
  return n;
}

Part<> make_hints(Runtime& rt) {
  const HintBase base = co_await choose_base(rt);
  for (unsigned left = kHints; left != 0;) {
    const unsigned linked = link_hints(rt, left, base);
    left -= linked;
    if (linked != 0) continue;
    const Addr at = co_await fixalloc_alloc(rt, rt.mheap_().arenaHintAlloc());
    --left;
    rt.step("mallocinit/hint", "make another hint where an arena of the heap should lie",
            [&] { link_hint(rt, at, base, left); });
  }
}

/// An allocator of records that hang on objects: struct special, and what follows it.
struct Records {
  golang::Mheap::Field field;
  golang::Fixalloc (golang::Mheap::*allocator)() const;
  u64 more;                   ///< bytes that follow
  bool to_collector = false;  ///< their account
};

/// In Go's order; which ones there are depends on the release. Go: runtime/mheap.go.
std::vector<Records> records_of(Runtime& rt) {
  using H = golang::Mheap;
  using F = H::Field;
  const u64 cleanup = rt.go() >= 26 ? 32 : 16;  // go1.26: with its arguments
  return {{F::specialfinalizeralloc, &H::specialfinalizeralloc, 32},
          {F::specialCleanupAlloc, &H::specialCleanupAlloc, cleanup},
          {F::specialCheckFinalizerAlloc, &H::specialCheckFinalizerAlloc, 32},
          {F::specialTinyBlockAlloc, &H::specialTinyBlockAlloc, 0},
          {F::specialprofilealloc, &H::specialprofilealloc, 8},
          {F::specialReachableAlloc, &H::specialReachableAlloc, 8},
          {F::specialPinCounterAlloc, &H::specialPinCounterAlloc, 8},
          {F::specialSecretAlloc, &H::specialSecretAlloc, 8},
          {F::specialWeakHandleAlloc, &H::specialWeakHandleAlloc, 8, true},
          {F::specialBubbleAlloc, &H::specialBubbleAlloc, 8}};
}

Part<> init_records(Runtime& rt, golang::Mheap h) {
  const golang::Memstats m = rt.memstats();
  const u64 special = rt.go() >= 24 ? 24 : 16;  // its offset became a word
  const Addr none;
  const std::vector<Records> all = records_of(rt);
  for (const Records& r : all) {
    if (!h.has(r.field)) continue;
    const Addr stat = r.to_collector ? m.gcMiscSys().address() : m.other_sys().address();
    co_await fixalloc_init(rt, (h.*r.allocator)(), special + r.more, none, none, stat);
  }
}

/// xRegInitAlloc: go1.26 keeps the vector registers of a preempted goroutine apart from its stack.
Part<> init_vector_registers(Runtime& rt) {
  if (rt.has_function("runtime.xRegInitAlloc")) {
    co_await rt.call<void>("runtime.xRegInitAlloc");
    co_return;
  }
  constexpr u64 kRegisters = 33 * 64;   // 32 of 64 bytes, and masks
  constexpr unsigned kAllocators = 14;  // that mheap.init makes before
  const Addr at = model::constant_argument(rt, "runtime.(*mheap).init", "runtime.(*fixalloc).init",
                                           emulator::cpu::rax, kAllocators);
  const Addr none;
  co_await fixalloc_init(rt, rt.at<golang::Fixalloc>(at), kRegisters, none, none,
                         rt.memstats().other_sys().address());
}

}  // namespace

Model<> mheap_init(Runtime& rt, golang::Mheap h) {
  const golang::Memstats m = rt.memstats();
  const Addr none;
  const Addr record =
      model::function_value(rt, "runtime.(*mheap).init", rt.function("runtime.recordspan"));
  co_await fixalloc_init(rt, h.spanalloc(), size_of(rt, "runtime.mspan"), record, h.address(),
                         m.mspan_sys().address());
  // go1.26: a queue of spans to scan, which other Ps steal from, or a stub of it.
  const u64 queue = has_green_tea(rt) ? 56 : 16;
  if (h.has(golang::Mheap::Field::spanSPMCAlloc))
    co_await fixalloc_init(rt, h.spanSPMCAlloc(), queue, none, none, m.gcMiscSys().address());
  co_await fixalloc_init(rt, h.cachealloc(), size_of(rt, "runtime.mcache"), none, none,
                         m.mcache_sys().address());
  co_await init_records(rt, h);
  co_await fixalloc_init(rt, h.arenaHintAlloc(), size_of(rt, "runtime.arenaHint"), none, none,
                         m.other_sys().address());
  rt.step("mheap.init/spans",
          "do not clear a span record when it is used again: a sweeper may look at it at any time",
          [&] { h.spanalloc().zero() = false; });
  rt.step("mheap.init/central",
          "make one central list for each class of spans, with and without pointers", [&] {
            for (u64 i = 0; i < h.central().count(); ++i)
              h.central(i).mcentral().spanclass() = static_cast<u8>(i);
          });
  if (rt.go() >= 21)
    co_await rt.call<void>("runtime.(*pageAlloc).init", h.pages(), h.lock().address(),
                           m.gcMiscSys().address(), false);
  else
    co_await rt.call<void>("runtime.(*pageAlloc).init", h.pages(), h.lock().address(),
                           m.gcMiscSys().address());
  if (rt.go() >= 26) co_await init_vector_registers(rt);
}

Model<> mallocinit(Runtime& rt) {
  if (rt.memstats().has(golang::Memstats::Field::by_size))
    rt.step("mallocinit/by-size", "set up the statistics: one entry for each class of sizes", [&] {
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
    rt.step("mallocinit/limit", "there is no limit of memory until gcinit reads GOMEMLIMIT",
            [&] { rt.gcController().memoryLimit() = std::numeric_limits<i64>::max(); });
}

}  // namespace runtime_model::heap
