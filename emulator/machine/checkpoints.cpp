#include "emulator/machine/checkpoints.hpp"

#include <algorithm>

namespace emulator::machine {

namespace {

u64 distance(u64 a, u64 b) { return a < b ? b - a : a - b; }

}  // namespace

u64 Checkpoints::due() const {
  // The longer the run, the fewer for each of its instructions: going back costs a part of what
  // the way there had cost.
  constexpr u64 kParts = 64;
  u64 last = 0;
  for (auto it = points_.rbegin(); it != points_.rend(); ++it)
    if (!it->second.near) {
      last = it->first;
      break;
    }
  return last + std::max(gap_, last / kParts);
}

void Checkpoints::add(u64 position, Point point) {
  const bool near = point.near;
  point.kernel_bytes = point.machine.kernel.bytes();
  if (const auto old = points_.find(position); old != points_.end()) erase(old);
  kernel_bytes_ += point.kernel_bytes;
  points_.emplace(position, std::move(point));
  if (!near) return;
  const auto count = std::ranges::count_if(points_, [](const auto& p) { return p.second.near; });
  if (static_cast<std::size_t>(count) > kMostNear) drop_farthest_near(position);
}

Checkpoints::Points::iterator Checkpoints::erase(Points::iterator at) {
  kernel_bytes_ -= at->second.kernel_bytes;
  return points_.erase(at);
}

void Checkpoints::drop_after(u64 position) {
  for (auto it = points_.upper_bound(position); it != points_.end();) it = erase(it);
}

void Checkpoints::drop_near_after(u64 position) {
  for (auto it = points_.upper_bound(position); it != points_.end();)
    it = it->second.near ? erase(it) : std::next(it);
}

bool Checkpoints::drop_farthest_near(u64 position) {
  auto farthest = points_.end();
  for (auto it = points_.begin(); it != points_.end(); ++it)
    if (it->second.near && (farthest == points_.end() ||
                            distance(it->first, position) > distance(farthest->first, position)))
      farthest = it;
  if (farthest == points_.end()) return false;
  erase(farthest);
  return true;
}

bool Checkpoints::halve() {
  bool dropped = false, odd = false;
  for (auto it = points_.begin(); it != points_.end(); odd = !odd) {
    it = odd ? (dropped = true, erase(it)) : std::next(it);
  }
  gap_ *= 2;
  return dropped;
}

u64 Checkpoints::bytes(const Machine& machine) const {
  const auto& memory = machine.memory();
  return memory.held_bytes() - std::min(memory.held_bytes(), memory.own_bytes()) + kernel_bytes_;
}

void Checkpoints::thin(const Machine& machine, u64 position) {
  while (too_many(machine)) {
    if (drop_farthest_near(position)) continue;
    if (!halve()) return;
  }
}

}  // namespace emulator::machine
