/// Taking goroutines from other Ps. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// Takes half of P's ring, rounded up, into `batch`, the ring of the thief, from its index
/// `batch_head` on; of an empty ring the one that runs next, if `steal_next`. How many.
Model<u32> runqgrab(Runtime& rt, golang::P pp, Addr batch, u32 batch_head, bool steal_next);
/// Steals for pp from p2. The last of what was grabbed, or null; the others are in pp's ring.
Model<golang::G> runqsteal(Runtime& rt, golang::P pp, golang::P p2, bool steal_next);

/// Runs P's timers that are due; now (0: not read yet) as it is then. result(1): when the next is
/// due, result(2): was there any?
Part<i64> run_timers(Runtime& rt, golang::P pp, i64 now);

/// goroutine, inherits the time slice, now, next timer (0: none), look again from the start
using Stolen = std::tuple<golang::G, bool, i64, i64, bool>;
/// Four rounds over all Ps in a random order; timers and those that run next only in the last.
Model<Stolen> stealWork(Runtime& rt, i64 now);

/// Bit `id` of a mask with a bit for each P.
bool has_bit(const golang::Slice<golang::Ref<u32>>& mask, u32 id);

}  // namespace runtime_model::sched
