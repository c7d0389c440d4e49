// Exact arithmetic: sums, products, quotients and roots as integers, rounded once. SDM vol.
// 1, 4.8.3.6 (operations on NaNs), 11.5.2 (exception conditions).
#include <algorithm>
#include <initializer_list>
#include <utility>

#include "emulator/cpu/fp_exact.hpp"

namespace emulator::cpu::fp::exact {
namespace {

/// The masked answer is always inexact; a handler of the unmasked exception learns whether rounding
/// alone was.
template <Float T>
T overflow(Env& env, bool negative) {
  env.raise(env.masks(kOE) ? kOE | kPE : kOE);
  const Rounding away = negative ? Rounding::down : Rounding::up;
  const bool to_infinity = env.rounding() == Rounding::nearest || env.rounding() == away;
  return static_cast<T>((negative ? kSignBit<T> : 0) | (kInfinity<T> - !to_infinity));
}

// -- exact numbers --

/// The same number with its highest bit at the given position, which is not below where it is.
Number lifted(const Number& x, int position) {
  const int shift = position - top_bit(x.significand);
  return {x.negative, x.exponent - shift, x.significand << shift};
}

/// Zero as the sum of numbers of opposite signs.
Number cancelled(Rounding rounding) { return {rounding == Rounding::down, 0, 0}; }

Number sum(const Number& x, const Number& y, Rounding rounding) {
  if (x.significand == 0 && y.significand == 0)
    return x.negative == y.negative ? x : cancelled(rounding);
  if (x.significand == 0) return y;
  if (y.significand == 0) return x;
  Number a = lifted(x, 125), b = lifted(y, 125);
  if (a.exponent < b.exponent) std::swap(a, b);
  b.significand = shift_jam(b.significand, a.exponent - b.exponent);
  if (a.negative == b.negative) return {a.negative, a.exponent, a.significand + b.significand};
  if (a.significand == b.significand) return cancelled(rounding);
  const bool swap = a.significand < b.significand;
  const u128 difference = swap ? b.significand - a.significand : a.significand - b.significand;
  return {swap ? b.negative : a.negative, a.exponent, difference};
}

Number product(const Number& x, const Number& y) {
  return {x.negative != y.negative, x.exponent + y.exponent, x.significand * y.significand};
}

/// Neither is zero; y's significand has at most 53 bits, so that the quotient has at least 73.
Number quotient(const Number& x, const Number& y) {
  const Number a = lifted(x, 126);
  const u128 q = a.significand / y.significand;
  const bool rest = q * y.significand != a.significand;
  return {x.negative != y.negative, a.exponent - y.exponent, q | rest};
}

/// Digit by digit in base 2, on a significand of 126 or 127 bits and an even exponent.
Number root(const Number& x) {
  Number a = lifted(x, 126);
  if (a.exponent % 2 != 0) a = {a.negative, a.exponent + 1, a.significand >> 1};  // bit 0 is clear
  u128 rest = a.significand, digits = 0;
  for (u128 bit = u128{1} << 126; bit != 0; bit >>= 2) {
    const bool fits = rest >= digits + bit;
    if (fits) rest -= digits + bit;
    digits = (digits >> 1) + (fits ? bit : 0);
  }
  return {false, a.exponent / 2 - 1, (digits << 1) | (rest != 0)};
}

// -- operands that are not plain numbers --

/// The first operand that is a NaN, made quiet.
template <Float T>
T propagate(Env& env, T a, T b) {
  if (is_signaling(a) || is_signaling(b)) env.raise(kIE);
  return quiet(is_nan(a) ? a : b);
}

template <Float T>
void note_denormals(Env& env, std::initializer_list<T> operands) {
  if (std::any_of(operands.begin(), operands.end(), is_denormal<T>)) env.raise(kDE);
}

template <Float T>
Number unpack_negated(T v, bool negate) {
  Number x = unpack(v);
  x.negative ^= negate;
  return x;
}

template <HostFloat T>
T add_or_sub(Env& env, T a, T b, bool negate) {
  a = operand(env, a), b = operand(env, b);
  if (is_nan(a) || is_nan(b)) return propagate(env, a, b);
  const T signed_b = static_cast<T>(negate ? b ^ kSignBit<T> : b);
  if (is_infinite(a) && is_infinite(b) && a != signed_b) return invalid<T>(env);
  note_denormals(env, {a, b});
  if (is_infinite(a)) return a;
  if (is_infinite(b)) return signed_b;
  return pack<T>(env, sum(unpack(a), unpack(signed_b), env.rounding()));
}

template <HostFloat T>
Relation relation(T a, T b) {
  const auto signed_value = [](T v) {
    const auto m = static_cast<i64>(magnitude(v));
    return is_negative(v) ? -m : m;
  };
  const i64 x = signed_value(a), y = signed_value(b);
  return x < y ? Relation::less : x > y ? Relation::greater : Relation::equal;
}

}  // namespace

template <Float T>
T pack(Env& env, const Number& x) {
  constexpr int kFractionBits = Format<T>::kFractionBits;
  const T sign = x.negative ? kSignBit<T> : T{0};
  if (x.significand == 0) return sign;
  const int leading = x.exponent + top_bit(x.significand), full_ulp = leading - kFractionBits;
  const Rounded full = round_at(x, full_ulp, env.rounding());
  // Tininess is detected after rounding as if the exponent had no bounds.
  const bool carried = (full.units >> (kFractionBits + 1)) != 0;
  const bool tiny = leading + carried < 1 - Format<T>::kBias;
  if (tiny && !env.masks(kUE)) {  // the handler learns whether rounding alone was inexact
    env.raise(full.inexact ? kUE | kPE : kUE);
    return sign;
  }
  if (tiny && env.flushes_to_zero() && HostFloat<T>) {
    env.raise(kUE | kPE);
    return sign;
  }
  const int ulp = std::max(full_ulp, kLeastUlp<T>);
  const Rounded r = ulp == full_ulp ? full : round_at(x, ulp, env.rounding());
  if (r.inexact) env.raise(tiny ? kUE | kPE : kPE);
  // The exponent field is one more than its distance from the least when the significand's leading
  // bit is added in; a carry out of the significand lands where it belongs.
  const u64 bits =
      (static_cast<u64>(ulp - kLeastUlp<T>) << kFractionBits) + static_cast<u64>(r.units);
  if (bits >= kInfinity<T>) return overflow<T>(env, x.negative);
  return static_cast<T>(sign | bits);
}
template u16 pack(Env&, const Number&);
template u32 pack(Env&, const Number&);
template u64 pack(Env&, const Number&);

template <HostFloat T>
T add(Env& env, T a, T b) {
  return add_or_sub(env, a, b, false);
}
template <HostFloat T>
T sub(Env& env, T a, T b) {
  return add_or_sub(env, a, b, true);
}

template <HostFloat T>
T mul(Env& env, T a, T b) {
  a = operand(env, a), b = operand(env, b);
  if (is_nan(a) || is_nan(b)) return propagate(env, a, b);
  if ((is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b))) return invalid<T>(env);
  note_denormals(env, {a, b});
  if (is_infinite(a) || is_infinite(b))
    return static_cast<T>(((a ^ b) & kSignBit<T>) | kInfinity<T>);
  return pack<T>(env, product(unpack(a), unpack(b)));
}

