#include "runtime_model/heap/grow.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/heap_rand.hpp"
#include "runtime_model/heap/map_memory.hpp"
#include "runtime_model/heap/stats.hpp"

namespace runtime_model::heap {
namespace {

/// heapReleased is a sysMemStat of gcController since go1.19, of memstats before.
Addr mapped_account(Runtime& rt) {
  return rt.gcController().heapReleased().exists() ? rt.gcController().heapReleased().address()
                                                   : rt.memstats().heap_sys().address();
}

constexpr MapName kHeap{"runtime.(*mheap).grow", "heap"};
constexpr MapName kReservation{"runtime.(*mheap).sysAlloc", "heap reservation"};
constexpr MapName kIndex{"runtime.(*mheap).sysAlloc", "heap index"};

/// From reserved to usable, and known to the page allocator.
Part<> make_usable(Runtime& rt, golang::Mheap h, Addr from, u64 bytes) {
  co_await call_named<void>(rt, "runtime.sysMap", kHeap, from, bytes, mapped_account(rt));
  if (!rt.gcController().heapReleased().exists())
    rt.step("grow/totals", "new heap memory counts as returned to the kernel until it is used",
            [&] { rt.memstats().heap_released() += bytes; });
  const Change change = [&](const golang::HeapStatsDelta& stats) {
    stats.released() += static_cast<i64>(bytes);
  };
  co_await account(rt, "grow/account",
                   "new heap memory counts as returned to the kernel until it is used", change);
  co_await rt.call<void>("runtime.(*pageAlloc).grow", h.pages(), from, bytes);
}

/// sysReserve: address space that cannot be used yet. go1.17 inlines it into mmap.
Part<Addr> reserve(Runtime& rt, Addr wish, u64 bytes) {
  constexpr i32 kProtNone = 0, kMapAnonPrivate = 0x22, kNoFile = -1;  // mmap(2)
  Addr got;
  for (const std::string_view function : {"runtime.sysReserve", "runtime.sysReserveOS"}) {
    if (!rt.has_function(function)) continue;
    got = co_await call_named<Addr>(rt, function, kReservation, wish, bytes);
    co_return got;
  }
  got = co_await rt.call<Addr>("runtime.mmap", wish, bytes, kProtNone, kMapAnonPrivate, kNoFile,
                               u32{0});
  co_return rt.result(1) != 0 ? Addr() : got;
}

/// Tries the hints until the kernel gives what one asks for. Null: none is left.
Part<Addr> reserve_at_hint(Runtime& rt, golang::Mheap h, u64 bytes) {
  while (h.arenaHints()) {
    const golang::ArenaHint hint = h.arenaHints();
    const Addr wish = hint.down() ? hint.addr().get() - bytes : hint.addr().get();
    const Addr got = co_await reserve(rt, wish, bytes);
    if (got == wish) {
      rt.step("sysAlloc/hint",
              fmt::format("reserve {} MiB of address space where the hint wishes it", bytes >> 20),
              [&] { hint.addr() = hint.down() ? wish : wish + bytes; });
      co_return got;
    }
    if (got != Addr()) co_await rt.call<void>("runtime.sysFreeOS", got, bytes);
    rt.step("sysAlloc/next-hint", "the hint's place is taken: drop it and try the next one", [&] {
      h.arenaHints() = hint.next();
      fixalloc_free(rt, h.arenaHintAlloc(), hint.address());
    });
  }
  co_return Addr();
}

/// Notes an arena's number among all arenas, in a table that doubles.
Part<> note_arena(Runtime& rt, golang::Mheap h, u64 index) {
  const auto all = h.has(golang::Mheap::Field::heapArenas) ? h.heapArenas() : h.allArenas();
  if (all.len() == all.cap()) {
    const u64 bytes = all.cap() == 0 ? rt.physPageSize().get() : 2 * all.cap() * 8;
    const Addr table = co_await persistentalloc(rt, bytes, 8, rt.memstats().gcMiscSys().address());
    rt.step("sysAlloc/table", "the table of arenas is full: it gets a larger array", [&] {
      for (u64 i = 0; i < all.len(); ++i)
        rt.store<u64>(table + 8 * i, rt.load<u64>(all.data().get() + 8 * i));
      all.data() = table;
      all.cap() = bytes / 8;
    });
  }
  rt.step("sysAlloc/note", "enter the new arena's number in the table of arenas", [&] {
    const u64 len = all.len();
    rt.store<u64>(all.data().get() + 8 * len, index);
    all.len() = len + 1;
  });
}

/// A pointer for each arena of 48 bits of addresses.
Part<Addr> arena_map(Runtime& rt) {
  constexpr u64 kArenaMap = u64{8} << 22;
  constexpr std::string_view kAlloc = "runtime.sysAllocOS";
  Addr map;
  if (rt.go() >= 19)
    map = co_await call_named<Addr>(rt, kAlloc, kIndex, kArenaMap);
  else
    map = co_await persistentalloc(rt, kArenaMap, 8, Addr());
  co_return map;
}

/// The description of an arena: whose span each page is in, and the collector's bitmap.
Part<> describe_arena(Runtime& rt, golang::Mheap h, u64 index) {
  if (h.arenas(0) == Addr()) {
    const Addr map = co_await arena_map(rt);
    rt.step("sysAlloc/arena-map",
            "make the map that leads from an arena's number to its description",
            [&] { h.arenas(0) = map; });
  }
  const Addr slot = h.arenas(0).get() + 8 * index;
  Runtime::require(rt.load<Addr>(slot) == Addr(), "arena already initialized");
  const u64 size = rt.guest().layouts.find("runtime.heapArena")->size;
  const Addr stat = rt.memstats().gcMiscSys().address();
  const Addr arena = co_await persistentalloc(rt, size, 8, stat);
  Runtime::require(arena != Addr(), "out of memory allocating heap arena metadata");
  co_await note_arena(rt, h, index);
  rt.step("sysAlloc/arena",
          "enter the arena's description in the map: from here on its addresses are the heap's",
          [&] { rt.store<Addr>(slot, arena); });
}

/// go1.26: the heap begins at a random chunk of its first arena …
void skip_chunks(Runtime& rt, const golang::MheapCurArena& current) {
  constexpr unsigned kChunkBits = 4;  // of an arena's chunks
  const u64 chunks = next_heap_rand_bits(rt, kChunkBits);
  rt.step(
      "grow/random-chunk",
      fmt::format(
          "the heap begins at a random place in its first arena: {} chunks of 4 MiB are left out",
          chunks),
      [&] { current.base() = current.base().get() + chunks * kChunkPages * kPageSize; });
}

/// … and at a random page of it.
Part<> skip_pages(Runtime& rt, golang::Mheap h, Addr from) {
  constexpr unsigned kChunkBytesBits = 22;
  const u64 pages = next_heap_rand_bits(rt, kChunkBytesBits) / kPageSize;
  if (pages != 0)
    co_await rt.call<void>("runtime.(*pageAlloc).markRandomPaddingPages", h.pages(), from, pages);
}

}  // namespace

Part<> scavenge_to_goal(Runtime& rt, golang::Mheap h, u64 growth) {
  const golang::Memstats m = rt.memstats();
  const u64 retained = m.heap_sys() - m.heap_released();
  const u64 goal = h.scavengeGoal();
  if (retained + growth <= goal) co_return;
  const u64 todo = std::min(growth, retained + growth - goal);
  if (rt.go() < 18)
    co_await rt.call<void>("runtime.(*pageAlloc).scavenge", h.pages(), todo, false);
  else
    co_await rt.call<void>("runtime.(*pageAlloc).scavenge", h.pages(), todo);
}

Model<std::tuple<Addr, u64>> sys_alloc(Runtime& rt, golang::Mheap h, u64 bytes) {
  const u64 n = align_up(bytes, kArenaSize);
  const Addr v = co_await reserve_at_hint(rt, h, n);
  Runtime::require(v != Addr(), "no hint is left: the model does not look elsewhere");
  Runtime::require(v.value % kArenaSize == 0, "misrounded allocation in sysAlloc");
  for (u64 i = arena_index(v); i <= arena_index(v + (n - 1)); ++i)
    co_await describe_arena(rt, h, i);
  co_return std::tuple{v, n};
}

Model<u64> grow(Runtime& rt, golang::Mheap h, u64 npages) {
  const u64 ask = align_up(npages, kChunkPages) * kPageSize;
  const golang::MheapCurArena current = h.curArena();
  const u64 page = rt.physPageSize();
  const bool first = current.base().get() == Addr() && has_random_heap(rt);
  u64 grown = 0;
  u64 end = align_up(current.base().get().value + ask, page);
  if (end > current.end().get().value) {
    const std::tuple<Addr, u64> space = co_await sys_alloc(rt, h, ask);
    const Addr at = std::get<0>(space);
    const Addr limit = at + std::get<1>(space);
    if (at == current.end().get()) {
      rt.step("grow/longer", "the new arena follows the current one: the heap can go on there",
              [&] { current.end() = limit; });
    } else {
      const u64 rest = current.end().get().value - current.base().get().value;
      if (rest != 0) co_await make_usable(rt, h, current.base().get(), rest);
      grown += rest;
      rt.step("grow/arena", "from here on the heap grows in the new arena", [&] {
        current.base() = at;
        current.end() = limit;
      });
      if (first) skip_chunks(rt, current);
    }
    end = align_up(current.base().get().value + ask, page);
  }
  const Addr from = current.base();
  const u64 bytes = end - from.value;
  rt.step("grow/take",
          fmt::format("the heap grows by {} MiB of reserved address space", bytes >> 20),
          [&] { current.base() = Addr(end); });
  co_await make_usable(rt, h, from, bytes);
  grown += bytes;
  if (first) co_await skip_pages(rt, h, from);
  if (rt.go() < 18) co_await scavenge_to_goal(rt, h, grown);
  co_return grown;
}

Part<bool> grow_or_fail(Runtime& rt, golang::Mheap h, u64 npages) {
  const u64 grown = co_await grow(rt, h, npages);
  co_return grown != 0;
}

}  // namespace runtime_model::heap
