#include "tests/oracle/case.hpp"

#include <cstring>

namespace tests::oracle {

DataImage initial_data() {
  DataImage image{};
  Random random(0x0bace);
  for (u64 at = 0; at < kDataSize; at += 8) {
    const u64 word = random.next();
    std::memcpy(image.data() + at, &word, 8);
  }
  return image;
}

bool find_written(const u8* before, const u8* after, Written& written) {
  u64 first = kDataSize;
  u64 last = 0;
  for (u64 page = 0; page < kDataSize; page += kPage) {
    if (std::memcmp(before + page, after + page, kPage) == 0) continue;
    for (u64 at = page; at < page + kPage; ++at) {
      if (before[at] == after[at]) continue;
      if (first == kDataSize) first = at;
      last = at;
    }
  }
  written.offset = 0;
  written.size = 0;
  if (first == kDataSize) return true;
  if (last - first >= Written::kMost) return false;
  written.offset = static_cast<u32>(first);
  written.size = static_cast<u32>(last - first + 1);
  std::memcpy(written.bytes.data(), after + first, written.size);
  return true;
}

}  // namespace tests::oracle
