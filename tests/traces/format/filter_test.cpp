#include "traces/format/filter.hpp"

#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace traces::format;
using emulator::base::UserError;

TEST_CASE("a range includes both its ends, and an end may be open") {
  const Range closed = parse_range("10..0x14");
  CHECK(closed.contains(10));
  CHECK(closed.contains(20));
  CHECK_FALSE(closed.contains(9));
  CHECK_FALSE(closed.contains(21));
  CHECK(parse_range("10..").contains(~u64{0}));
  CHECK(parse_range("..10").contains(0));
  CHECK(parse_range("7").contains(7));
  CHECK_FALSE(parse_range("7").contains(8));
  for (const auto* bad : {"", "x", "1..x", "1.2", "-1", "5..4", "1..2..3"})
    CHECK_THROWS_AS(parse_range(bad), UserError);
}

TEST_CASE("a symbol is matched whole, or by its beginning when the pattern ends in a star") {
  CHECK(matches_symbol("runtime.mstart", "runtime.mstart"));
  CHECK_FALSE(matches_symbol("runtime.mstart", "runtime.mstart0"));
  CHECK(matches_symbol("runtime.*", "runtime.mstart0"));
  CHECK(matches_symbol("*", "main.main"));
  CHECK_FALSE(matches_symbol("main.*", "runtime.main"));
}

TEST_CASE("every condition of a filter must hold") {
  const Event call = Call{{5, 2}, "runtime.mstart"};
  const Event exit = Exit{{5, 2}, 0};
  CHECK(Filter{}.matches(exit));
  CHECK(Filter{{5, 5}, {}, 2}.matches(call));
  CHECK_FALSE(Filter{{6, {}}, {}, {}}.matches(call));
  CHECK_FALSE(Filter{{}, {}, 1}.matches(call));
  CHECK(Filter{{}, {"main.main", "runtime.m*"}, {}}.matches(call));
  CHECK_FALSE(Filter{{}, {"main.*"}, {}}.matches(call));
  CHECK_FALSE(Filter{{}, {"*"}, {}}.matches(exit));
}
