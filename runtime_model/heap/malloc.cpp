#include "runtime_model/heap/malloc.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/heap/collecting.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/model/runtime_words.hpp"

namespace runtime_model::heap {
namespace {

constexpr u8 kTinySpanClass = span_class(kTinyClass, true);
constexpr i64 kGcTriggerHeap = 0;  ///< a gcTrigger's kind: the heap has grown enough

/// The two words of a type descriptor that an allocation needs. Go: runtime/type.go, _type.
struct TypeWords {
  u64 size = 0;
  u64 pointers = 0;  ///< bytes up to the end of the last pointer
};
TypeWords type_words(Runtime& rt, Addr type) {
  if (type == Addr()) return {};
  return {rt.load<u64>(type), rt.load<u64>(type + 8)};
}

/// What an allocation has come to.
struct Object {
  Addr address;
  golang::Mspan span;
  u64 size = 0;  ///< that it takes up
  bool refilled = false;
  bool zero_late = false;
};

golang::Mcache cache_of(Runtime& rt) {
  const golang::P pp = rt.getp();
  return pp ? pp.mcache() : rt.mcache0();
}

/// Room for `size` in the current tiny block: the offset, or kTinySize when it has none.
u64 tiny_offset(const golang::Mcache& c, u64 size) {
  const u64 align = size % 8 == 0 ? 8 : size % 4 == 0 ? 4 : size % 2 == 0 ? 2 : 1;
  const u64 offset = align_up(c.tinyoffset(), align);
  return offset + size <= kTinySize && c.tiny() != Addr() ? offset : kTinySize;
}

/// Bytes that the object will take up.
u64 rounded(u64 size, bool noscan) {
  if (size > kMaxSmallSize) return align_up(size, kPageSize);
  return noscan && size < kTinySize ? kTinySize : class_size(class_of(size));
}

u8 span_class_for(u64 size, bool noscan) {
  return noscan && size < kTinySize ? kTinySpanClass : span_class(class_of(size), noscan);
}

/// Why the model leaves this allocation to the real code; empty when it does not.
std::string_view reason_to_leave(Runtime& rt, u64 size, bool noscan) {
  if (collecting(rt)) return kCollecting;
  if (rt.debug().malloc()) return "GODEBUG or inittrace wants to hear of each allocation";
  const golang::Mcache c = cache_of(rt);
  if (noscan && size < kTinySize && tiny_offset(c, size) < kTinySize) return {};
  const u64 bytes = rounded(size, noscan);
  if (sampled(rt, c, bytes)) return "the heap profile takes a sample";
  const bool large = size > kMaxSmallSize;
  const golang::Mspan s = large ? rt.mspan(Addr()) : c.alloc(span_class_for(size, noscan));
  if ((large || s.allocCount() == s.nelems()) && may_trigger(rt, bytes))
    return "a collection may begin";
  return {};
}

/// nextFreeFast: the first free object by the span's cached bits, unless more work is due.
Addr next_free_fast(Runtime& rt, const golang::Mspan& s) {
  const u64 cache = s.allocCache();
  const u64 bit = static_cast<u64>(std::countr_zero(cache));
  const u64 index = s.freeindex() + bit, nelems = s.nelems();
  if (bit == 64 || index >= nelems) return {};
  const u64 next = index + 1;
  if (next % 64 == 0 && next != nelems) return {};
  rt.step("mallocgc/next-free",
          fmt::format("object {} of {} in this P's span is free: take it", index, nelems), [&] {
            s.allocCache() = bit == 63 ? 0 : cache >> (bit + 1);
            s.freeindex() = next;
            s.allocCount() += 1;
          });
  return s.startAddr().get() + index * s.elemsize();
}

Model<Object> next_free(Runtime& rt, golang::Mcache c, u8 span_class) {
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

/// A fresh tiny block, whose start is the object.
Model<Object> tiny(Runtime& rt, golang::Mcache c, u64 size) {
  const Object o = co_await next_free(rt, c, kTinySpanClass);
  rt.step("mallocgc/tiny-block",
          "a block of 16 bytes, of which later small objects without pointers take the rest", [&] {
            rt.clear(o.address, kTinySize);
            if (size >= c.tinyoffset() && c.tiny() != Addr()) return;  // the old one has more room
            c.tiny() = o.address;
            c.tinyoffset() = size;
          });
  co_return o;
}

Model<Object> small(Runtime& rt, golang::Mcache c, u64 size, bool noscan, bool needzero) {
  const u8 span_class = span_class_for(size, noscan);
  const Object o = co_await next_free(rt, c, span_class);
  if (needzero && o.span.needzero() != 0)
    co_await rt.call<void>("runtime.memclrNoHeapPointers", o.address, o.size);
  co_return o;
}

Model<Object> large(Runtime& rt, golang::Mcache c, u64 size, bool noscan, bool needzero) {
  Object o;
  bool zeroed = false;
  if (rt.go() >= 18) {
    o.span = co_await allocLarge(rt, c, size, noscan);
    zeroed = o.span.needzero() == 0;
  } else {
    const std::tuple<golang::Mspan, bool> made =
        co_await allocLarge_zeroing(rt, c, size, needzero && !noscan, noscan);
    std::tie(o.span, zeroed) = made;
  }
  o.address = o.span.startAddr();
  o.size = o.span.elemsize();
  o.refilled = true;
  rt.step("mallocgc/large", "it is the only object of its span", [&] {
    o.span.freeindex() = 1;
    o.span.allocCount() = 1;
  });
  o.zero_late = needzero && noscan && !zeroed;
  if (needzero && !noscan && !zeroed)
    co_await rt.call<void>("runtime.memclrNoHeapPointers", o.address, o.size);
  co_return o;
}

/// go1.17 allocates the arguments of a defer behind its record; only the record has pointers for
/// the collector's bitmap. Go compares the type with that of _defer, which only newdefer asks for.
bool holds_defer_arguments(Runtime& rt) {
  const auto* caller = rt.guest().symbols.function_at(rt.caller_pc());
  return rt.go() == 17 && caller != nullptr && caller->name.starts_with("runtime.newdefer");
}

/// Tells the collector where the object has pointers.
Model<> describe_pointers(Runtime& rt, golang::Mcache c, const Object& o, u64 size, Addr type) {
  const TypeWords words = type_words(rt, type);
  const u64 data = holds_defer_arguments(rt) ? words.size : size;
  co_await rt.call<void>("runtime.heapBitsSetType", o.address, o.size, data, type);
  const u64 scan = data > words.size ? data - words.size + words.pointers : words.pointers;
  rt.step("mallocgc/scan", "so many bytes more the collector must look through",
          [&] { c.scanAlloc() += scan; });
}

Model<> enter(Runtime& rt) {
  const golang::M mp = rt.getm();
  Runtime::require(mp.mallocing() == 0, "malloc deadlock");
  Runtime::require(!(mp.gsignal() == rt.getg()), "malloc during signal");
  rt.step("mallocgc/enter", "until the object is complete this goroutine keeps its M", [&] {
    mp.locks() += 1;
    mp.mallocing() = 1;
  });
  co_return;
}

/// Inside of a step.
void release(Runtime& rt) {
  rt.getm().mallocing() = 0;
  model::releasem(rt);
}

Model<> complete(Runtime& rt, golang::Mcache c, const Object& o) {
  rt.step("mallocgc/done", "the object is complete", [&] {
    if (o.span.freeIndexForScan().exists()) o.span.freeIndexForScan() = o.span.freeindex();
    if (rt.MemProfileRate() > 0) c.nextSample() -= static_cast<i64>(o.size);
    release(rt);
  });
  if (o.zero_late) co_await rt.call<void>("runtime.memclrNoHeapPointersChunked", o.size, o.address);
  if (!o.refilled) co_return;
  bool due = false;
  if (rt.has_function("runtime.gcTrigger.test"))
    due = co_await rt.call<bool>("runtime.gcTrigger.test", kGcTriggerHeap, i64{0}, u32{0});
  else
    due = trigger_reached(rt);  // go1.17 inlines the test
  if (due) co_await rt.long_call<void>("runtime.gcStart", kGcTriggerHeap, i64{0}, u32{0});
}

}  // namespace

Model<Addr> mallocgc(Runtime& rt, u64 size, Addr type, bool needzero) {
  constexpr u32 kMarkTermination = 2;
  Runtime::require(rt.gcphase() != kMarkTermination,
                   "mallocgc called with gcphase == _GCmarktermination");
  if (size == 0) co_return rt.zerobase().address();
  const bool noscan = type_words(rt, type).pointers == 0;
  if (rt.depth() == 1) {
    const std::string_view reason = reason_to_leave(rt, size, noscan);
    if (!reason.empty()) co_await rt.decline(std::string(reason));
  }
  const golang::Mcache c = cache_of(rt);
  const u64 offset = noscan && size < kTinySize ? tiny_offset(c, size) : kTinySize;
  if (offset < kTinySize) {
    const Addr x = c.tiny().get() + offset;
    rt.step("mallocgc/tiny",
            fmt::format("{} bytes without pointers fit into what is left of a block of 16", size),
            [&] {
              c.tinyoffset() = offset + size;
              c.tinyAllocs() += 1;
            });
    co_return x;
  }
  co_await enter(rt);
  Object o;
  if (size > kMaxSmallSize)
    o = co_await large(rt, c, size, noscan, needzero);
  else if (noscan && size < kTinySize)
    o = co_await tiny(rt, c, size);
  else
    o = co_await small(rt, c, size, noscan, needzero);
  if (!noscan) co_await describe_pointers(rt, c, o, size, type);
  co_await complete(rt, c, o);
  co_return o.address;
}

Model<Addr> newobject(Runtime& rt, Addr type) {
  const auto [size, pointers] = type_words(rt, type);
  const std::string_view reason = size == 0 ? "" : reason_to_leave(rt, size, pointers == 0);
  if (rt.depth() == 1 && !reason.empty()) co_await rt.decline(std::string(reason));
  const Addr x = co_await mallocgc(rt, size, type, true);
  co_return x;
}

}  // namespace runtime_model::heap
