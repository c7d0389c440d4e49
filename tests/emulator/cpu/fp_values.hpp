/// Operands that make floating point go wrong: every edge of a format, and random numbers near the
/// edges.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "emulator/cpu/fp.hpp"

namespace tests {

using namespace emulator;  // NOLINT: a test vocabulary
namespace fp = cpu::fp;

/// Zero, the denormals' and normals' ends, one, values around integer limits, infinity, NaNs; both
/// signs.
template <fp::Float T>
std::vector<T> edge_values() {
  constexpr int kF = fp::Format<T>::kFractionBits;
  const auto power = [](int e) {
    return static_cast<T>(static_cast<u64>(e + fp::Format<T>::kBias) << kF);
  };
  const T one = power(0), least = static_cast<T>(T{1} << kF), inf = fp::kInfinity<T>;
  std::vector<u64> list = {0,
                           1,
                           2,
                           3,
                           u64{least} / 2,
                           least - 1u,
                           least,
                           least + 1u,
                           2u * least,
                           2u * least - 1u,
                           one - 1u,
                           one,
                           one + 1u,
                           one + u64{least} / 2,
                           inf - 1u,
                           inf - 2u,
                           inf,
                           inf + 1u,
                           inf + (u64{1} << (kF - 1)) - 1,
                           inf + (u64{1} << (kF - 1)),
                           inf + (u64{1} << (kF - 1)) + 5,
                           (u64{inf} << 1) / 2 | ((u64{1} << kF) - 1)};
  for (const int e : {-1, 1, 15, 30, 31, 32, 52, 53, 62, 63, 64})
    if (e < fp::Format<T>::kBias)
      for (const int d : {-1, 0, 1})
        list.push_back(static_cast<u64>(power(e)) + static_cast<u64>(d));
  std::vector<T> both;
  for (const u64 v : list) {
    both.push_back(static_cast<T>(v));
    both.push_back(static_cast<T>(v | fp::kSignBit<T>));
  }
  return both;
}

/// Random operands: any bits, short significands, exponents close to another value's or to the
/// format's ends.
template <fp::Float T>
class FpSource {
 public:
  explicit FpSource(u64 seed) : random_(seed), edges_(edge_values<T>()) {}

  u64 next(u64 bound) { return random_() % bound; }
  T any() {
    switch (next(8)) {
      case 0:
        return edges_[next(edges_.size())];
      case 1:
        return static_cast<T>(random_());
      case 2:
        return make(next(6), fraction());  // denormal and nearly so
      case 3:
        return make(fp::kExponentOfInfinity<T> - next(4), fraction());  // huge, infinite, NaN
      case 4:
        return make(fp::kExponentOfInfinity<T> / 4 + next(60),
                    fraction());  // whose products are tiny
      case 5:
        return make(3 * fp::kExponentOfInfinity<T> / 4 - next(60), fraction());
      default:
        return make(fp::Format<T>::kBias + next(70) - 3, fraction());
    }
  }
  /// With an exponent near another's, so that sums cancel or round.
  T near(T other) {
    if (next(3) == 0) return any();
    if (next(4) == 0) return static_cast<T>(other ^ fp::kSignBit<T> ^ static_cast<T>(next(8)));
    return make(fp::exponent_field(other) + next(2 * fp::Format<T>::kFractionBits) -
                    fp::Format<T>::kFractionBits,
                fraction());
  }
  /// MXCSR with every exception masked: any rounding, DAZ, FTZ and sticky flags.
  u32 mxcsr() {
    return 0x1f80 | (static_cast<u32>(next(4)) << 13) | (next(4) == 0 ? fp::kFTZ : 0u) |
           (next(4) == 0 ? fp::kDAZ : 0u) | (next(2) ? fp::kPE : 0u);
  }
  /// The default but for the sticky precision flag: the shortcuts' conditions.
  u32 usual_mxcsr() { return 0x1f80 | fp::kPE; }
  /// Any masks, no sticky flags.
  u32 unmasked_mxcsr() {
    return (mxcsr() & ~0x1fbfu) | (static_cast<u32>(next(64)) << 7) |
           (next(4) == 0 ? fp::kDAZ : 0u);
  }

 private:
  T make(u64 field, T fraction) {
    const u64 bits =
        ((field & fp::kExponentOfInfinity<T>) << fp::Format<T>::kFractionBits) | fraction;
    return static_cast<T>(bits | (next(2) ? fp::kSignBit<T> : 0));
  }
  T fraction() {
    const T mask = static_cast<T>((T{1} << fp::Format<T>::kFractionBits) - 1);
    const u64 bits = random_();
    switch (next(4)) {
      case 0:
        return static_cast<T>(bits & mask);
      case 1:
        return static_cast<T>(mask & ~((u64{1} << next(fp::Format<T>::kFractionBits)) - 1));
      case 2:
        return static_cast<T>(mask & ((u64{1} << next(fp::Format<T>::kFractionBits)) - 1));
      default:
        return static_cast<T>((bits & 7) << next(fp::Format<T>::kFractionBits - 2) & mask);
    }
  }

  std::mt19937_64 random_;
  std::vector<T> edges_;
};

}  // namespace tests
