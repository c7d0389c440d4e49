#include "emulator/memory/gaps.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"

namespace emulator::memory {

void Gaps::add(u64 start, u64 end) {
  if (start >= end) return;
  by_start_.emplace(start, end);
  by_size_[end - start].insert(end);
}

void Gaps::remove(u64 start, u64 end) {
  by_start_.erase(start);
  const auto same = by_size_.find(end - start);
  same->second.erase(end);
  if (same->second.empty()) by_size_.erase(same);
}

void Gaps::take(u64 start, u64 end) {
  start = std::max(start, low_), end = std::min(end, high_);
  if (start >= end) return;
  auto gap = by_start_.upper_bound(start);
  RT0_CHECK(gap != by_start_.begin() && std::prev(gap)->second >= end, "what is taken was free");
  const auto [gap_start, gap_end] = *std::prev(gap);
  remove(gap_start, gap_end);
  add(gap_start, start);
  add(end, gap_end);
}

void Gaps::give(u64 start, u64 end) {
  start = std::max(start, low_), end = std::min(end, high_);
  if (start >= end) return;
  auto next = by_start_.lower_bound(start);
  if (next != by_start_.end() && next->first == end) {
    end = next->second;
    remove(next->first, end);
    next = by_start_.lower_bound(start);
  }
  if (next != by_start_.begin() && std::prev(next)->second == start) {
    const u64 before = std::prev(next)->first;
    remove(before, start);
    start = before;
  }
  add(start, end);
}

std::optional<u64> Gaps::find(u64 length, u64 ceiling) const {
  // The gap that the ceiling cuts goes first: it is the highest.
  if (const auto next = by_start_.lower_bound(ceiling); next != by_start_.begin()) {
    const auto [start, end] = *std::prev(next);
    if (end >= ceiling && ceiling - start >= length) return ceiling - length;
  }
  std::optional<u64> best;
  for (auto same = by_size_.lower_bound(length); same != by_size_.end(); ++same) {
    const auto end = same->second.upper_bound(ceiling);
    if (end != same->second.begin()) best = std::max(best.value_or(0), *std::prev(end));
  }
  return best ? std::optional(*best - length) : std::nullopt;
}

}  // namespace emulator::memory
