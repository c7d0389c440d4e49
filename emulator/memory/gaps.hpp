/// The free ranges between mappings, by size: where a new one goes is found without a look at all
/// of them. A search costs as many steps as there are different sizes of gaps.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "emulator/base/types.hpp"

namespace emulator::memory {

class Gaps {
 public:
  /// All of [low, high) is free; what lies beyond is not looked at.
  Gaps(u64 low, u64 high) : low_(low), high_(high) { add(low, high); }

  /// [start, end), which lies in one gap, is free no more.
  void take(u64 start, u64 end);
  /// [start, end), of which nothing was free, is free.
  void give(u64 start, u64 end);
  /// The highest `length` free bytes that end at or below `ceiling`: where they begin.
  std::optional<u64> find(u64 length, u64 ceiling) const;

 private:
  void add(u64 start, u64 end);
  void remove(u64 start, u64 end);

  u64 low_, high_;
  std::map<u64, u64> by_start_;           // → end
  std::map<u64, std::set<u64>> by_size_;  // → ends
};

}  // namespace emulator::memory
