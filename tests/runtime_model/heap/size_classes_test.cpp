// The table of sizes of small objects.
#include "runtime_model/heap/size_classes.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace runtime_model::heap;
using emulator::u32;
using emulator::u64;
using emulator::u8;

TEST_CASE("each small size has the smallest class that holds it") {
  for (u64 size = 1; size <= kMaxSmallSize; ++size) {
    const u8 c = class_of(size);
    REQUIRE(class_size(c) >= size);
    REQUIRE((c == 1 || class_size(static_cast<u8>(c - 1)) < size));
  }
}

TEST_CASE("a new g of 392 bytes takes 416, an m of 1,017 bytes 1,024") {
  CHECK(class_size(class_of(392)) == 416);
  CHECK(class_size(class_of(1017)) == 1024);
  CHECK(class_size(kTinyClass) == kTinySize);
}

TEST_CASE("multiplying by the class's magic number divides by its size") {
  for (u8 c = 1; c < kSizeClasses; ++c)
    for (u64 offset = 0; offset < class_pages(c) * 8192; offset += 7)
      REQUIRE(offset * class_divmagic(c) >> 32 == offset / class_size(c));
}

TEST_CASE("at most an eighth of a span is left over at its end") {
  for (u8 c = 1; c < kSizeClasses; ++c)
    CHECK(class_pages(c) * 8192 % class_size(c) <= class_pages(c) * 1024);
}

TEST_CASE("a span class tells size class and whether there are pointers") {
  CHECK(span_class(5, true) == 11);
  CHECK(span_class(5, false) == 10);
  CHECK(size_class_of(span_class(67, true)) == 67);
}

}  // namespace
