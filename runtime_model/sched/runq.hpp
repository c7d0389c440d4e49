/// The run queues: each P's ring of 256 with runnext in front of it, and the global one.
/// Go: runtime/proc.go.
#pragma once

#include <tuple>

#include "runtime_model/sched/queues.hpp"

namespace runtime_model::sched {

using emulator::i32;

inline constexpr u32 kRing = 256;  ///< len(p.runq)

/// Queues gp on P; `next`: in the place of the one that runs next.
Model<> runqput(Runtime& rt, golang::P pp, golang::G gp, bool next);
/// Moves half of a full ring, and gp, to the global queue. False when the ring is not full any
/// more. h and t: the ring's head and tail.
Model<bool> runqputslow(Runtime& rt, golang::P pp, golang::G gp, u32 h, u32 t);
/// runqget: the goroutine that P runs next, or null; whether it inherits the time slice.
std::tuple<golang::G, bool> take_next(Runtime& rt, const golang::P& pp);
Part<std::tuple<golang::G, bool>> runqget(Runtime& rt, golang::P pp);
/// This P's share of the global queue, at most `max` (0: no limit): the first is returned, the
/// others go to its ring. sched.lock is held.
Model<golang::G> globrunqget(Runtime& rt, golang::P pp, i32 max);
/// From go1.25 on: one alone; or a share, whose rest runqputbatch puts into the ring when the lock
/// is free again: the first, and head, tail and size of a queue of the others.
Model<golang::G> globrunqget_one(Runtime& rt);
using Batch = std::tuple<golang::G, Addr, Addr, i32>;
Model<Batch> globrunqgetbatch(Runtime& rt, i32 max);
Model<> runqputbatch(Runtime& rt, golang::P pp, LocalQueue batch);

}  // namespace runtime_model::sched
