#include "runtime_model/heap/heap_bits.hpp"

#include <fmt/format.h>

#include <bit>

#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/type_words.hpp"

namespace runtime_model::heap {
namespace {

constexpr u64 kInlineMarkBits = 128;  ///< spanInlineMarkBits: 63 bytes scanned, owner, 63 marked, …
constexpr u64 kClassInMarkBits = 127;  ///< … and the span's class

u64 bitmap_bytes(u64 span_bytes) { return span_bytes / 8 / 8; }  // a bit for each word

Addr bitmap_of(Runtime& rt, const golang::Mspan& s) {
  const u64 bytes = s.npages() * kPageSize;
  const u64 marks = marked_inline(rt, s.elemsize()) ? kInlineMarkBits : 0;
  return s.startAddr().get() + (bytes - marks - bitmap_bytes(bytes));
}

/// initInlineMarkBits.
void init_inline_marks(Runtime& rt, const golang::Mspan& s) {
  const Runtime::Inside init_inline_mark_bits(rt);
  const Addr marks = s.startAddr().get() + (kPageSize - kInlineMarkBits);
  rt.step("initInlineMarkBits/clear",
          "the span gets its own mark bits and its class at its end, so that the collector need "
          "not look up its record",
          [&] {
            if (s.needzero() != 0) rt.clear(marks, kInlineMarkBits);
            rt.store<u8>(marks + kClassInMarkBits, s.spanclass());
          });
}

/// A bit for each word of `data_size` bytes that is a pointer: the type's bits, again and again for
/// an array. Go keeps the bits of small types, one byte for 8 words, where GCData leads.
u64 pointer_bits(Runtime& rt, u64 data_size, Addr type) {
  const TypeWords t = type_words(rt, type);
  const u64 words = data_size / 8;
  if (t.size == 8) return words >= 64 ? ~u64{0} : (u64{1} << words) - 1;
  const u64 once = rt.load<u64>(rt.load<Addr>(type + kTypeGCData));
  u64 bits = once;
  for (u64 at = t.size; at < data_size; at += t.size) bits |= once << (at / 8);
  return bits;
}

u64 scan_bytes(Runtime& rt, u64 data_size, Addr type) {
  const TypeWords t = type_words(rt, type);
  // Up to go1.26 an array of pointers counts as one of them.
  if (t.size == 8) return rt.go() >= 27 ? data_size : t.pointers;
  u64 bytes = t.pointers;
  for (u64 at = t.size; at < data_size; at += t.size) bytes += t.size;
  return bytes;
}

}  // namespace

bool has_malloc_headers(Runtime& rt) {
  // Of go1.22 with them: what walks the pointers of an object.
  return rt.go() > 22 || (rt.go() == 22 && rt.has_function("runtime.typePointers.next"));
}

Part<> leave_without_headers(Runtime& rt) {
  if (rt.depth() == 1 && rt.go() == 22 && !has_malloc_headers(rt))
    co_await rt.decline("the heap of GOEXPERIMENT=noallocheaders");
}

bool has_green_tea(Runtime& rt) {
  // Without it, of the functions of its files these are the ones that are not there as stubs; a
  // profile may have had some of them inlined wherever they are called.
  return rt.go() >= 25 && (rt.has_function("runtime.(*spanInlineMarkBits).init") ||
                           rt.has_function("runtime.scanObjectsSmall") ||
                           rt.has_function("runtime.scanObjectSmall"));
}

bool marked_inline(Runtime& rt, u64 size) {
  return in_bitmap(size) && size >= 16 && has_green_tea(rt);
}

u64 objects_in(Runtime& rt, u64 bytes, u8 span_class) {
  const u64 size = class_size(size_class_of(span_class));
  const bool noscan = (span_class & 1) != 0;
  u64 reserve = marked_inline(rt, size) ? kInlineMarkBits : 0;
  if (has_malloc_headers(rt) && !noscan && in_bitmap(size)) reserve += bitmap_bytes(bytes);
  return (bytes - reserve) / size;
}

Model<> initHeapBits(Runtime& rt, golang::Mspan s) {
  const u8 span_class = s.spanclass();
  const bool noscan = (span_class & 1) != 0;
  const u64 bytes = bitmap_bytes(s.npages() * kPageSize);
  if (rt.go() >= 24 && !noscan && size_class_of(span_class) == 1)
    rt.step("initHeapBits/pointers",
            "in this class every object is one word, a pointer: set all bits once for all",
            [&] { rt.memory().write(bitmap_of(rt, s), std::vector<u8>(bytes, 0xff)); });
  else if ((!noscan && in_bitmap(s.elemsize())) || s.isUserArenaChunk())
    rt.step("initHeapBits/clear",
            "no object has pointers yet: clear the bitmap at the span's end, which has a bit for "
            "each word",
            [&] { rt.clear(bitmap_of(rt, s), bytes); });
  if (marked_inline(rt, s.elemsize())) init_inline_marks(rt, s);
  co_return;
}

Part<> initHeapBits_force(Runtime& rt, golang::Mspan s, bool) {
  co_await leave_without_headers(rt);
  // go1.22 and go1.23 do not look at it.
  co_await initHeapBits(rt, s);
}

Model<u64> writeHeapBitsSmall(Runtime& rt, golang::Mspan s, Addr x, u64 data_size, Addr type) {
  const u64 src = pointer_bits(rt, data_size, type);
  const u64 word = (x - s.startAddr().get()) / 8;
  const u64 bits = s.elemsize() / 8, at = word % 64;
  const Addr dst = bitmap_of(rt, s) + word / 64 * 8;
  const auto put = [&rt](Addr to, u64 mask, u64 value) {
    rt.store<u64>(to, (rt.load<u64>(to) & ~mask) | value);
  };
  const u64 mask = bits >= 64 ? ~u64{0} : (u64{1} << bits) - 1;
  rt.step("writeHeapBitsSmall/bits",
          fmt::format("{} of the object's {} words are pointers: its bits at the span's end tell "
                      "the collector which",
                      std::popcount(src), bits),
          [&] {
            put(dst, mask << at, src << at);
            if (at + bits <= 64) return;
            put(dst + 8, mask >> (64 - at), src >> (64 - at));
          });
  co_return scan_bytes(rt, data_size, type);
}

Model<u64> heapSetType(Runtime& rt, Addr x, u64 data_size, Addr type, Addr header,
                       golang::Mspan s) {
  u64 scan = s.elemsize();
  if (header == Addr()) {
    scan = co_await writeHeapBitsSmall(rt, s, x, data_size, type);
    co_return scan;
  }
  if (has_gc_program(rt, type)) {
    if (rt.depth() == 1) co_await rt.decline("the type's pointers are told by a program");
    scan = co_await rt.call<u64>("runtime.heapSetType", x, data_size, type, header, s);
    co_return scan;
  }
  rt.step("heapSetType/header",
          "a word for the collector leads from the object to its type, which knows where its "
          "pointers are",
          [&] { rt.store<Addr>(header, type); });
  co_return scan;
}

}  // namespace runtime_model::heap
