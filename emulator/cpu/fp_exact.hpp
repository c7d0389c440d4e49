/// Exact numbers and the one place where they are rounded: what fp_arith.cpp and fp_convert.cpp
/// share.
#pragma once

#include "emulator/cpu/fp.hpp"

namespace emulator::cpu::fp::exact {

/// A finite number: significand × 2^exponent, and a sign, which zero has too. The significand is
/// below 2^127. Where an operation cannot keep all of a number, the significand holds over 120
/// leading bits, and bit 0 tells that more follow.
struct Number {
  bool negative = false;
  int exponent = 0;
  u128 significand = 0;
};

/// The position of the highest bit of a number that is not zero.
constexpr int top_bit(u128 v) {
  const u64 high = static_cast<u64>(v >> 64);
  return high != 0 ? 127 - std::countl_zero(high) : 63 - std::countl_zero(static_cast<u64>(v));
}

/// Shifts right; when a one falls off, bit 0 of the result is set in its place.
constexpr u128 shift_jam(u128 v, int count) {
  if (count <= 0) return v;
  if (count > 127) return v != 0;
  return (v >> count) | ((v & ((u128{1} << count) - 1)) != 0);
}

/// The exponent of the last bit of denormal numbers (and of the smallest normal ones).
template <Float T>
inline constexpr int kLeastUlp = 1 - Format<T>::kBias - Format<T>::kFractionBits;

template <Float T>
constexpr Number unpack(T v) {
  const T fraction = static_cast<T>(v & ((T{1} << Format<T>::kFractionBits) - 1));
  const int field = static_cast<int>(exponent_field(v));
  if (field == 0) return {is_negative(v), kLeastUlp<T>, fraction};
  return {is_negative(v), kLeastUlp<T> + field - 1,
          u128{fraction} | (u128{1} << Format<T>::kFractionBits)};
}

/// A significand in units of the last place.
struct Rounded {
  u128 units;
  bool inexact;
};

/// x as a whole number of 2^ulp. IEEE 754 section 4.3.
constexpr Rounded round_at(const Number& x, int ulp, Rounding rounding) {
  const int drop = ulp - x.exponent;
  if (drop <= 0) return {x.significand << -drop, false};
  // A number so small is less than half a unit: two bits say all that matters of it.
  const bool far = drop > 127;
  const u128 significand = far ? u128{x.significand != 0} : x.significand;
  const int shift = far ? 2 : drop;
  const u128 kept = significand >> shift;
  const u128 lost = significand & ((u128{1} << shift) - 1), half = u128{1} << (shift - 1);
  bool up = false;
  switch (rounding) {
    case Rounding::nearest:
      up = lost > half || (lost == half && (kept & 1) != 0);
      break;
    case Rounding::down:
      up = lost != 0 && x.negative;
      break;
    case Rounding::up:
      up = lost != 0 && !x.negative;
      break;
    case Rounding::toward_zero:
      break;
  }
  return {kept + up, lost != 0};
}

/// Rounds to a format and reports overflow, underflow and inexactness (SDM vol. 1, 4.9.1.4
/// to 4.9.1.6).
template <Float T>
T pack(Env& env, const Number& x);

/// Under DAZ a denormal operand is a zero of its sign.
template <Float T>
T operand(const Env& env, T v) {
  return env.denormals_are_zero() && is_denormal(v) ? static_cast<T>(v & kSignBit<T>) : v;
}
template <Float T>
T invalid(Env& env) {
  env.raise(kIE);
  return kDefaultNan<T>;
}
template <Float T>
T quiet(T v) {
  return static_cast<T>(v | kQuietBit<T>);
}

}  // namespace emulator::cpu::fp::exact
