/// The generator's own random numbers: splitmix64. The standard library's distributions differ from
/// one library to the next, and a failing case must be found again from its seed on every machine.
#pragma once

#include <array>
#include <cstddef>

#include "emulator/base/types.hpp"

namespace tests::oracle {

using namespace emulator;  // NOLINT: the word types u8 … u64, everywhere in this folder

class Random {
 public:
  explicit constexpr Random(u64 seed) : state_(seed) {}

  constexpr u64 next() {
    state_ += 0x9e3779b97f4a7c15;
    u64 z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// A number in [0, bound). The bias of the modulus is of no consequence here.
  constexpr u64 below(u64 bound) { return next() % bound; }

  /// True `percent` times in a hundred.
  constexpr bool chance(unsigned percent) { return below(100) < percent; }

  template <class T, std::size_t N>
  constexpr const T& pick(const std::array<T, N>& from) {
    return from[below(N)];
  }

 private:
  u64 state_;
};

}  // namespace tests::oracle
