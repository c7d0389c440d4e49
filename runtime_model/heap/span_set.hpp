/// spanSet, a queue of spans that many threads use without a lock. Go: runtime/mspanset.go.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// Nothing to pop?
bool empty(const golang::SpanSet& set);
Model<> span_set_push(Runtime& rt, golang::SpanSet set, golang::Mspan s);
/// A span, or null.
Model<golang::Mspan> span_set_pop(Runtime& rt, golang::SpanSet set);

}  // namespace runtime_model::heap
