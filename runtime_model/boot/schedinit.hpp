/// The boot's long list. Go: runtime/proc.go, schedinit.
#pragma once

#include "runtime_model/boot/words.hpp"

namespace runtime_model::boot {

/// Brings up, in order, all that goroutines need. The order differs by release.
Model<> schedinit(Runtime& rt);

}  // namespace runtime_model::boot
