#include "emulator/memory/page_table.hpp"

#include <map>
#include <vector>

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using memory::PageTable;

void write(PageTable& t, u64 page, u8 value) {
  bool created = false;
  t.own(page, created)->bytes[0] = value;
}
int read(const PageTable& t, u64 page) {
  const auto* frame = t.find(page);
  return frame == nullptr ? -1 : frame->bytes[0];
}

}  // namespace

TEST_CASE("a copy of a page table keeps what it had, whatever is written to the original") {
  PageTable live;
  write(live, 1, 10);
  write(live, 0x7fffffffe, 20);
  const PageTable frozen = live;
  CHECK_FALSE(live.exclusive(1));
  write(live, 1, 11);
  write(live, 2, 30);
  live.erase(0x7fffffff0, 0x7ffffffff);
  CHECK(read(live, 1) == 11);
  CHECK(read(live, 2) == 30);
  CHECK(read(live, 0x7fffffffe) == -1);
  CHECK(read(frozen, 1) == 10);
  CHECK(read(frozen, 2) == -1);
  CHECK(read(frozen, 0x7fffffffe) == 20);
  CHECK(live.count() == 2);
  CHECK(frozen.count() == 2);
}

TEST_CASE("a page is exclusive again once the copy that shared it is gone") {
  PageTable live;
  write(live, 5, 1);
  {
    const PageTable frozen = live;
    CHECK_FALSE(live.exclusive(5));
  }
  CHECK(live.exclusive(5));
}

TEST_CASE("a page table agrees with a map over random operations and copies") {
  u64 state = 1;
  const auto random = [&state](u64 below) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % below;
  };
  PageTable table;
  std::map<u64, u8> model;
  std::vector<std::pair<PageTable, std::map<u64, u8>>> copies;
  for (int i = 0; i < 20000; ++i) {
    const u64 page = random(4) * 0x40000000 + random(2000);
    switch (random(10)) {
      case 0: {
        const u64 n = random(600);
        table.erase(page, page + n);
        model.erase(model.lower_bound(page), model.lower_bound(page + n));
        break;
      }
      case 1:
        if (copies.size() < 5)
          copies.emplace_back(table, model);
        else
          copies.erase(copies.begin() + static_cast<long>(random(5)));
        break;
      default: {
        const auto value = static_cast<u8>(random(256));
        write(table, page, value);
        model[page] = value;
      }
    }
    REQUIRE(table.count() == model.size());
  }
  copies.emplace_back(table, model);
  for (const auto& [t, m] : copies) {
    std::map<u64, u8> seen;
    t.for_each([&seen](u64 page, const memory::Frame& f) { seen[page] = f.bytes[0]; });
    CHECK(seen == m);
  }
}
