#include "runtime_model/heap/fixalloc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "runtime_model/heap/map_memory.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kFixAllocChunk = 16 << 10;
constexpr u64 kMaxBlock = 64 << 10;  ///< what is as large is mapped by itself
constexpr MapName kImmortal{"runtime.persistentalloc1", "immortal metadata"};
constexpr MapName kAllSpans{"runtime.recordspan", "allspans array"};

/// A new chunk in front of the list of all chunks, whose links are the chunks' first words.
Part<> new_chunk(Runtime& rt, golang::PersistentAlloc persistent, u64 align) {
  const Addr stat = rt.memstats().other_sys().address();
  const Addr chunk = co_await sys_alloc_memory(rt, kPersistentChunk, stat, kImmortal);
  Runtime::require(chunk != Addr(), "runtime: cannot allocate memory");
  const Addr head = rt.global("runtime.persistentChunks");
  rt.step("persistentalloc/chunk",
          "map a chunk of 256 KiB for the runtime's own records; such memory is never given back",
          [&] {
            persistent.base() = chunk;
            rt.store<Addr>(chunk, rt.load<Addr>(head));
            rt.store<Addr>(head, chunk);
            persistent.off() = align_up(8, align);
          });
}

}  // namespace

Part<Addr> persistentalloc1(Runtime& rt, u64 size, u64 align, Addr sys_stat) {
  Runtime::require(size != 0, "persistentalloc: size == 0");
  Runtime::require(align == 0 || std::has_single_bit(align),
                   "persistentalloc: align is not a power of 2");
  if (align == 0) align = 8;
  if (size >= kMaxBlock) {
    const Addr p = co_await sys_alloc_memory(rt, size, sys_stat, kImmortal);
    co_return p;
  }
  const golang::P pp = rt.getp();
  const golang::Mutex mutex = rt.globalAlloc().mutex();
  if (!pp) co_await rt.lock(mutex.address());
  const golang::PersistentAlloc persistent = pp ? pp.palloc() : rt.globalAlloc().persistentAlloc();
  const u64 start = align_up(persistent.off(), align);
  const bool fits = start + size <= kPersistentChunk && persistent.base() != Addr();
  if (!fits) {
    rt.step("persistentalloc/align",
            "what is left of the chunk of persistent memory is too small: a new one is needed",
            [&] { persistent.off() = start; });
    co_await new_chunk(rt, persistent, align);
  }
  const u64 at = align_up(persistent.off(), align);
  const Addr p = persistent.base().get() + at;
  rt.step("persistentalloc/take",
          fmt::format("take {} bytes off the chunk of persistent memory", size),
          [&] { persistent.off() = at + size; });
  if (!pp) co_await rt.unlock(mutex.address());
  const Addr other = rt.memstats().other_sys().address();
  if (sys_stat != other)
    rt.step("persistentalloc/account", "count these bytes as what they are used for", [&] {
      rt.store<u64>(sys_stat, rt.load<u64>(sys_stat) + size);
      rt.store<u64>(other, rt.load<u64>(other) - size);
    });
  co_return p;
}

Model<Addr> persistentalloc(Runtime& rt, u64 size, u64 align, Addr sys_stat) {
  rt.switch_to_g0();
  const Addr p = co_await persistentalloc1(rt, size, align, sys_stat);
  rt.switch_back();
  co_return p;
}

Model<> fixalloc_init(Runtime& rt, golang::Fixalloc f, u64 size, Addr first, Addr arg, Addr stat) {
  Runtime::require(size <= kFixAllocChunk, "runtime: fixalloc size too large");
  const u64 each = std::max<u64>(size, 8);
  rt.step("fixalloc/init",
          fmt::format("set up an allocator for records of one size, {} bytes", each), [&] {
            f.size() = each;
            f.first() = first;
            f.arg() = arg;
            f.list() = Addr();
            f.chunk() = Addr();
            f.nchunk() = 0;
            // A multiple of the size, so that nothing is left over at a chunk's end; go1.17 forgets
            // that.
            if (f.nalloc().exists()) f.nalloc() = static_cast<u32>(kFixAllocChunk / each * each);
            f.inuse() = 0;
            f.stat() = stat;
            f.zero() = true;
          });
  co_return;
}

Model<> recordspan(Runtime& rt, golang::Mheap h, Addr span) {
  const auto all = h.allspans();
  if (all.len() >= all.cap()) {
    const u64 n = std::max<u64>(64 * 1024 / 8, all.cap() * 3 / 2);
    const Addr stat = rt.memstats().other_sys().address();
    const Addr fresh = co_await sys_alloc_memory(rt, n * 8, stat, kAllSpans);
    Runtime::require(fresh != Addr(), "runtime: cannot allocate memory");
    const Addr old = all.data();
    const u64 len = all.len(), cap = all.cap();
    rt.step("recordspan/grow",
            fmt::format("allspans, the table of all spans, is full: a new one, mapped outside of "
                        "the heap, has room for {}",
                        n),
            [&] {
              for (u64 i = 0; i < len; ++i)
                rt.store<Addr>(fresh + 8 * i, rt.load<Addr>(old + 8 * i));
              all.data() = fresh;
              all.cap() = n;
            });
    if (len != 0) co_await rt.call<void>("runtime.sysFree", old, cap * 8, stat);
  }
  rt.step("recordspan/note", "enter the new span record in allspans, the table of all spans", [&] {
    const u64 len = all.len();
    rt.store<Addr>(all.data().get() + 8 * len, span);
    all.len() = len + 1;
  });
}

Model<Addr> fixalloc_alloc(Runtime& rt, golang::Fixalloc f) {
  Runtime::require(f.size() != 0, "runtime: use of FixAlloc_Alloc before FixAlloc_Init");
  const u64 size = f.size();
  if (f.list()) {
    const Addr v = f.list().get();
    rt.step("fixalloc/reused", fmt::format("take a record of {} bytes that was given back", size),
            [&] {
              f.list() = rt.load<Addr>(v);
              f.inuse() += size;
            });
    if (f.zero()) co_await rt.call<void>("runtime.memclrNoHeapPointers", v, size);
    co_return v;
  }
  if (f.nchunk() < size) {
    const u32 bytes = f.nalloc().exists() ? f.nalloc().get() : static_cast<u32>(kFixAllocChunk);
    const Addr chunk = co_await persistentalloc(rt, bytes, 0, f.stat().get());
    rt.step(
        "fixalloc/chunk",
        fmt::format("the allocator of records gets a new chunk: room for {} of them", bytes / size),
        [&] {
          f.chunk() = chunk;
          f.nchunk() = bytes;
        });
  }
  const Addr v = f.chunk();
  // Its only function is recordspan, for spans. Go calls it before the record counts as taken.
  if (f.first() != Addr()) co_await recordspan(rt, rt.at<golang::Mheap>(f.arg()), v);
  rt.step("fixalloc/take",
          fmt::format("take the next {} bytes of the allocator's chunk as a record", size), [&] {
            f.chunk() = v + size;
            f.nchunk() -= static_cast<u32>(size);
            f.inuse() += size;
          });
  co_return v;
}

void fixalloc_free(Runtime& rt, const golang::Fixalloc& f, Addr block) {
  f.inuse() -= f.size();
  rt.store<Addr>(block, f.list().get());
  f.list() = block;
}

}  // namespace runtime_model::heap
