// What each release made of the heap, on a runtime that no program booted.
#include <bit>

#include "runtime_model/heap/fixalloc.hpp"
#include "runtime_model/heap/heap_bits.hpp"
#include "runtime_model/heap/heap_rand.hpp"
#include "runtime_model/heap/malloc.hpp"
#include "runtime_model/heap/malloc_kinds.hpp"
#include "runtime_model/heap/map_memory.hpp"
#include "runtime_model/heap/mcache.hpp"
#include "runtime_model/heap/models.hpp"
#include "runtime_model/heap/size_classes.hpp"
#include "runtime_model/heap/span_set.hpp"
#include "runtime_model/heap/spans.hpp"
#include "tests/runtime_model/support/bench.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace runtime_model;
using namespace runtime_model::heap;
using tests::Bench;

constexpr u64 kAll = ~u64{0};

/// A type descriptor: its size, and which of its words are pointers.
Addr make_type(Bench& bench, u64 size, u64 words) {
  const Addr type = bench.allocate(64), bits = bench.allocate(64);
  bench.store<u64>(bits, words);
  bench.store<u64>(type, size);
  bench.store<u64>(type + 8, words == 0 ? 0 : (64 - static_cast<u64>(std::countl_zero(words))) * 8);
  bench.store<Addr>(type + 32, bits);
  return type;
}

/// An empty span of one page for objects of that class, in the P's cache.
golang::Mspan cached_span(Bench& bench, u8 span_class) {
  const golang::Mspan s = bench.make_span(1);
  const u64 size = class_size(size_class_of(span_class));
  s.state() = kSpanInUse, s.spanclass() = span_class, s.elemsize() = size;
  s.nelems() = 8192 / size - 4, s.allocCache() = kAll;
  bench.p0().mcache()->alloc(span_class) = s;
  bench.p0().mcache()->nextSample() = 1 << 20;
  return s;
}

/// A release with its heap's functions, as far as models ask for them.
struct Heap : Bench {
  explicit Heap(int minor) : Bench(minor) {
    if (minor == 22) define("runtime.typePointers.next");
    if (minor >= 26) define("runtime.(*spanInlineMarkBits).init");
    if (minor >= 26) define("runtime.nextHeapRandBits");
    native("runtime.gcTrigger.test", [](const auto&) { return std::vector<u64>{0}; });
  }
};

Model<u64> count_objects(Runtime& rt, u64 bytes, u8 span_class) {
  co_return objects_in(rt, bytes, span_class);
}
Model<u64> take_bits(Runtime& rt, u64 bits) {
  co_return next_heap_rand_bits(rt, static_cast<unsigned>(bits));
}
Model<Addr> map_64k(Runtime& rt) {
  const Addr stat;
  const Addr p =
      co_await sys_alloc_memory(rt, 64 << 10, stat, {"runtime.persistentalloc1", "immortal"});
  co_return p;
}

u64 objects_of(int minor, u8 size_class, bool noscan) {
  Heap bench(minor);
  return *bench.run(count_objects, u64{8192}, span_class(size_class, noscan)).result;
}

}  // namespace

TEST_CASE("From go1.22 on a span of small objects with pointers keeps room for their bitmap") {
  constexpr u8 k64 = 6, k576 = 27;
  CHECK(objects_of(21, k64, false) == 128);
  CHECK(objects_of(22, k64, false) == 126);
  CHECK(objects_of(22, k64, true) == 128);   // without pointers there is no bitmap
  CHECK(objects_of(22, k576, false) == 14);  // these have headers
  CHECK(objects_of(26, k64, false) == 124);  // and mark bits
  CHECK(objects_of(26, k64, true) == 126);
  CHECK(objects_of(26, 1, true) == 1024);  // but not for 8 bytes
}

