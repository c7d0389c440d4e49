#include "runtime_model/heap/collecting.hpp"

#include <algorithm>

namespace runtime_model::heap {
namespace {

constexpr u64 kLargestSpan = 10 * kPageSize;  ///< of small objects

/// The heap's size at which a collection begins is never below this.
u64 lowest_trigger(const golang::GcController& gc) {
  if (gc.trigger().exists()) return gc.trigger();
  const u64 goal = gc.gcPercentHeapGoal(), marked = gc.heapMarked();
  if (marked >= goal) return goal;
  return (goal - marked) / 10 * 7 + marked;  // go1.19: at least 70 % of the way
}

}  // namespace

bool collecting(Runtime& rt) { return rt.gcphase() != 0 || rt.gcBlackenEnabled() != 0; }

bool sampled(Runtime& rt, const golang::Mcache& c, u64 bytes) {
  const i64 rate = rt.MemProfileRate();
  // go1.24 counts down even when the profile is off, and looks whether the rate was changed.
  if (c.memProfRate().exists())
    return c.nextSample() - static_cast<i64>(bytes) < 0 || c.memProfRate() != rate;
  return rate > 0 && (rate == 1 || static_cast<i64>(bytes) >= c.nextSample());
}

bool trigger_reached(Runtime& rt) {
  const golang::GcController gc = rt.gcController();
  return rt.memstats().enablegc() && rt.panicking() == 0 && rt.gcphase() == 0 &&
         gc.heapLive() >= gc.trigger();
}

bool may_trigger(Runtime& rt, u64 bytes) {
  const golang::GcController gc = rt.gcController();
  if (!rt.memstats().enablegc()) return false;
  return gc.heapLive() + std::max(bytes, kLargestSpan) >= lowest_trigger(gc);
}

}  // namespace runtime_model::heap
