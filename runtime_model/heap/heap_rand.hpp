/// go1.26: where the heap is, is random. Go: runtime/malloc.go, randomizeHeapBase.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// The default since go1.26 (GOEXPERIMENT=randomizedheapbase64).
bool has_random_heap(Runtime& rt);
/// As many random bits of the seed as were not used yet.
u64 next_heap_rand_bits(Runtime& rt, unsigned bits);
/// A new seed of 64 bits.
void seed_heap_rand(Runtime& rt, u64 seed);

}  // namespace runtime_model::heap
