#include "runtime_model/heap/heap_rand.hpp"

#include <fmt/format.h>

namespace runtime_model::heap {
namespace {

/// heapRandSeed; heapRandSeedBitsRemaining lies behind it, as both were declared.
Addr seed_of(Runtime& rt) { return rt.global("runtime.heapRandSeed"); }
Addr bits_left(Runtime& rt) { return seed_of(rt) + 8; }

}  // namespace

bool has_random_heap(Runtime& rt) {
  return rt.go() >= 26 && rt.has_function("runtime.nextHeapRandBits");
}

u64 next_heap_rand_bits(Runtime& rt, unsigned bits) {
  const Runtime::Inside next_heap_rand_bits_itself(rt);
  const u64 seed = rt.load<u64>(seed_of(rt));
  Runtime::require(rt.load<u64>(bits_left(rt)) >= bits, "not enough heapRandSeed bits remaining");
  rt.step("nextHeapRandBits/take",
          fmt::format("take {} bits of the random seed for the heap's place", bits), [&] {
            rt.store<u64>(seed_of(rt), seed << bits);
            rt.store<u64>(bits_left(rt), rt.load<u64>(bits_left(rt)) - bits);
          });
  return seed >> (64 - bits);
}

void seed_heap_rand(Runtime& rt, u64 seed) {
  rt.step("mallocinit/seed", "keep a random seed that decides where in memory the heap will be",
          [&] {
            rt.store<u64>(seed_of(rt), seed);
            rt.store<u64>(bits_left(rt), 64);
          });
}

}  // namespace runtime_model::heap
