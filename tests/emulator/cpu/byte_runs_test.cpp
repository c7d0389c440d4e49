#include "emulator/cpu/byte_runs.hpp"

#include <algorithm>
#include <random>

#include "tests/support/catch.hpp"

using namespace emulator;
using cpu::ByteRuns;

namespace {

std::vector<u8> all(const ByteRuns& runs) {
  std::vector<u8> bytes(runs.size());
  runs.copy(0, bytes);
  return bytes;
}

}  // namespace

TEST_CASE("what was appended comes back, in any pieces, and the other way round") {
  std::mt19937_64 random(1);
  const auto below = [&](u64 n) { return random() % n; };
  for (int round = 0; round < 200; ++round) {
    ByteRuns runs;
    std::vector<u8> expected;
    for (u64 i = below(12); i != 0; --i) {
      std::vector<u8> part(8 * below(round % 2 == 0 ? 4 : 1500));
      const u64 word = below(2) == 0 ? 0 : random();
      for (std::size_t at = 0; at < part.size(); ++at)
        part[at] = static_cast<u8>(word >> (8 * (at % 8)));
      if (below(3) == 0)
        for (u8& byte : part) byte = static_cast<u8>(random());
      if (below(4) == 0) {
        runs.append_repeated(word, part.size());
        for (std::size_t at = 0; at < part.size(); ++at)
          part[at] = static_cast<u8>(word >> (8 * (at % 8)));
      } else {
        runs.append(part);
      }
      expected.insert(expected.end(), part.begin(), part.end());
    }
    REQUIRE(all(runs) == expected);
    const u64 from = below(expected.size() + 1);
    std::vector<u8> some(below(expected.size() - from + 1));
    runs.copy(from, some);
    REQUIRE(std::equal(some.begin(), some.end(), expected.begin() + static_cast<i64>(from)));
    std::vector<u8> walked;
    runs.for_each([&](const ByteRuns::Run& run) {
      for (u64 i = 0; i < run.size; ++i)
        walked.push_back(run.repeats ? static_cast<u8>(run.word >> (8 * (i % 8))) : run.bytes[i]);
    });
    REQUIRE(walked == expected);
    for (const unsigned element : {8U, 4U, 2U, 1U}) {
      runs.reverse(element);
      std::reverse(expected.begin(), expected.end());
      for (std::size_t at = 0; at < expected.size(); at += element)
        std::reverse(expected.begin() + static_cast<i64>(at),
                     expected.begin() + static_cast<i64>(at + element));
      REQUIRE(all(runs) == expected);
    }
  }
}

TEST_CASE("a long string that repeats takes no room") {
  ByteRuns runs;
  const std::vector<u8> page(4096);
  for (int i = 0; i < 100; ++i) runs.append(page);
  const std::vector<u8> byte(1);
  for (int i = 0; i < 100'000; ++i) runs.append(byte);
  unsigned pieces = 0;
  runs.for_each([&](const ByteRuns::Run&) { ++pieces; });
  CHECK(pieces <= 2);
}
