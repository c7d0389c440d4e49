/// The runtime's account of its memory. Go: runtime/mstats.go.
#pragma once

#include <functional>

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

using Change = std::function<void(const golang::HeapStatsDelta&)>;

/// consistentHeapStats.acquire, the change in between, and release: readers see all of it or
/// nothing. With a P its sequence number says so, which is odd meanwhile; without, a lock.
Part<> account(Runtime& rt, std::string_view id, std::string_view text, const Change& change);

/// Bytes of spans taken into use (or, negative, given back) for a SpanUse. Inside of a step.
void count(const golang::HeapStatsDelta& stats, u8 use, i64 bytes);
/// The same in the totals, which are in memstats up to go1.18 and in gcController since; of these
/// bytes `scavenged` had been returned to the kernel. Inside of a step.
void count_totals(Runtime& rt, u8 use, i64 bytes, i64 scavenged);

}  // namespace runtime_model::heap
