/// When the models leave an allocation to the real code, because the collector has a word in it.
/// Go: runtime/malloc.go, runtime/mgcpacer.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

inline constexpr std::string_view kCollecting = "a collection is under way";

/// New objects are to be marked, and their goroutine pays for them.
bool collecting(Runtime& rt);
/// Is the heap profile due to note an object of so many bytes?
bool sampled(Runtime& rt, const golang::Mcache& c, u64 bytes);
/// gcTrigger.test of the heap's size, where a fixed trigger is kept (go1.17, go1.18).
bool trigger_reached(Runtime& rt);
/// Could a collection begin when a span more is in use? Errs on the side of yes.
bool may_trigger(Runtime& rt, u64 bytes);

}  // namespace runtime_model::heap
