#include "runtime_model/heap/malloc_object.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/heap/collecting.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/type_words.hpp"

namespace runtime_model::heap {
namespace {

constexpr u8 kTinySpanClass = span_class(kTinyClass, true);
constexpr i64 kGcTriggerHeap = 0;  ///< a gcTrigger's kind: the heap has grown enough

/// nextFreeFast: the first free object by the span's cached bits, unless more work is due.
Addr next_free_fast(Runtime& rt, const golang::Mspan& s) {
  const u64 cache = s.allocCache();
  const u64 bit = static_cast<u64>(std::countr_zero(cache));
  const u64 index = s.freeindex() + bit, nelems = s.nelems();
  if (bit == 64 || index >= nelems) return {};
  const u64 next = index + 1;
  if (next % 64 == 0 && next != nelems) return {};
  rt.step("mallocgc/next-free",
          fmt::format("object {} of {} in the cached span is free: take it", index, nelems), [&] {
            s.allocCache() = bit == 63 ? 0 : cache >> (bit + 1);
            s.freeindex() = next;
            s.allocCount() += 1;
          });
  return s.startAddr().get() + index * s.elemsize();
}

}  // namespace

Wanted wanted(Runtime& rt, u64 size, Addr type) {
  Wanted w{size, type};
  const bool headers = has_malloc_headers(rt);
  w.noscan = type_words(rt, type).pointers == 0;
  w.large = size > kMaxSmallSize - (headers ? kMallocHeader : 0);
  w.tiny = w.noscan && size < kTinySize;
  w.header = headers && !w.noscan && !w.large && !in_bitmap(size);
  if (w.large) {
    w.span_class = span_class(0, w.noscan);
    w.bytes = align_up(size, kPageSize);
  } else {
    const u8 size_class = w.tiny ? kTinyClass : class_of(size + (w.header ? kMallocHeader : 0));
    w.span_class = span_class(size_class, w.noscan);
    w.bytes = class_size(size_class);
  }
  return w;
}

golang::Mcache cache_of(Runtime& rt) {
  const golang::P pp = rt.getp();
  return pp ? pp.mcache() : rt.mcache0();
}

u64 tiny_offset(const golang::Mcache& c, u64 size) {
  const u64 align = size % 8 == 0 ? 8 : size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : 1;
  const u64 offset = align_up(c.tinyoffset(), align);
  return offset + size <= kTinySize && c.tiny() != Addr() ? offset : kTinySize;
}

void take_tiny(const golang::Mcache& c, u64 offset, u64 size) {
  c.tinyoffset() = offset + size;
  c.tinyAllocs() += 1;
}

std::string_view reason_to_leave(Runtime& rt, const Wanted& w) {
  if (collecting(rt)) return kCollecting;
  if (rt.debug().malloc()) return "GODEBUG or inittrace wants to hear of each allocation";
  const golang::Mcache c = cache_of(rt);
  if (w.tiny && tiny_offset(c, w.size) < kTinySize) return {};
  const golang::Mspan s = w.large ? rt.mspan(Addr()) : c.alloc(w.span_class);
  if ((w.large || s.allocCount() == s.nelems()) && may_trigger(rt, w.bytes))
    return "a collection may begin";
  return {};
}

Part<> enter(Runtime& rt) {
  const golang::M mp = rt.getm();
  Runtime::require(mp.mallocing() == 0, "malloc deadlock");
  Runtime::require(!(mp.gsignal() == rt.getg()), "malloc during signal");
  rt.step("mallocgc/enter",
          "until the object is complete this M must not be preempted, nor allocate again", [&] {
            mp.locks() += 1;
            mp.mallocing() = 1;
          });
  co_return;
}

Part<Object> next_free(Runtime& rt, golang::Mcache c, u8 span_class) {
  Object o;
  o.span = c.alloc(span_class);
  o.address = next_free_fast(rt, o.span);
  if (o.address == Addr()) {
    const std::tuple<Addr, golang::Mspan, bool> found = co_await nextFree(rt, c, span_class);
    std::tie(o.address, o.span, o.refilled) = found;
  }
  o.size = o.span.elemsize();
  co_return o;
}

Part<Object> tiny_block(Runtime& rt, golang::Mcache c, u64 size) {
  const Object o = co_await next_free(rt, c, kTinySpanClass);
  rt.step("mallocgc/tiny-block",
          "start a block of 16 bytes: later small objects without pointers may share it", [&] {
            rt.clear(o.address, kTinySize);
            if (size >= c.tinyoffset() && c.tiny() != Addr()) return;  // the old one has more room
            c.tiny() = o.address;
            c.tinyoffset() = size;
          });
  co_return o;
}

Part<> complete(Runtime& rt, golang::Mcache c, Object o, Addr x) {
  const bool sample = sampled(rt, c, o.size);
  const auto count = [&] {
    if (o.span.freeIndexForScan().exists()) o.span.freeIndexForScan() = o.span.freeindex();
    // go1.24 counts bytes even when the profile is off, and when a sample is due.
    if (rt.go() >= 24 || (rt.MemProfileRate() > 0 && !sample))
      c.nextSample() -= static_cast<i64>(o.size);
  };
  if (sample) {
    rt.step("mallocgc/sample", "the heap profile takes this allocation as a sample", count);
    co_await rt.call<void>("runtime.profilealloc", rt.getm(), x, o.size);
  }
  rt.step("mallocgc/done", "the object is complete: this M may be preempted and allocate again",
          [&] {
            if (!sample) count();
            release(rt);
          });
}

void release(Runtime& rt) {
  rt.getm().mallocing() = 0;
  model::releasem(rt);
}

Part<> collect_if_due(Runtime& rt) {
  bool due = false;
  if (rt.has_function("runtime.gcTrigger.test"))
    due = co_await rt.call<bool>("runtime.gcTrigger.test", kGcTriggerHeap, i64{0}, u32{0});
  else
    due = trigger_reached(rt);  // go1.17 inlines the test
  if (due) co_await rt.long_call<void>("runtime.gcStart", kGcTriggerHeap, i64{0}, u32{0});
}

}  // namespace runtime_model::heap
