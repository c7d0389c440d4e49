/// What a go statement does. Go: runtime/proc.go.
#pragma once

#include "runtime_model/sched/runq.hpp"

namespace runtime_model::sched {

/// A new goroutine that calls fn, next to run on this P.
Model<> newproc(Runtime& rt, golang::Funcval fn);
/// As go1.17 has it, with the size of arguments, which the compiler passes as 0.
Part<> newproc_1_17(Runtime& rt, emulator::i32 size, golang::Funcval fn);

/// Makes the goroutine: stack, saved registers, id. callerpc: behind the go statement.
Model<golang::G> newproc1(Runtime& rt, golang::Funcval fn, golang::G callergp, Addr callerpc);
/// newproc1, gostartcallfn and allgadd as real code calls them, which may be at any time.
Model<golang::G> newproc1_alone(Runtime& rt, golang::Funcval fn, golang::G callergp, Addr callerpc);
/// From go1.23 on a goroutine can be made parked, for a coroutine.
Model<golang::G> newproc1_1_23(Runtime& rt, golang::Funcval fn, golang::G callergp, Addr callerpc,
                               bool parked, u8 waitreason);
Part<> gostartcallfn_alone(Runtime& rt, golang::Gobuf gobuf, golang::Funcval fn);
Part<> allgadd_alone(Runtime& rt, golang::G gp);
/// As go1.17 has it, with the arguments' address and size.
Model<golang::G> newproc1_1_17(Runtime& rt, golang::Funcval fn, Addr arguments, emulator::i32 size,
                               golang::G callergp, Addr callerpc);

/// Makes a gobuf look as if fn had been called by what its pc says. Inside of a step.
void gostartcall(Runtime& rt, const golang::Gobuf& gobuf, const golang::Funcval& fn);
Model<> gostartcallfn(Runtime& rt, golang::Gobuf gobuf, golang::Funcval fn);

/// Publishes a goroutine in allgs, the list that stack scans and tracebacks walk.
Model<> allgadd(Runtime& rt, golang::G gp);
/// The next goroutine id: each P draws them in batches of 16. Inside of a step.
u64 next_goid(Runtime& rt, const golang::P& pp);
/// Tells the garbage collector's pacer of more (or less) stack to scan; go1.18 on.
void add_scannable_stack(Runtime& rt, const golang::P& pp, i64 bytes);

}  // namespace runtime_model::sched
