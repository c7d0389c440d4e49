/// mSpanList, the doubly linked list of spans. Go: runtime/mheap.go.
#pragma once

#include "runtime_model/model/runtime.hpp"

namespace runtime_model::stack {

/// Puts a span in front. Inside of a step.
void insert(const golang::MSpanList& list, const golang::Mspan& span);
/// Takes a span out. Inside of a step.
void remove(const golang::MSpanList& list, const golang::Mspan& span);

}  // namespace runtime_model::stack
