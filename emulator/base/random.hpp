/// The one source of randomness: a stream that its seed determines, the same everywhere.
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::base {

/// The next number of the stream at `state` (splitmix64: Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", 2014).
constexpr u64 next_random(u64& state) {
  u64 z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace emulator::base