TEST_CASE("From go1.22 on a small object's bits are set in its span, an array's again and again") {
  for (const int minor : {22, 24, 26, 27}) {
    Heap bench(minor);
    const golang::Mspan s = cached_span(bench, span_class(6, false));
    const Addr end = s.startAddr().get() + 8192 - (minor >= 26 ? 128 : 0);
    const Addr x = s.startAddr().get() + 64 * 9;
    bench.store<u64>(end - 128 + 8, kAll);
    const auto run = bench.run(writeHeapBitsSmall, s, x, u64{48}, make_type(bench, 16, 0b01));
    CHECK(bench.load<u64>(end - 128 + 8) == 0xffff'ffff'ffff'15ff);
    CHECK(*run.result == 40);  // up to the end of the last pointer
  }
}

TEST_CASE("The bits of an object may lie in two words of the bitmap") {
  Heap bench(24);
  const golang::Mspan s = cached_span(bench, span_class(5, false));  // 48 bytes: 6 bits each
  const Addr bitmap = s.startAddr().get() + 8192 - 128;
  bench.run(writeHeapBitsSmall, s, s.startAddr().get() + 48 * 10, u64{48},
            make_type(bench, 48, 0b110011));
  CHECK(bench.load<u64>(bitmap) == u64{0b0011} << 60);
  CHECK(bench.load<u64>(bitmap + 8) == 0b11);
}

TEST_CASE("An array of pointers counts as one of them to scan, and as all of it since go1.27") {
  for (const int minor : {22, 26, 27}) {
    Heap bench(minor);
    const golang::Mspan s = cached_span(bench, span_class(6, false));
    const auto run =
        bench.run(writeHeapBitsSmall, s, s.startAddr().get(), u64{64}, make_type(bench, 8, 1));
    CHECK(*run.result == (minor >= 27 ? 64 : 8));
  }
}

TEST_CASE("From go1.22 on a word in front of an object above 512 bytes leads to its type") {
  for (const int minor : {22, 23, 24, 25, 26, 27}) {
    Heap bench(minor);
    const golang::Mspan s = cached_span(bench, span_class(28, false));  // 640 bytes
    const Addr type = make_type(bench, 600, 1);
    const auto run = bench.run(mallocgc, u64{600}, type, true);
    CHECK(*run.result == s.startAddr().get() + 8);
    CHECK(bench.load<Addr>(s.startAddr()) == type);
    CHECK(s.allocCount() == 1);
    CHECK(bench.p0().mcache()->scanAlloc() == 640);
    CHECK(bench.m0().mallocing() == 0);
    CHECK(bench.m0().locks() == 0);
  }
}

TEST_CASE("Up to go1.21 the arena's bitmap has the pointers of objects of all sizes") {
  Heap bench(21);
  const golang::Mspan s = cached_span(bench, span_class(28, false));
  bench.native("runtime.heapBitsSetType", [](const auto&) { return std::vector<u64>{}; });
  const auto run = bench.run(mallocgc, u64{600}, make_type(bench, 600, 1), true);
  CHECK(*run.result == s.startAddr().get());
  CHECK(run.calls.at(0).function == "runtime.heapBitsSetType");
}

TEST_CASE("Only without headers is an object of 32 KiB small") {
  Heap old(21), now(22);
  const auto made_large = [](Bench& bench) {
    cached_span(bench, span_class(67, true));
    try {
      bench.run(mallocgc, u64{32768}, Addr(), false);
    } catch (const std::runtime_error&) {
      return true;  // asks for a span of its own, which the bench lacks
    }
    return false;
  };
  CHECK_FALSE(made_large(old));
  CHECK(made_large(now));
}

TEST_CASE("go1.24 counts bytes to the next sample even when the profile is off") {
  for (const int minor : {23, 24}) {
    Heap bench(minor);
    cached_span(bench, span_class(6, true));
    bench.run(mallocgc, u64{64}, Addr(), false);
    CHECK(bench.p0().mcache()->nextSample() == (1 << 20) - (minor >= 24 ? 64 : 0));
  }
}

TEST_CASE("A sample of the heap profile is taken by real code, before the object is complete") {
  for (const int minor : {19, 23, 26}) {
    Heap bench(minor);
    const golang::Mspan s = cached_span(bench, span_class(6, true));
    bench.views().MemProfileRate() = 512 << 10;
    const golang::Mcache c = bench.p0().mcache();
    c.nextSample() = 10;
    i64 seen = 0;
    bench.native("runtime.profilealloc", [&](const auto& arguments) {
      CHECK(arguments.at(1) == s.startAddr().get().value);
      CHECK(arguments.at(2) == 64);
      CHECK(bench.m0().mallocing() == 1);
      seen = c.nextSample();
      return std::vector<u64>{};
    });
    const auto run = bench.run(mallocgc, u64{64}, Addr(), false);
    CHECK(run.calls.size() == 1);
    CHECK(seen == (minor >= 24 ? 10 - 64 : 10));
    CHECK(bench.m0().mallocing() == 0);
  }
}

TEST_CASE("An object that fits into the tiny block takes up nothing more") {
  Heap bench(27);
  const golang::Mcache c = bench.p0().mcache();
  c.tiny() = bench.allocate(16), c.tinyoffset() = 5;
  const auto run = bench.run(mallocgcTiny, u64{4}, Addr());
  CHECK(std::get<0>(*run.result) == c.tiny().get() + 8);
  CHECK(std::get<1>(*run.result) == 0);
  CHECK(c.tinyoffset() == 12);
  CHECK(bench.m0().locks() == 0);
}

TEST_CASE("Where go1.27 knows the size, its compiler clears the object in place") {
  for (const u64 size : {u64{64}, u64{96}}) {
    Heap bench(27);
    bench.define("runtime.mallocgcSmallScanNoHeaderSC2");
    const golang::Mspan s = cached_span(bench, span_class(class_of(size), true));
    s.needzero() = 1;
    bench.store<u64>(s.startAddr().get() + size - 8, kAll);
    u64 cleared = 0;
    bench.native("runtime.memclrNoHeapPointers", [&](const auto& arguments) {
      cleared = arguments.at(1);
      return std::vector<u64>{};
    });
    bench.run(mallocgc, size, Addr(), true);
    CHECK(cleared == (size > 80 ? size : 0));
    CHECK(bench.load<u64>(s.startAddr().get() + size - 8) == (size > 80 ? kAll : 0));
  }
}

TEST_CASE("A new span's bitmap is clear, that of single pointers full from go1.24 on") {
  for (const int minor : {22, 24, 26}) {
    Heap bench(minor);
    for (const u8 size_class : {u8{1}, u8{6}}) {
      const golang::Mspan s = cached_span(bench, span_class(size_class, false));
      const Addr end = s.startAddr().get() + 8192 - (minor >= 26 && size_class != 1 ? 128 : 0);
      bench.store<u64>(end - 8, 0x55);
      if (minor < 24)
        bench.run(initHeapBits_force, s, false);
      else
        bench.run(initHeapBits, s);
      CHECK(bench.load<u64>(end - 8) == (minor >= 24 && size_class == 1 ? kAll : 0));
      if (minor >= 26 && size_class == 6)
        CHECK(bench.load<u8>(end + 127) == span_class(size_class, false));
    }
  }
}

TEST_CASE("The bits of the random heap's seed are used up from the top") {
  Heap bench(26);
  const Addr seed = bench.guest().global("runtime.heapRandSeed");
  bench.store<u64>(seed, 0x1234'5678'9abc'def0);
  bench.store<u64>(seed + 8, 24);
  CHECK(*bench.run(take_bits, u64{20}).result == 0x12345);
  CHECK(*bench.run(take_bits, u64{4}).result == 0x6);
  CHECK(bench.load<u64>(seed + 8) == 0);
  CHECK_THROWS_AS(bench.run(take_bits, u64{1}), model::Thrown);
}

TEST_CASE("The random heap's hints count in their upper eight bits, two of which stay set") {
  CHECK(random_hint(0x0000'0400'0000, 0) == Addr(0x0000'0400'0000));
  CHECK(random_hint(0x0000'0400'0000, 1) == Addr(0x0040'0400'0000));
  CHECK(random_hint(0x00c0'0400'0000, 0) == Addr(0x00c0'0400'0000));
  CHECK(random_hint(0x00c0'0400'0000, 1) == Addr(0x01c0'0400'0000));
  CHECK(random_hint(0x3fc0'0400'0000, 1) == Addr(0x00c0'0400'0000));  // and begin again
}

TEST_CASE("From go1.25 on the spans of a queue's block begin 512 bytes into it") {
  for (const int minor : {24, 25}) {
    Heap bench(minor);
    const auto set = bench.views().at<golang::SpanSet>(bench.allocate(64));
    const Addr spine = bench.allocate(64), block = bench.allocate(4608);
    bench.store<Addr>(spine, block);
    set.spine() = spine, set.spineLen() = 1, set.spineCap() = 8;
    const golang::Mspan s = bench.make_span(1);
    bench.run(span_set_push, set, s);
    CHECK(bench.load<Addr>(block + (minor >= 25 ? 512 : 24)) == s.address());
    CHECK(*bench.run(span_set_pop, set).result == s);
  }
}

TEST_CASE("go1.25 gives memory a name, a string of the code that asks for it") {
  for (const int minor : {24, 25}) {
    Heap bench(minor);
    // lea rcx, [rip + 1]; ret; "immortal": the text lies behind the code that takes its address.
    std::vector<u8> code{0x48, 0x8d, 0x0d, 1, 0, 0, 0, 0xc3};
    for (const char c : std::string("immortal")) code.push_back(static_cast<u8>(c));
    const Addr user = bench.define("runtime.persistentalloc1", code);
    bench.native("runtime.sysAlloc", [](const auto&) { return std::vector<u64>{42}; });
    const auto run = bench.run(map_64k);
    const auto& arguments = run.calls.at(0).arguments;
    CHECK(*run.result == Addr(42));
    if (minor < 25) {
      CHECK(arguments.size() == 2);
      continue;
    }
    CHECK(arguments.at(2) == user.value + 8);
    CHECK(arguments.at(3) == 8);
  }
}

TEST_CASE("Every release from go1.17 to go1.27 has the heap's models") {
  model::Registry registry;
  add_models(registry);
  for (int minor = 17; minor <= 27; ++minor)
    for (const auto function :
         {"runtime.mallocgc", "runtime.(*mheap).alloc", "runtime.(*mheap).grow",
          "runtime.(*mcache).refill", "runtime.(*mcache).allocLarge", "runtime.mallocinit"})
      CHECK(registry.find(function, golang::GoRelease{1, minor, 0}) != nullptr);
  CHECK(registry.find("runtime.mallocgcLarge", golang::GoRelease{1, 23, 0}) == nullptr);
  CHECK(registry.find("runtime.heapSetType", golang::GoRelease{1, 24, 0}) == nullptr);
}
