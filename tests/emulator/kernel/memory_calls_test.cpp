#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;

namespace {
constexpr u64 kMmap = 9, kMprotect = 10, kMunmap = 11, kBrk = 12, kMremap = 25, kMincore = 27,
              kMadvise = 28;
constexpr u64 kPrivateAnonymous = 0x22, kFixed = 0x10, kNoReplace = 0x100000;
constexpr u64 kReadWrite = 3;
constexpr u64 kCeiling = 0x7ffff7fff000;
}  // namespace

TEST_CASE("mmap takes the highest free range below the ceiling") {
  World w;
  CHECK(w.call(kMmap, 0, 0x3000, kReadWrite, kPrivateAnonymous, -1, 0) == kCeiling - 0x3000);
  CHECK(w.call(kMmap, 0, 1, kReadWrite, kPrivateAnonymous, -1, 0) == kCeiling - 0x4000);
  CHECK(w.call(kMunmap, kCeiling - 0x3000, 0x2000) == 0);
  CHECK(w.call(kMmap, 0, 0x3000, kReadWrite, kPrivateAnonymous, -1, 0) == kCeiling - 0x7000);
  CHECK(w.call(kMmap, 0, 0x1000, 0, kPrivateAnonymous, -1, 0) == kCeiling - 0x2000);
}

TEST_CASE("mmap goes to a hint that is free and elsewhere when it is not") {
  World w;
  CHECK(w.call(kMmap, 0xc000000000, 64 << 20, 0, kPrivateAnonymous, -1, 0) == 0xc000000000);
  CHECK(w.call(kMmap, 0xc000000000, 0x1000, 0, kPrivateAnonymous, -1, 0) == kCeiling - 0x1000);
  CHECK(w.call(kMmap, 0xd000000123, 0x1000, 0, kPrivateAnonymous, -1, 0) == 0xd000001000);
}

TEST_CASE("MAP_FIXED replaces, MAP_FIXED_NOREPLACE refuses") {
  World w;
  const u64 at = w.call(kMmap, 0xc000000000, 0x2000, kReadWrite, kPrivateAnonymous, -1, 0);
  w.put(at, u64{42});
  CHECK(w.call(kMmap, at, 0x1000, kReadWrite, kPrivateAnonymous | kFixed, -1, 0) == at);
  CHECK(w.get<u64>(at) == 0);
  CHECK(w.call(kMmap, at, 0x1000, kReadWrite, kPrivateAnonymous | kNoReplace, -1, 0) ==
        failed(Errno::eexist));
}

TEST_CASE("mmap answers Linux's errors") {
  World w;
  CHECK(w.call(kMmap, 0, 0, kReadWrite, kPrivateAnonymous, -1, 0) == failed(Errno::einval));
  CHECK(w.call(kMmap, 0, 0x1000, kReadWrite, kPrivateAnonymous, -1, 1) == failed(Errno::einval));
  CHECK(w.call(kMmap, 0, 0x1000, kReadWrite, 0x20, -1, 0) == failed(Errno::einval));
  CHECK(w.call(kMmap, 0, ~u64{0}, kReadWrite, kPrivateAnonymous, -1, 0) == failed(Errno::enomem));
  CHECK(w.call(kMmap, 0x1001, 0x1000, kReadWrite, kPrivateAnonymous | kFixed, -1, 0) ==
        failed(Errno::einval));
  CHECK(w.call(kMmap, 0x1000, 0x1000, kReadWrite, kPrivateAnonymous | kFixed, -1, 0) ==
        failed(Errno::eperm));
  CHECK(w.call(kMmap, 0x7ffffffff000, 0x1000, kReadWrite, kPrivateAnonymous | kFixed, -1, 0) ==
        failed(Errno::enomem));
  CHECK(w.call(kMmap, 0, 0x1000, kReadWrite, 2, -1, 0) == failed(Errno::ebadf));
}

TEST_CASE("Memory beyond the limit is refused when it is to be written, not when it is reserved") {
  World w;
  CHECK(w.call(kMmap, 0, World::kMemoryLimit + 1, kReadWrite, kPrivateAnonymous, -1, 0) ==
        failed(Errno::enomem));
  const u64 at = w.call(kMmap, 0, u64{1} << 40, 0, kPrivateAnonymous, -1, 0);
  CHECK(at % 0x1000 == 0);
  CHECK(w.call(kMprotect, at, World::kMemoryLimit * 2, kReadWrite) == failed(Errno::enomem));
  CHECK(w.call(kMprotect, at, 0x100000, kReadWrite) == 0);
  constexpr u64 kNoReserve = 0x4000;
  CHECK(w.call(kMmap, 0, World::kMemoryLimit * 2, kReadWrite, kPrivateAnonymous | kNoReserve, -1,
               0) < kCeiling);
}

