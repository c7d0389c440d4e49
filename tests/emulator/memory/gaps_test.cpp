#include "emulator/memory/gaps.hpp"

#include "emulator/base/random.hpp"
#include "emulator/memory/address_space.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using memory::AddressSpace;
using memory::Gaps;

namespace {

constexpr u64 kPage = base::kPageSize;

/// The rule itself: from the ceiling down, past one mapping after another.
std::optional<u64> by_a_walk(const AddressSpace& memory, u64 length, u64 ceiling) {
  u64 gap_end = ceiling;
  for (auto it = memory.regions().lower_bound(ceiling);; --it) {
    const bool first = it == memory.regions().begin();
    const u64 gap_start = first ? memory::kUserStart : std::prev(it)->second.end;
    if (gap_start < gap_end && gap_end - gap_start >= length) return gap_end - length;
    if (first) return std::nullopt;
    gap_end = std::min(gap_end, std::prev(it)->first);
  }
}

}  // namespace

TEST_CASE("Free ranges grow together, and the highest that is large enough is found") {
  Gaps gaps(0x1000, 0x10000);
  gaps.take(0x4000, 0x5000);
  gaps.take(0x9000, 0xa000);
  CHECK(gaps.find(0x1000, 0x10000) == 0xf000);
  CHECK(gaps.find(0x1000, 0x9000) == 0x8000);
  CHECK(gaps.find(0x1000, 0x9800) == 0x8000);
  CHECK(gaps.find(0x1000, 0x8800) == 0x7800);
  CHECK(gaps.find(0x5000, 0x10000) == 0xb000);
  CHECK_FALSE(gaps.find(0x7000, 0x10000));
  gaps.give(0x9000, 0xa000);
  CHECK(gaps.find(0xb000, 0x10000) == 0x5000);
  gaps.give(0x4000, 0x5000);
  CHECK(gaps.find(0xf000, 0x10000) == 0x1000);
}

TEST_CASE("A free range is found where a walk past all mappings finds it") {
  u64 random = 7;
  const auto pick = [&](u64 below) { return base::next_random(random) % below; };
  AddressSpace memory(u64{1} << 24);
  std::vector<memory::Snapshot> kept;
  for (int i = 0; i < 4000; ++i) {
    const Addr at(memory::kUserStart + pick(200) * kPage);
    const u64 length = (1 + pick(8)) * kPage;
    switch (pick(20)) {
      case 0:
        kept.push_back(memory.snapshot());
        break;
      case 1:
        if (!kept.empty()) memory.restore(kept[pick(kept.size())]);
        break;
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        memory.unmap(at, length);
        break;
      default:
        memory.map(at, length,
                   {.protection = static_cast<u8>(1 + pick(3)), .backing = {}, .name = {}});
    }
    const u64 ceiling = memory::kUserStart + pick(220) * kPage, wanted = (1 + pick(12)) * kPage;
    const auto found = memory.find_free(wanted, Addr(ceiling));
    const auto walked = by_a_walk(memory, wanted, ceiling);
    REQUIRE(found.has_value() == walked.has_value());
    if (found) REQUIRE(found->value == *walked);
  }
}
