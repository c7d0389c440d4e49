/// The runtime's own random numbers: cheap, of each M, not for secrets.
#pragma once

#include "runtime_model/sched/status.hpp"

namespace runtime_model::sched {

/// fastrand (from go1.22: cheaprand) of the M that the model runs on. Inside of a step.
u32 fastrand(Runtime& rt);

/// The order in which an M visits all Ps: a start, and a step that is coprime with their number, so
/// that it meets each of them once. Go: runtime/proc.go, randomOrder.
class StealOrder {
 public:
  StealOrder(Runtime& rt, u32 random);
  bool done() const { return visited_ == count_; }
  void next();
  u32 position() const { return position_; }

 private:
  u32 visited_ = 0, count_, position_, step_;
};

}  // namespace runtime_model::sched
