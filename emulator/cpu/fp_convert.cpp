// Conversions, and rounding to integral values: SDM vol. 1, 4.8.4.2, 11.4.1.6 and 14.4 (half
// precision).
#include <limits>

#include "emulator/cpu/fp_exact.hpp"

namespace emulator::cpu::fp::exact {
namespace {

/// The top of the payload is kept, zeros fill what is new.
template <Float To, Float From>
To convert_nan(From a) {
  constexpr int kWiden = Format<To>::kFractionBits - Format<From>::kFractionBits;
  const u64 fraction = a & ((u64{1} << Format<From>::kFractionBits) - 1);
  const u64 moved = kWiden >= 0 ? fraction << (kWiden & 63) : fraction >> (-kWiden & 63);
  const To sign = is_negative(a) ? kSignBit<To> : To{0};
  return static_cast<To>(sign | kInfinity<To> | kQuietBit<To> | static_cast<To>(moved));
}

}  // namespace

template <HostFloat T>
T round(Env& env, T a) {
  a = operand(env, a);
  if (is_nan(a)) {
    if (is_signaling(a)) env.raise(kIE);
    return quiet(a);
  }
  constexpr u32 kIntegral =
      Format<T>::kBias + Format<T>::kFractionBits;  // from here on there is no fraction
  if (is_zero(a) || exponent_field(a) >= kIntegral) return a;
  const Number x = unpack(a);
  const Rounded r = round_at(x, 0, env.rounding());
  if (r.inexact) env.raise(kPE);
  return pack<T>(env, {x.negative, 0, r.units});
}

template <Float To, Float From>
To convert(Env& env, From a) {
  if (HostFloat<From>) a = operand(env, a);
  if (is_nan(a)) {
    if (is_signaling(a)) env.raise(kIE);
    return convert_nan<To>(a);
  }
  if (is_infinite(a)) return static_cast<To>((is_negative(a) ? kSignBit<To> : 0) | kInfinity<To>);
  if (HostFloat<From> && is_denormal(a)) env.raise(kDE);
  return pack<To>(env, unpack(a));
}

template <class I, HostFloat T>
I to_integer(Env& env, T a, Rounding rounding) {
  constexpr I kIndefinite = std::numeric_limits<I>::min();
  a = operand(env, a);
  const Number x = unpack(a);
  if (exponent_field(a) >= Format<T>::kBias + 64) {  // NaN, infinite or at least 2^64
    env.raise(kIE);
    return kIndefinite;
  }
  const Rounded r = round_at(x, 0, rounding);
  const u128 limit = (u128{1} << (8 * sizeof(I) - 1)) - !x.negative;
  if (r.units > limit) {
    env.raise(kIE);
    return kIndefinite;
  }
  if (r.inexact) env.raise(kPE);
  const u64 units = static_cast<u64>(r.units);
  return static_cast<I>(x.negative ? 0 - units : units);
}

template <HostFloat T>
T from_integer(Env& env, i64 v) {
  return pack<T>(env, {v < 0, 0, v < 0 ? 0 - static_cast<u64>(v) : static_cast<u64>(v)});
}

template u32 round(Env&, u32);
template u64 round(Env&, u64);
template u64 convert(Env&, u32);
template u32 convert(Env&, u64);
template u32 convert(Env&, u16);
template u16 convert(Env&, u32);
template i32 to_integer(Env&, u32, Rounding);
template i32 to_integer(Env&, u64, Rounding);
template i64 to_integer(Env&, u32, Rounding);
template i64 to_integer(Env&, u64, Rounding);
template u32 from_integer(Env&, i64);
template u64 from_integer(Env&, i64);

}  // namespace emulator::cpu::fp::exact
