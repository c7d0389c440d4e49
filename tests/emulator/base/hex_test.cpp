#include "emulator/base/hex.hpp"

#include "tests/support/catch.hpp"

using namespace emulator::base;
using emulator::u64;
using emulator::u8;

TEST_CASE("numbers are written as lower-case hex without padding") {
  CHECK(hex(u64{0}) == "0x0");
  CHECK(hex(u64{0x455E20}) == "0x455e20");
  const u8 bytes[] = {0x48, 0x8d, 0x0f};
  CHECK(hex_bytes(bytes) == "48 8d 0f");
}

TEST_CASE("numbers are read in decimal and hex, wholly or not at all") {
  CHECK(parse_number("50344") == 50344);
  CHECK(parse_number("0xFFFFFFFFFFFFFFFF") == ~u64{0});
  for (const auto* bad : {"", "0x", "-1", "12 ", "1e3", "18446744073709551616", "0x1g"})
    CHECK_FALSE(parse_number(bad));
}

TEST_CASE("sizes take binary suffixes") {
  CHECK(parse_size("4096") == 4096);
  CHECK(parse_size("512M") == u64{512} << 20);
  CHECK(parse_size("4GiB") == u64{4} << 30);
  CHECK(parse_size("1kB") == 1024);
  for (const auto* bad : {"", "M", "4X", "99999999999T", "-1M"}) CHECK_FALSE(parse_size(bad));
}
