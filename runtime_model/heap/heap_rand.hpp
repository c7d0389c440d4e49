/// go1.26: where the heap is, is random. Go: runtime/malloc.go, randomizeHeapBase.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

/// The default since go1.26 (GOEXPERIMENT=randomizedheapbase64).
bool has_random_heap(Runtime& rt);
inline constexpr unsigned kUserAddressBits = 46;  ///< half of what amd64 leaves to programs
/// The i-th wish where an arena should be: the base, with i added to its upper eight bits. Go's
/// mask is two bits higher than these, so that the lower two of them keep what the base has, too.
constexpr Addr random_hint(u64 base, unsigned i) {
  constexpr unsigned kShift = kUserAddressBits - 8, kMaskShift = kShift + 2;
  const u64 prefix = ((base >> kShift) + i) & 0xff;
  return Addr(prefix << kShift | (base & ~(u64{0xff} << kMaskShift)));
}
/// As many random bits of the seed as were not used yet.
u64 next_heap_rand_bits(Runtime& rt, unsigned bits);
/// A new seed of 64 bits.
void seed_heap_rand(Runtime& rt, u64 seed);

}  // namespace runtime_model::heap