template <HostFloat T>
T div(Env& env, T a, T b) {
  a = operand(env, a), b = operand(env, b);
  if (is_nan(a) || is_nan(b)) return propagate(env, a, b);
  const T sign = (a ^ b) & kSignBit<T>;
  if ((is_infinite(a) && is_infinite(b)) || (is_zero(a) && is_zero(b))) return invalid<T>(env);
  if (is_zero(b)) {
    if (!is_infinite(a)) env.raise(kZE);
    return sign | kInfinity<T>;
  }
  note_denormals(env, {a, b});
  if (is_infinite(a)) return sign | kInfinity<T>;
  if (is_infinite(b) || is_zero(a)) return sign;
  return pack<T>(env, quotient(unpack(a), unpack(b)));
}

template <HostFloat T>
T sqrt(Env& env, T a) {
  a = operand(env, a);
  if (is_nan(a)) return propagate(env, a, a);
  if (is_zero(a)) return a;
  if (is_negative(a)) return invalid<T>(env);
  note_denormals(env, {a});
  if (is_infinite(a)) return a;
  return pack<T>(env, root(unpack(a)));
}

template <HostFloat T>
T fma(Env& env, T a, T b, T c, Negate negate) {
  a = operand(env, a), b = operand(env, b), c = operand(env, c);
  const bool no_product = (is_infinite(a) && is_zero(b)) || (is_zero(a) && is_infinite(b));
  if (is_nan(a) || is_nan(b) || is_nan(c)) {
    if (is_signaling(c)) env.raise(kIE);
    return is_nan(a) || is_nan(b) ? propagate(env, a, b) : quiet(c);
  }
  const bool product_sign = is_negative(static_cast<T>(a ^ b)) != negate.product;
  const bool addend_sign = is_negative(c) != negate.addend;
  const bool infinite_product = is_infinite(a) || is_infinite(b);
  if (no_product || (infinite_product && is_infinite(c) && product_sign != addend_sign))
    return invalid<T>(env);
  note_denormals(env, {a, b, c});
  if (infinite_product) return (product_sign ? kSignBit<T> : 0) | kInfinity<T>;
  if (is_infinite(c)) return (addend_sign ? kSignBit<T> : 0) | kInfinity<T>;
  const Number xy = product(unpack_negated(a, negate.product), unpack(b));
  return pack<T>(env, sum(xy, unpack_negated(c, negate.addend), env.rounding()));
}

template <HostFloat T>
Relation compare(Env& env, T a, T b, bool quiet_nan_is_invalid) {
  a = operand(env, a), b = operand(env, b);
  if (is_nan(a) || is_nan(b)) {
    if (quiet_nan_is_invalid || is_signaling(a) || is_signaling(b)) env.raise(kIE);
    return Relation::unordered;
  }
  note_denormals(env, {a, b});
  return relation(a, b);
}

template <HostFloat T>
T min(Env& env, T a, T b) {
  a = operand(env, a), b = operand(env, b);
  return exact::compare(env, a, b, true) == Relation::less ? a : b;
}
template <HostFloat T>
T max(Env& env, T a, T b) {
  a = operand(env, a), b = operand(env, b);
  return exact::compare(env, a, b, true) == Relation::greater ? a : b;
}

#define RT0_INSTANTIATE(T)                     \
  template T add(Env&, T, T);                  \
  template T sub(Env&, T, T);                  \
  template T mul(Env&, T, T);                  \
  template T div(Env&, T, T);                  \
  template T sqrt(Env&, T);                    \
  template T fma(Env&, T, T, T, Negate);       \
  template Relation compare(Env&, T, T, bool); \
  template T min(Env&, T, T);                  \
  template T max(Env&, T, T);
RT0_INSTANTIATE(u32)
RT0_INSTANTIATE(u64)
#undef RT0_INSTANTIATE

}  // namespace emulator::cpu::fp::exact
