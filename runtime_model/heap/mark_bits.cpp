#include "runtime_model/heap/mark_bits.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/heap/map_memory.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kChunk = 64 << 10;  ///< bytes of a gcBitsArena
constexpr u64 kHeader = 16;       ///< free, next
constexpr u64 kRoom = kChunk - kHeader;
constexpr MapName kGcBits{"runtime.newArenaMayUnlock", "gc bits"};

/// `bytes` of the arena's bits, or null. Go: gcBitsArena.tryAlloc.
Addr try_alloc(Runtime& rt, Addr arena, u64 bytes) {
  if (arena == Addr() || rt.load<u64>(arena) + bytes > kRoom) return {};
  const u64 start = rt.load<u64>(arena);
  rt.step("newMarkBits/take",
          fmt::format("take {} bytes for a span's bits, one for each of its objects", bytes),
          [&] { rt.store<u64>(arena, start + bytes); });
  return arena + kHeader + start;
}

/// A chunk for more bits; the lock is free while memory is mapped.
Part<Addr> new_arena(Runtime& rt) {
  const golang::GcBitsArenas arenas = rt.gcBitsArenas();
  Addr fresh = arenas.free();
  if (fresh == Addr()) {
    co_await rt.unlock(arenas.lock().address());
    fresh = co_await sys_alloc_memory(rt, kChunk, rt.memstats().gcMiscSys().address(), kGcBits);
    Runtime::require(fresh != Addr(), "runtime: cannot allocate memory");
    co_await rt.lock(arenas.lock().address());
  } else {
    rt.step("newMarkBits/reused", "take a chunk of bits that earlier collections have done with",
            [&] { arenas.free() = rt.load<Addr>(fresh + 8); });
    if (rt.go() >= 21)  // whose compiler clears it in place
      rt.step("newMarkBits/clear", "clear the chunk: all bits are zero",
              [&] { rt.clear(fresh, kChunk); });
    else
      co_await rt.call<void>("runtime.memclrNoHeapPointers", fresh, kChunk);
  }
  rt.step("newMarkBits/chunk",
          "the chunk of 64 KiB is empty: its mark and allocation bits are free", [&] {
            rt.store<u64>(fresh + 8, 0);
            rt.store<u64>(fresh, 0);
          });
  co_return fresh;
}

}  // namespace

Model<Addr> newMarkBits(Runtime& rt, u64 nelems) {
  const golang::GcBitsArenas arenas = rt.gcBitsArenas();
  const u64 bytes = (nelems + 63) / 64 * 8;
  Addr p = try_alloc(rt, arenas.next(), bytes);
  if (p != Addr()) co_return p;
  co_await rt.lock(arenas.lock().address());
  // Another thread may have put a chunk there before the lock was ours, or while it was free.
  p = try_alloc(rt, arenas.next(), bytes);
  if (p == Addr()) {
    const Addr fresh = co_await new_arena(rt);
    p = try_alloc(rt, arenas.next(), bytes);
    const bool use_fresh = p == Addr();
    if (use_fresh) p = try_alloc(rt, fresh, bytes);
    Runtime::require(p != Addr(), "markBits overflow");
    rt.step("newMarkBits/publish",
            use_fresh ? "from here on bits come from the new chunk"
                      : "another thread brought a chunk meanwhile: the new one stays free",
            [&] {
              auto list = use_fresh ? arenas.next() : arenas.free();
              rt.store<Addr>(fresh + 8, list.get());
              list = fresh;
            });
  }
  co_await rt.unlock(arenas.lock().address());
  co_return p;
}

Model<Addr> newAllocBits(Runtime& rt, u64 nelems) {
  const Addr p = co_await newMarkBits(rt, nelems);
  co_return p;
}

Model<> refillAllocCache(Runtime& rt, golang::Mspan s, u64 which_byte) {
  const u64 taken = rt.load<u64>(s.allocBits().get() + which_byte);
  rt.step("refillAllocCache/load",
          fmt::format("look up which of the span's next 64 slots are free: {} bits say so",
                      std::popcount(~taken)),
          [&] { s.allocCache() = ~taken; });
  co_return;
}

Model<u64> nextFreeIndex(Runtime& rt, golang::Mspan s) {
  const u64 nelems = s.nelems();
  u64 index = s.freeindex();
  if (index == nelems) co_return index;
  Runtime::require(index < nelems, "s.freeindex > s.nelems");
  u64 cache = s.allocCache();
  while (cache == 0 && index < nelems) {
    index = (index + 64) & ~u64{63};
    if (index >= nelems) break;
    co_await refillAllocCache(rt, s, index / 8);
    cache = s.allocCache();
  }
  const u64 result = index + static_cast<u64>(std::countr_zero(cache));
  if (index >= nelems || result >= nelems) {
    rt.step("nextFreeIndex/full", "no free object is left in the span",
            [&] { s.freeindex() = nelems; });
    co_return nelems;
  }
  const u64 bit = result - index;
  rt.step("nextFreeIndex/take",
          fmt::format("object {} of {} in the span is free: take it", result, nelems), [&] {
            s.allocCache() = bit == 63 ? 0 : cache >> (bit + 1);
            s.freeindex() = result + 1;
          });
  // The cache's bits go up to the next multiple of 64 at most.
  const u64 next = result + 1;
  if (next % 64 == 0 && next != nelems) co_await refillAllocCache(rt, s, next / 8);
  co_return result;
}

}  // namespace runtime_model::heap
