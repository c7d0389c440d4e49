/// The status flags and their formulas (SDM vol. 1, 3.4.3.1; the "Flags Affected" part of each
/// instruction in vol. 2).
///
/// Flags are kept as the values that they follow from, and turned into bits only when somebody
/// asks. A sum is a full adder seen 64 bits at a time: each result bit is a ^ b ^ carry-in, so the
/// carries can be read back from the operands and the result; CF, OF and AF are then single
/// carries.
#pragma once

#include <bit>
#include <concepts>
#include <type_traits>

#include "emulator/base/types.hpp"

namespace emulator::cpu {

/// A guest word: what a general-purpose operand can hold.
template <class T>
concept Word =
    std::same_as<T, u8> || std::same_as<T, u16> || std::same_as<T, u32> || std::same_as<T, u64>;

template <Word T>
inline constexpr unsigned kBits = 8 * sizeof(T);
template <Word T>
using Signed = std::make_signed_t<T>;
template <Word T>
constexpr bool sign_of(T v) {
  return v >> (kBits<T> - 1) != 0;
}
template <Word T>
constexpr u64 sign_extend(T v) {
  return static_cast<u64>(static_cast<i64>(static_cast<Signed<T>>(v)));
}

/// Bit positions in RFLAGS.
enum FlagBit : u64 {
  kCF = 1u << 0,
  kPF = 1u << 2,
  kAF = 1u << 4,
  kZF = 1u << 6,
  kSF = 1u << 7,
  kTF = 1u << 8,
  kIF = 1u << 9,
  kDF = 1u << 10,
  kOF = 1u << 11,
  kAC = 1u << 18,
  kID = 1u << 21,
};
inline constexpr u64 kStatusFlags = kCF | kPF | kAF | kZF | kSF | kOF;
inline constexpr u64 kFixedFlags = 0x202;  // bit 1 always reads 1; IF is always on in user mode

/// The six status flags.
/// - `result`, sign-extended to 64 bits: ZF is result == 0; SF and PF are its top bit and low byte,
/// after `patch`.
/// - `carries`, with the operand's top bit moved to bit 63: CF is bit 63, OF is bit 63 ^ bit 62, AF
/// is bit 3.
/// - `patch` is XORed onto the result for SF and PF, for the few instructions whose flags fit no
/// result; else 0.
struct Flags {
  u64 result = 1;
  u64 carries = 0;
  u64 patch = 1;

  constexpr bool cf() const { return carries >> 63; }
  constexpr bool of() const { return (carries ^ (carries << 1)) >> 63; }
  constexpr bool af() const { return carries & 8; }
  constexpr bool zf() const { return result == 0; }
  constexpr bool sf() const { return (result ^ patch) >> 63; }
  constexpr bool pf() const { return std::popcount((result ^ patch) & 0xff) % 2 == 0; }

  /// The RFLAGS bits.
  constexpr u64 bits() const {
    const auto when = [](bool set, u64 bit) { return set ? bit : 0; };
    return when(cf(), kCF) | when(pf(), kPF) | when(af(), kAF) | when(zf(), kZF) | when(sf(), kSF) |
           when(of(), kOF);
  }

  /// Flags that read back as the given RFLAGS bits.
  static constexpr Flags from_bits(u64 f) {
    Flags out;
    out.result = f & kZF ? 0 : 1;
    const bool sign = (f & kSF) != 0, parity = (f & kPF) != 0;
    out.patch = (static_cast<u64>(sign) << 63) | ((parity ? 0u : 1u) ^ (out.result & 1));
    out.carries = carry_pair((f & kCF) != 0, (f & kOF) != 0) | (f & kAF ? 8 : 0);
    return out;
  }

  /// Carries that read back as the given CF and OF.
  static constexpr u64 carry_pair(bool cf, bool of) {
    return (static_cast<u64>(cf) << 63) | (static_cast<u64>(cf != of) << 62);
  }
  constexpr Flags with_cf(bool cf_) const { return with_cf_of(cf_, of()); }
  constexpr Flags with_cf_of(bool cf_, bool of_) const {
    Flags out = *this;
    out.carries = carry_pair(cf_, of_) | (carries & 8);
    return out;
  }
  constexpr Flags with_zf(bool zf_) const {
    return from_bits((bits() & ~u64{kZF}) | (zf_ ? u64{kZF} : 0));
  }
};

/// A result and the flags that follow from it.
template <Word T>
struct Outcome {
  T result;
  Flags flags;
};

/// CF, OF and AF from the carries out of each bit; ZF, SF and PF from the result.
template <Word T>
constexpr Flags arith_flags(T result, T carries) {
  if constexpr (sizeof(T) == 8) return {result, carries, 0};
  return {sign_extend(result), (static_cast<u64>(carries) << (64 - kBits<T>)) | (carries & 8u), 0};
}

/// ZF, SF and PF from the result; CF = OF = 0. AF is undefined (we clear it, as current CPUs do).
template <Word T>
constexpr Flags logic_flags(T result) {
  return {sign_extend(result), 0, 0};
}

/// ZF, SF and PF from the result, CF and OF as given. AF is undefined (cleared).
template <Word T>
constexpr Flags result_flags(T result, bool cf, bool of) {
  return {sign_extend(result), Flags::carry_pair(cf, of), 0};
}

/// a + b + carry. The carry out of a bit is the majority of its two inputs and the carry in.
template <Word T>
constexpr Outcome<T> sum(T a, T b, bool carry = false) {
  const T r = static_cast<T>(a + b + carry);
  const T carries = static_cast<T>((a & b) | ((a | b) & ~r));
  return {r, arith_flags<T>(r, carries)};
}

/// a - b - borrow. The borrow out of a bit is the majority of not a, b and the borrow in.
template <Word T>
constexpr Outcome<T> difference(T a, T b, bool borrow = false) {
  const T r = static_cast<T>(a - b - borrow);
  const T borrows = static_cast<T>((~a & b) | ((~a | b) & r));
  return {r, arith_flags<T>(r, borrows)};
}

/// Condition codes in the order of their encoding (SDM vol. 2, appendix B.1.4.7).
enum class Condition : u8 { o, no, b, nb, z, nz, be, nbe, s, ns, p, np, l, nl, le, nle };

template <Condition C>
constexpr bool holds(const Flags& f) {
  constexpr auto n = static_cast<u8>(C);
  bool v = false;
  if constexpr (n / 2 == 0) v = f.of();
  if constexpr (n / 2 == 1) v = f.cf();
  if constexpr (n / 2 == 2) v = f.zf();
  if constexpr (n / 2 == 3) v = f.cf() || f.zf();
  if constexpr (n / 2 == 4) v = f.sf();
  if constexpr (n / 2 == 5) v = f.pf();
  if constexpr (n / 2 == 6) v = f.sf() != f.of();
  if constexpr (n / 2 == 7) v = f.zf() || f.sf() != f.of();
  return v != (n % 2 == 1);
}

}  // namespace emulator::cpu
