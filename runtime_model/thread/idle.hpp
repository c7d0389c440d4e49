/// Ps that no M has, and Ms that sleep. Go: runtime/proc.go. sched.lock is held in all of these.
#pragma once

#include <tuple>

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// An idle P, or null, and the time: `now`, read if it was 0 and needed. The time is of interest
/// from go1.19 on.
using IdleP = std::tuple<golang::P, i64>;

/// Puts a P that has nothing to run on the idle list. Returns the time as pidleget does.
Model<i64> pidleput(Runtime& rt, golang::P pp, i64 now);
/// Takes the P that became idle last.
Model<IdleP> pidleget(Runtime& rt, i64 now);
/// pidleget for an M that would spin: when there is none, whoever is about to drop a P is asked to
/// look for work again. From go1.20 on.
Model<IdleP> pidlegetSpinning(Runtime& rt, i64 now);
/// Clears the P's bit in timerpMask when it has no timers. Up to go1.22.
Model<> updateTimerPMask(Runtime& rt, golang::P pp);

/// Puts a sleeping M on the idle list; throws when that leaves nobody who could run anything.
Model<> mput(Runtime& rt, golang::M mp);
/// Takes the M that went to sleep last, or null. Up to go1.25: later the list is a double one.
Model<golang::M> mget(Runtime& rt);
/// go1.26 on: this M, if it is one of the idle ones; else null.
Model<golang::M> mgetSpecific(Runtime& rt, golang::M mp);

/// The number of the next M. Go: runtime/proc.go, mReserveID.
Model<i64> mReserveID(Runtime& rt);
/// An M that sleeps because its goroutine is locked to it and waits counts as idle, too.
Model<> incidlelocked(Runtime& rt, i32 v);

}  // namespace runtime_model::thread
