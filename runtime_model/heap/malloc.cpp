#include "runtime_model/heap/malloc.hpp"

#include <fmt/format.h>

#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/malloc_kinds.hpp"
#include "runtime_model/heap/malloc_object.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/type_words.hpp"

namespace runtime_model::heap {
namespace {

Part<Object> small(Runtime& rt, golang::Mcache c, Wanted w, bool needzero) {
  const Object o = co_await next_free(rt, c, w.span_class);
  if (needzero && o.span.needzero() != 0)
    co_await rt.call<void>("runtime.memclrNoHeapPointers", o.address, o.size);
  co_return o;
}

/// `zero_late`: its memory is yet to be cleared, which need not keep the M.
Part<Object> large(Runtime& rt, golang::Mcache c, Wanted w, bool needzero, bool& zero_late) {
  Object o;
  bool zeroed = false;
  if (rt.go() >= 18) {
    o.span = co_await allocLarge(rt, c, w.size, w.noscan);
    zeroed = o.span.needzero() == 0;
  } else {
    const std::tuple<golang::Mspan, bool> made =
        co_await allocLarge_zeroing(rt, c, w.size, needzero && !w.noscan, w.noscan);
    std::tie(o.span, zeroed) = made;
  }
  o.address = o.span.startAddr();
  o.size = o.span.elemsize();
  o.refilled = true;
  rt.step("mallocgc/large",
          "the large object is the only one of its span: no slot is free any more", [&] {
            o.span.freeindex() = 1;
            o.span.allocCount() = 1;
            if (rt.go() >= 23 && !w.noscan) o.span.largeType() = Addr();
          });
  if (!needzero || zeroed) co_return o;
  // go1.23: also one with pointers, which has no type until it is clear.
  zero_late = w.noscan || rt.go() >= 23;
  if (!zero_late) co_await rt.call<void>("runtime.memclrNoHeapPointers", o.address, o.size);
  co_return o;
}

/// go1.17 allocates the arguments of a defer behind its record; only the record has pointers for
/// the collector's bitmap. Go compares the type with that of _defer, which only newdefer asks for.
bool holds_defer_arguments(Runtime& rt) {
  const auto* caller = rt.guest().symbols.function_at(rt.caller_pc());
  return rt.go() == 17 && caller != nullptr && caller->name.starts_with("runtime.newdefer");
}

/// Tells the collector where the object has pointers: how many bytes more it must look through.
Part<u64> set_type(Runtime& rt, Object o, Wanted w) {
  u64 scan = 0;
  if (has_malloc_headers(rt)) {
    const Addr header = w.large ? o.span.largeType().address() : w.header ? o.address : Addr();
    const Addr x = o.address + (w.header ? kMallocHeader : 0);
    scan = co_await heapSetType(rt, x, w.size, w.type, header, o.span);
    co_return scan;
  }
  const TypeWords words = type_words(rt, w.type);
  const u64 data = holds_defer_arguments(rt) ? words.size : w.size;
  co_await rt.call<void>("runtime.heapBitsSetType", o.address, o.size, data, w.type);
  co_return data > words.size ? data - words.size + words.pointers : words.pointers;
}

Part<> describe_pointers(Runtime& rt, golang::Mcache c, Object o, Wanted w) {
  const u64 scan = co_await set_type(rt, o, w);
  rt.step("mallocgc/scan",
          "the object has pointers: count its bytes among what the next collection must scan",
          [&] { c.scanAlloc() += scan; });
}

/// A large object is cleared bit by bit, with points in between where it may be preempted.
Part<> clear_late(Runtime& rt, Object o, Wanted w) {
  co_await rt.call<void>("runtime.memclrNoHeapPointersChunked", o.size, o.address);
  if (w.noscan) co_return;
  rt.step("mallocgc/keep-m",
          "no preemption again, until the collector knows the large object's pointers",
          [&] { model::acquirem(rt); });
  co_await describe_pointers(rt, cache_of(rt), o, w);
  rt.step("mallocgc/release-m",
          "the collector knows the large object's pointers: this M may be preempted again",
          [&] { model::releasem(rt); });
}

/// Up to go1.23 all of it is one function.
Part<Addr> allocate(Runtime& rt, Wanted w, bool needzero) {
  const golang::Mcache c = cache_of(rt);
  const u64 offset = w.tiny ? tiny_offset(c, w.size) : kTinySize;
  if (offset < kTinySize) {
    const Addr x = c.tiny().get() + offset;
    rt.step("mallocgc/tiny",
            fmt::format("{} bytes without pointers fit into what is left of a block of 16, shared "
                        "with other small objects",
                        w.size),
            [&] { take_tiny(c, offset, w.size); });
    co_return x;
  }
  co_await enter(rt);
  Object o;
  bool zero_late = false;
  if (w.large)
    o = co_await large(rt, c, w, needzero, zero_late);
  else if (w.tiny)
    o = co_await tiny_block(rt, c, w.size);
  else
    o = co_await small(rt, c, w, needzero);
  if (!w.noscan && !zero_late) co_await describe_pointers(rt, c, o, w);
  const Addr x = o.address + (w.header ? kMallocHeader : 0);
  co_await complete(rt, c, o, x);
  if (zero_late) co_await clear_late(rt, o, w);
  if (o.refilled) co_await collect_if_due(rt);
  co_return x;
}

}  // namespace

Model<Addr> mallocgc(Runtime& rt, u64 size, Addr type, bool needzero) {
  constexpr u32 kMarkTermination = 2;
  Runtime::require(rt.gcphase() != kMarkTermination,
                   "mallocgc called with gcphase == _GCmarktermination");
  if (size == 0) co_return rt.zerobase().address();
  const Wanted w = wanted(rt, size, type);
  if (rt.depth() == 1) {
    const std::string_view reason = reason_to_leave(rt, w);
    if (!reason.empty()) co_await rt.decline(std::string(reason));
  }
  Addr x;
  if (rt.go() >= 24)
    x = co_await allocate_by_kind(rt, w, needzero);
  else
    x = co_await allocate(rt, w, needzero);
  co_return x;
}

Model<Addr> newobject(Runtime& rt, Addr type) {
  const u64 size = type_words(rt, type).size;
  if (rt.depth() == 1 && size != 0) {
    const std::string_view reason = reason_to_leave(rt, wanted(rt, size, type));
    if (!reason.empty()) co_await rt.decline(std::string(reason));
  }
  const Addr x = co_await mallocgc(rt, size, type, true);
  co_return x;
}

}  // namespace runtime_model::heap