TEST_CASE("munmap and mprotect answer Linux's errors") {
  World w;
  CHECK(w.call(kMunmap, 1, 0x1000) == failed(Errno::einval));
  CHECK(w.call(kMunmap, 0x1000, 0) == failed(Errno::einval));
  CHECK(w.call(kMunmap, 0x7ffffffff000, 0x1000) == failed(Errno::einval));
  CHECK(w.call(kMunmap, 0x500000, 0x1000) == 0);
  CHECK(w.call(kMprotect, 0x500000, 0x1000, 1) == failed(Errno::enomem));
  CHECK(w.call(kMprotect, 0x500001, 0x1000, 1) == failed(Errno::einval));
  CHECK(w.call(kMprotect, 0x500000, 0, 1) == 0);
}

TEST_CASE("madvise forgets private pages and keeps the mapping") {
  World w;
  const u64 at = w.page();
  w.put(at, u64{42});
  CHECK(w.call(kMadvise, at, 0x1000, 14) == 0);
  CHECK(w.get<u64>(at) == 42);
  CHECK(w.call(kMadvise, at, 0x1000, 4) == 0);
  CHECK(w.get<u64>(at) == 0);
  CHECK(w.call(kMadvise, at, 0x1000, 99) == failed(Errno::einval));
  CHECK(w.call(kMadvise, at + 1, 0x1000, 4) == failed(Errno::einval));
  CHECK(w.call(kMadvise, 0x500000, 0x1000, 4) == failed(Errno::enomem));
}

TEST_CASE("mremap grows in place when it can and moves the contents when it may") {
  World w;
  const u64 at = w.call(kMmap, 0xc000000000, 0x2000, kReadWrite, kPrivateAnonymous, -1, 0);
  w.put(at + 0x1000, u64{42});
  CHECK(w.call(kMremap, at, 0x2000, 0x4000, 0, 0) == at);
  w.put(at + 0x3000, u64{7});
  w.call(kMmap, at + 0x4000, 0x1000, kReadWrite, kPrivateAnonymous, -1, 0);
  CHECK(w.call(kMremap, at, 0x4000, 0x8000, 0, 0) == failed(Errno::enomem));
  const u64 moved = w.call(kMremap, at, 0x4000, 0x8000, 1, 0);
  CHECK(moved == kCeiling - 0x8000);
  CHECK(w.get<u64>(moved + 0x1000) == 42);
  CHECK(w.get<u64>(moved + 0x3000) == 7);
  CHECK(w.memory.region_at(Addr(at)) == nullptr);
  CHECK(w.call(kMremap, moved, 0x8000, 0x1000, 0, 0) == moved);
  CHECK(w.memory.region_at(Addr(moved + 0x1000)) == nullptr);
}

TEST_CASE("brk moves the break and answers where it is") {
  World w;
  const u64 start = w.call(kBrk, 0);
  CHECK(start == 0x403000);
  CHECK(w.call(kBrk, start + 0x1800) == start + 0x1800);
  w.put(start + 0x1ff8, u64{1});
  CHECK(w.memory.region_at(Addr(start))->name == "[heap]");
  CHECK(w.call(kBrk, start - 1) == start + 0x1800);
  CHECK(w.call(kBrk, start) == start);
  CHECK(w.memory.region_at(Addr(start)) == nullptr);
}

TEST_CASE("mincore tells touched pages and unmapped ranges") {
  World w;
  const u64 at = w.call(kMmap, 0, 0x3000, kReadWrite, kPrivateAnonymous, -1, 0), answer = w.page();
  w.put(at + 0x1000, u8{1});
  CHECK(w.call(kMincore, at, 0x3000, answer) == 0);
  CHECK(w.get<std::array<u8, 3>>(answer) == std::array<u8, 3>{0, 1, 0});
  CHECK(w.call(kMincore, 0x500000, 0x1000, answer) == failed(Errno::enomem));
}
