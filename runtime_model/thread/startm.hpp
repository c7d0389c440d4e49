/// Who runs a P: waking Ms, or asking for new ones. Go: runtime/proc.go.
#pragma once

#include "runtime_model/thread/words.hpp"

namespace runtime_model::thread {

/// Lets some M run the P, a sleeping one or a new one; null: any idle P, if there is one.
/// `spinning`: whoever calls has counted it in nmspinning.
Model<> startm(Runtime& rt, golang::P pp, bool spinning);
/// One more M that looks for work, unless one does already.
Model<> wakep(Runtime& rt);
/// The M has found work and spins no longer; maybe another one should.
Model<> resetspinning(Runtime& rt);
/// Gives a P away that its M cannot use: to somebody if there is work for it, else to the idle
/// list.
Model<> handoffp(Runtime& rt, golang::P pp);
/// First function of an M that was started to look for work.
Model<> mspinning(Runtime& rt);

}  // namespace runtime_model::thread
