#include "runtime_model/heap/malloc_kinds.hpp"

#include <fmt/format.h>

#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/size_classes.hpp"

namespace runtime_model::heap {
namespace {

/// Is there a function of its own for this size, in which it is a constant? go1.26 has them only
/// when asked to (GOEXPERIMENT=sizespecializedmalloc), and more.
bool specialised(Runtime& rt, u64 size) {
  const u64 largest = rt.go() >= 27 ? 80 : 512;
  return size <= largest && rt.has_function("runtime.mallocgcSmallScanNoHeaderSC2");
}

Part<> leave_if_need_be(Runtime& rt, Wanted w) {
  if (rt.depth() != 1) co_return;
  const std::string_view reason = reason_to_leave(rt, w);
  if (!reason.empty()) co_await rt.decline(std::string(reason));
}

/// `bytes` from the object's start on; where their number is a constant, the compiler clears them
/// in place.
Part<> clear(Runtime& rt, Object o, u64 bytes, bool in_place) {
  if (o.span.needzero() == 0) co_return;
  if (in_place)
    rt.step("mallocgc/clear", "the object's place was in use before: clear it",
            [&] { rt.clear(o.address, bytes); });
  else
    co_await rt.call<void>("runtime.memclrNoHeapPointers", o.address, bytes);
}

void scan_more(Runtime& rt, const golang::Mcache& c, u64 bytes) {
  rt.step("mallocgc/scan",
          "the object has pointers: count its bytes among what the next collection must scan",
          [&] { c.scanAlloc() += bytes; });
}

Part<> finish(Runtime& rt, golang::Mcache c, Object o, Addr x) {
  co_await complete(rt, c, o, x);
  if (o.refilled) co_await collect_if_due(rt);
}

Part<Sized> tiny(Runtime& rt, Wanted w) {
  const golang::Mcache c = cache_of(rt);
  const u64 offset = tiny_offset(c, w.size);
  if (offset < kTinySize) {
    const Addr x = c.tiny().get() + offset;
    rt.step("mallocgc/tiny",
            fmt::format("{} bytes without pointers fit into what is left of a block of 16, shared "
                        "with other small objects",
                        w.size),
            [&] {
              model::acquirem(rt);
              take_tiny(c, offset, w.size);
              release(rt);
            });
    co_return Sized{x, 0};
  }
  co_await enter(rt);
  const Object o = co_await tiny_block(rt, c, w.size);
  co_await finish(rt, c, o, o.address);
  co_return Sized{o.address, o.size};
}

Part<Sized> small_noscan(Runtime& rt, Wanted w, bool needzero) {
  co_await enter(rt);
  const golang::Mcache c = cache_of(rt);
  const Object o = co_await next_free(rt, c, w.span_class);
  if (needzero) co_await clear(rt, o, o.size, specialised(rt, w.size));
  co_await finish(rt, c, o, o.address);
  co_return Sized{o.address, o.size};
}

Part<Sized> small_scan(Runtime& rt, Wanted w) {
  co_await enter(rt);
  const golang::Mcache c = cache_of(rt);
  const Object o = co_await next_free(rt, c, w.span_class);
  const bool constant = specialised(rt, w.size);
  co_await clear(rt, o, constant ? o.size : w.size, constant);
  u64 scan = 8;
  // Class 1 has one word, a pointer: initHeapBits has said so for all of them.
  if (o.size != 8) scan = co_await writeHeapBitsSmall(rt, o.span, o.address, w.size, w.type);
  scan_more(rt, c, scan);
  co_await finish(rt, c, o, o.address);
  co_return Sized{o.address, o.size};
}

Part<Sized> small_scan_header(Runtime& rt, Wanted w) {
  co_await enter(rt);
  const golang::Mcache c = cache_of(rt);
  const Object o = co_await next_free(rt, c, w.span_class);
  co_await clear(rt, o, o.size, false);
  const u64 scan =
      co_await heapSetType(rt, o.address + kMallocHeader, w.size, w.type, o.address, o.span);
  scan_more(rt, c, scan);
  const Addr x = o.address + kMallocHeader;
  co_await finish(rt, c, o, x);
  co_return Sized{x, o.size};
}

Part<Sized> large(Runtime& rt, Wanted w, bool needzero) {
  co_await enter(rt);
  const golang::Mcache c = cache_of(rt);
  Object o;
  o.span = co_await allocLarge(rt, c, w.size, w.noscan);
  o.address = o.span.startAddr();
  o.size = o.span.elemsize();
  rt.step(
      "mallocgc/large",
      "the large object is the only one of its span; while its memory is not clear it has no type",
      [&] {
        o.span.freeindex() = 1;
        o.span.allocCount() = 1;
        o.span.largeType() = Addr();
      });
  co_await complete(rt, c, o, o.address);
  co_await collect_if_due(rt);
  // go1.24 clears an object with pointers always.
  if ((needzero && o.span.needzero() != 0) || (rt.go() == 24 && !w.noscan))
    co_await rt.call<void>("runtime.memclrNoHeapPointersChunked", o.size, o.address);
  else if (rt.go() == 24)
    co_return Sized{o.address, o.size};
  rt.step(
      "mallocgc/large-type",
      "the large object's memory is clear: from here on the collector may look for its pointers",
      [&] {
        model::acquirem(rt);
        if (!w.noscan) {
          o.span.largeType() = w.type;
          cache_of(rt).scanAlloc() += o.size;
        }
        model::releasem(rt);
      });
  co_return Sized{o.address, o.size};
}

}  // namespace

Model<Sized> mallocgcTiny(Runtime& rt, u64 size, Addr type) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await tiny(rt, w);
  co_return made;
}

Model<Sized> mallocgcSmallNoscan(Runtime& rt, u64 size, Addr type, bool needzero) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await small_noscan(rt, w, needzero);
  co_return made;
}

Model<Sized> mallocgcSmallScanNoHeader(Runtime& rt, u64 size, Addr type) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await small_scan(rt, w);
  co_return made;
}

Model<Sized> mallocgcSmallScanHeader(Runtime& rt, u64 size, Addr type) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await small_scan_header(rt, w);
  co_return made;
}

Model<Sized> mallocgcLarge(Runtime& rt, u64 size, Addr type, bool needzero) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await large(rt, w, needzero);
  co_return made;
}

Model<Addr> mallocgcTinySC2(Runtime& rt, u64 size, Addr type, bool) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await tiny(rt, w);
  co_return std::get<0>(made);
}

Model<Addr> mallocgcSmallNoScanSC(Runtime& rt, u64 size, Addr type, bool needzero) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await small_noscan(rt, w, needzero);
  co_return std::get<0>(made);
}

Model<Addr> mallocgcSmallScanNoHeaderSC(Runtime& rt, u64 size, Addr type, bool) {
  const Wanted w = wanted(rt, size, type);
  co_await leave_if_need_be(rt, w);
  const Sized made = co_await small_scan(rt, w);
  co_return std::get<0>(made);
}

Part<Addr> allocate_by_kind(Runtime& rt, Wanted w, bool needzero) {
  Sized made;
  if (w.large)
    made = co_await large(rt, w, needzero);
  else if (w.tiny)
    made = co_await tiny(rt, w);
  else if (w.noscan)
    made = co_await small_noscan(rt, w, needzero);
  else if (w.header)
    made = co_await small_scan_header(rt, w);
  else
    made = co_await small_scan(rt, w);
  co_return std::get<0>(made);
}

}  // namespace runtime_model::heap
