#include "emulator/base/glob.hpp"

#include "tests/support/catch.hpp"

using emulator::base::glob_matches;

TEST_CASE("a pattern without stars is the name itself") {
  CHECK(glob_matches("newproc1", "newproc1"));
  CHECK_FALSE(glob_matches("newproc1", "newproc"));
  CHECK_FALSE(glob_matches("newproc", "newproc1"));
  CHECK(glob_matches("", ""));
}

TEST_CASE("a star stands for any text, also for none, a question mark for one character") {
  CHECK(glob_matches("mallocgc/*", "mallocgc/tiny"));
  CHECK(glob_matches("mallocgc/*", "mallocgc/"));
  CHECK_FALSE(glob_matches("mallocgc/*", "mallocgc"));
  CHECK(glob_matches("*/tiny*", "mallocgc/tiny-block"));
  CHECK(glob_matches("a*b*c", "a-b-b-c"));
  CHECK_FALSE(glob_matches("a*b*c", "a-c-b"));
  CHECK(glob_matches("mstart?", "mstart0"));
  CHECK_FALSE(glob_matches("mstart?", "mstart"));
  CHECK(glob_matches("***", ""));
}
