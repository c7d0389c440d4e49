/// Floating point as SSE, AVX, FMA and F16C do it: IEEE 754 with x86's answers where the standard
/// leaves a choice (SDM vol. 1, 4.8, 4.9, 10.2.3 and 11.5). Values travel as bits: u16 is binary16,
/// u32 binary32, u64 binary64.
///
/// The meaning of every operation is the exact one in fp_arith.cpp and fp_convert.cpp: integers
/// only, each result rounded once. Here are shortcuts through the host's own binary32 and binary64,
/// taken only when the operands are zero or normal, the result is far from overflow and underflow,
/// rounding is to nearest and the sticky precision flag is up already. Then IEEE 754 leaves one
/// answer and no flag can change, so that every host and compiler agrees.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>

#include "emulator/base/types.hpp"

namespace emulator::cpu::fp {

/// MXCSR (SDM vol. 1, figure 10-3). An exception's mask stands seven bits above its flag.
enum Mxcsr : u32 {
  kIE = 1u << 0,
  kDE = 1u << 1,
  kZE = 1u << 2,
  kOE = 1u << 3,
  kUE = 1u << 4,
  kPE = 1u << 5,
  kDAZ = 1u << 6,
  kIM = 1u << 7,
  kDM = 1u << 8,
  kZM = 1u << 9,
  kOM = 1u << 10,
  kUM = 1u << 11,
  kPM = 1u << 12,
  kRC = 3u << 13,
  kFTZ = 1u << 15,
};
inline constexpr u32 kAllExceptions = 0x3f;
inline constexpr unsigned kMaskShift = 7;
inline constexpr unsigned kRoundingShift = 13;
inline constexpr u32 kMxcsrMask = 0xffff;  // the other bits are reserved

enum class Rounding : u8 { nearest, down, up, toward_zero };  // as in MXCSR.RC and in immediates

/// What MXCSR asks of one instruction, and what the instruction has to say to MXCSR.
class Env {
 public:
  explicit Env(u32 mxcsr) : control_(mxcsr) {}
  /// Rounds as an immediate says instead.
  Env(u32 mxcsr, Rounding rounding)
      : control_((mxcsr & ~u32{kRC}) | (static_cast<u32>(rounding) << kRoundingShift)) {}

  Rounding rounding() const { return static_cast<Rounding>((control_ & kRC) >> kRoundingShift); }
  bool denormals_are_zero() const { return control_ & kDAZ; }
  /// FTZ works only while underflow is masked.
  bool flushes_to_zero() const { return (control_ & (kFTZ | kUM)) == (kFTZ | kUM); }
  bool masks(u32 exception) const { return control_ & (exception << kMaskShift); }

  void raise(u32 exceptions) { raised_ |= exceptions; }
  void forget(u32 exceptions) { raised_ &= ~exceptions; }
  /// Rounds to nearest, and an inexact result changes nothing.
  bool allows_host() const { return (control_ & (kRC | kPM | kPE)) == (kPM | kPE); }

  /// The exceptions to report. An unmasked exception that is found before computing (invalid,
  /// denormal, divide by zero) hides those found after (SDM vol. 1, 11.5.2).
  u32 raised() const {
    const bool hides = unmasked(raised_) & (kIE | kDE | kZE);
    return earlier_ | (hides ? raised_ & (kIE | kDE | kZE) : raised_);
  }
  bool faults() const { return unmasked(raised_) != 0; }
  /// A step of an instruction went without a fault: its exceptions stand, whatever the next ones
  /// do.
  void next_step() { earlier_ |= raised_, raised_ = 0; }

 private:
  u32 unmasked(u32 exceptions) const { return exceptions & ~(control_ >> kMaskShift); }

