/// As many Ps as GOMAXPROCS says. Go: runtime/proc.go.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// Makes or destroys Ps, with sched.lock held and the world stopped; the caller has one of them
/// afterwards. Returns those that have goroutines to run, linked.
Model<golang::P> procresize(Runtime& rt, i32 nprocs);
/// A new P, or one that was destroyed, begins its life. Go: (*p).init.
Model<> p_init(Runtime& rt, golang::P pp, i32 id);
/// The orders in which thieves look at the Ps. Go: (*randomOrder).reset.
Model<> steal_order_reset(Runtime& rt, u32 count);
/// Empties a write barrier's buffer. Inside of a step. Go: (*wbBuf).reset.
void reset(const golang::WbBuf& buffer);

}  // namespace runtime_model::boot
