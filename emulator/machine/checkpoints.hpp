/// The checkpoints of a timeline, and which of them are worth their memory.
///
/// *Regular* ones are laid as the guest gets farther than it ever was. Going back lays *near* ones
/// on the way, ever closer to where it ends, so that the next step back has not far to come.
#pragma once

#include <map>

#include "emulator/machine/machine.hpp"

namespace emulator::machine {

class Checkpoints {
 public:
  struct Point {
    Machine::Checkpoint machine;
    u64 written = 0;  // OnceHost::written
    u64 asked = 0;    // HostLog::position
    bool near = false;
    u64 kernel_bytes = 0;  // of what is not in guest pages; add() fills it in
  };
  static constexpr u64 kFirstGap = u64{1} << 15;  // instructions between the first regular ones
  static constexpr std::size_t kMostNear = 32;

  explicit Checkpoints(u64 most_bytes) : most_bytes_(most_bytes) {}

  /// Where the next regular one is due, when the last is at `last()`.
  u64 due() const;
  void add(u64 position, Point point);
  /// The last one at or before a position; there is always one at 0.
  std::map<u64, Point>::const_iterator before(u64 position) const {
    return std::prev(points_.upper_bound(position));
  }
  bool contains(u64 position) const { return points_.contains(position); }
  /// Those behind `position`: they are of a future that will not come, or no longer near.
  void drop_after(u64 position);
  void drop_near_after(u64 position);

  /// Bytes that they hold beside what the machine needs itself.
  u64 bytes(const Machine& machine) const;
  bool too_many(const Machine& machine) const { return bytes(machine) > most_bytes_; }
  /// Drops until they are within the bound again: near ones, those far from `position` first, then
  /// every other regular one, and from then on they are laid twice as far apart. That at 0 stays.
  void thin(const Machine& machine, u64 position);
  void set_most_bytes(u64 bytes) { most_bytes_ = bytes; }
  std::size_t size() const { return points_.size(); }

 private:
  using Points = std::map<u64, Point>;
  Points::iterator erase(Points::iterator at);
  bool drop_farthest_near(u64 position);
  bool halve();

  Points points_;
  u64 kernel_bytes_ = 0;  // of all points
  u64 most_bytes_;
  u64 gap_ = kFirstGap;
};

}  // namespace emulator::machine