  u32 control_;
  u32 raised_ = 0, earlier_ = 0;
};

// -- formats --

template <class T>
struct Format;
template <>
struct Format<u16> {
  static constexpr int kFractionBits = 10, kBias = 15;
};
template <>
struct Format<u32> {
  static constexpr int kFractionBits = 23, kBias = 127;
  using Host = float;
};
template <>
struct Format<u64> {
  static constexpr int kFractionBits = 52, kBias = 1023;
  using Host = double;
};
template <class T>
concept Float = std::same_as<T, u16> || std::same_as<T, u32> || std::same_as<T, u64>;
template <class T>
concept HostFloat = std::same_as<T, u32> || std::same_as<T, u64>;

template <Float T>
inline constexpr T kSignBit = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
template <Float T>
inline constexpr u32 kExponentOfInfinity = 2 * Format<T>::kBias + 1;
template <Float T>
inline constexpr T kInfinity = static_cast<T>(T{kExponentOfInfinity<T>}
                                              << Format<T>::kFractionBits);
template <Float T>
inline constexpr T kQuietBit = static_cast<T>(T{1} << (Format<T>::kFractionBits - 1));
/// "QNaN floating-point indefinite", the answer to an invalid operation.
template <Float T>
inline constexpr T kDefaultNan = static_cast<T>(kSignBit<T> | kInfinity<T> | kQuietBit<T>);

template <Float T>
constexpr T magnitude(T v) {
  return static_cast<T>(v & ~kSignBit<T>);
}
template <Float T>
constexpr u32 exponent_field(T v) {
  return static_cast<u32>(magnitude(v) >> Format<T>::kFractionBits);
}
template <Float T>
constexpr bool is_negative(T v) {
  return (v & kSignBit<T>) != 0;
}
template <Float T>
constexpr bool is_zero(T v) {
  return magnitude(v) == 0;
}
template <Float T>
constexpr bool is_nan(T v) {
  return magnitude(v) > kInfinity<T>;
}
template <Float T>
constexpr bool is_signaling(T v) {
  return is_nan(v) && (v & kQuietBit<T>) == 0;
}
template <Float T>
constexpr bool is_infinite(T v) {
  return magnitude(v) == kInfinity<T>;
}
template <Float T>
constexpr bool is_denormal(T v) {
  return exponent_field(v) == 0 && !is_zero(v);
}
/// Zero or normal: neither NaN nor infinite nor denormal.
template <Float T>
constexpr bool is_plain(T v) {
  return exponent_field(v) - 1 < kExponentOfInfinity<T> - 1 || is_zero(v);
}
/// Finite, and at least twice the least normal number: such a rounded result neither overflowed nor
/// underflowed.
template <Float T>
constexpr bool is_safe(T v) {
  return exponent_field(v) - 2 < kExponentOfInfinity<T> - 2;
}

template <HostFloat T>
constexpr auto to_host(T bits) {
  return std::bit_cast<typename Format<T>::Host>(bits);
}
constexpr u32 to_bits(float v) { return std::bit_cast<u32>(v); }
constexpr u64 to_bits(double v) { return std::bit_cast<u64>(v); }

// -- the meaning of every operation, for every operand and MXCSR --

/// Which terms of a fused multiply-add change sign. NaNs keep theirs.
struct Negate {
  bool product = false, addend = false;
};
enum class Relation : u8 { less = 1, equal = 2, greater = 4, unordered = 8 };

namespace exact {
template <HostFloat T>
T add(Env& env, T a, T b);
template <HostFloat T>
T sub(Env& env, T a, T b);
template <HostFloat T>
T mul(Env& env, T a, T b);
template <HostFloat T>
T div(Env& env, T a, T b);
template <HostFloat T>
T sqrt(Env& env, T a);
template <HostFloat T>
T fma(Env& env, T a, T b, T c, Negate negate);
template <HostFloat T>
T min(Env& env, T a, T b);
template <HostFloat T>
T max(Env& env, T a, T b);
/// UCOMISS and the quiet predicates call only signaling NaNs invalid; COMISS and the others call
/// every NaN so.
template <HostFloat T>
Relation compare(Env& env, T a, T b, bool quiet_nan_is_invalid);
/// ROUNDSS and kin: rounds to an integral value as the Env says, in the same format.
template <HostFloat T>
T round(Env& env, T a);
/// Between formats. To and from binary16 is F16C's way: FTZ does nothing, and denormal halves are
/// no exception.
template <Float To, Float From>
To convert(Env& env, From a);
/// To a signed integer (i32, i64), or the integer indefinite value (the most negative number) when
/// it does not fit.
template <class I, HostFloat T>
I to_integer(Env& env, T a, Rounding rounding);
template <HostFloat T>
T from_integer(Env& env, i64 v);
}  // namespace exact

// -- the same, through the host where that is certain --

template <HostFloat T>
T add(Env& env, T a, T b) {
  if (env.allows_host() && is_plain(a) && is_plain(b)) [[likely]] {
    const T r = to_bits(to_host(a) + to_host(b));
    if (is_safe(r) || is_zero(r)) [[likely]]
      return r;  // a sum that is zero is exact
  }
  return exact::add(env, a, b);
}

template <HostFloat T>
T sub(Env& env, T a, T b) {
  if (env.allows_host() && is_plain(a) && is_plain(b)) [[likely]] {
    const T r = to_bits(to_host(a) - to_host(b));
    if (is_safe(r) || is_zero(r)) [[likely]]
      return r;
  }
  return exact::sub(env, a, b);
}

template <HostFloat T>
T mul(Env& env, T a, T b) {
  if (env.allows_host() && is_plain(a) && is_plain(b)) [[likely]] {
    const T r = to_bits(to_host(a) * to_host(b));
    if (is_safe(r) || is_zero(a) || is_zero(b)) [[likely]]
      return r;
  }
  return exact::mul(env, a, b);
}

template <HostFloat T>
T div(Env& env, T a, T b) {
  if (env.allows_host() && is_plain(a) && is_plain(b) && !is_zero(b)) [[likely]] {
    const T r = to_bits(to_host(a) / to_host(b));
    if (is_safe(r) || is_zero(a)) [[likely]]
      return r;
  }
  return exact::div(env, a, b);
}

template <HostFloat T>
T sqrt(Env& env, T a) {
  if (env.allows_host() && is_plain(a) && !is_negative(a)) [[likely]]
    return to_bits(std::sqrt(to_host(a)));
  return exact::sqrt(env, a);
}

template <HostFloat T>
T fma(Env& env, T a, T b, T c, Negate negate) {
  if (env.allows_host() && is_plain(a) && is_plain(b) && is_plain(c)) [[likely]] {
    const auto x = to_host(negate.product ? static_cast<T>(a ^ kSignBit<T>) : a);
    const auto z = to_host(negate.addend ? static_cast<T>(c ^ kSignBit<T>) : c);
    const T r = to_bits(std::fma(x, to_host(b), z));
    if (is_safe(r) || is_zero(a) || is_zero(b)) [[likely]]
      return r;
  }
  return exact::fma(env, a, b, c, negate);
}

template <HostFloat T>
Relation compare(Env& env, T a, T b, bool quiet_nan_is_invalid) {
  if (is_plain(a) && is_plain(b)) [[likely]] {
    const auto x = to_host(a), y = to_host(b);
    return x < y ? Relation::less : x > y ? Relation::greater : Relation::equal;
  }
  return exact::compare(env, a, b, quiet_nan_is_invalid);
}

/// Unlike IEEE 754's: the second operand for any NaN and for two zeros, so that `a < b ? a : b` is
/// `min` in C.
template <HostFloat T>
T min(Env& env, T a, T b) {
  if (is_plain(a) && is_plain(b)) [[likely]]
    return to_host(a) < to_host(b) ? a : b;
  return exact::min(env, a, b);
}
template <HostFloat T>
T max(Env& env, T a, T b) {
  if (is_plain(a) && is_plain(b)) [[likely]]
    return to_host(a) > to_host(b) ? a : b;
  return exact::max(env, a, b);
}

template <HostFloat To, HostFloat From>
To convert(Env& env, From a) {
  using Host = typename Format<To>::Host;
  if (is_plain(a) && (sizeof(To) > sizeof(From) || env.allows_host())) [[likely]] {
    const To r = to_bits(static_cast<Host>(to_host(a)));
    if (is_safe(r) || is_zero(a)) [[likely]]
      return r;
  }
  return exact::convert<To>(env, a);
}

template <HostFloat T>
T from_integer(Env& env, i64 v) {
  using Host = typename Format<T>::Host;
  constexpr i64 kExact = i64{2} << Format<T>::kFractionBits;
  if ((v >= -kExact && v <= kExact) || env.allows_host()) [[likely]]
    return to_bits(static_cast<Host>(v));
  return exact::from_integer<T>(env, v);
}

/// CVTT…: toward zero whatever the Env says.
template <class I, HostFloat T>
I truncate(Env& env, T a) {
  using Host = typename Format<T>::Host;
  constexpr Host kLimit = static_cast<Host>(I{1} << (8 * sizeof(I) - 2)) * 2;  // 2^31 or 2^63
  const Host x = to_host(a);
  if (x > -kLimit && x < kLimit && !is_denormal(a)) [[likely]] {
    const I r = static_cast<I>(x);
    if (static_cast<Host>(r) != x) env.raise(kPE);
    return r;
  }
  return exact::to_integer<I>(env, a, Rounding::toward_zero);
}

}  // namespace emulator::cpu::fp
