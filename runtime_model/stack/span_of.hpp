/// From an address to its span. Go: runtime/mheap.go.
#pragma once

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::stack {

/// spanOfUnchecked: the span that holds `p`, which must be in an arena of the heap.
golang::Mspan span_of_unchecked(model::Runtime& rt, emulator::Addr p);

}  // namespace runtime_model::stack
