// Multiplication and division: SDM vol. 1, 7.3.2. SF, ZF, AF and PF are undefined after a
// multiplication (rt0 sets SF, ZF and PF from the low half), all six after a division (rt0 leaves
// them).
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::kBits;
using cpu::rax;
using cpu::rdx;
using cpu::Signed;

template <Word T>
struct Twice;
template <>
struct Twice<u8> {
  using Unsigned = u16;
  using Signed_ = i16;
};
template <>
struct Twice<u16> {
  using Unsigned = u32;
  using Signed_ = i32;
};
template <>
struct Twice<u32> {
  using Unsigned = u64;
  using Signed_ = i64;
};
template <>
struct Twice<u64> {
  using Unsigned = u128;
  using Signed_ = i128;
};
template <Word T>
using Wide = typename Twice<T>::Unsigned;
template <Word T>
using WideSigned = typename Twice<T>::Signed_;

/// The double-width accumulator: AX for bytes, else rDX:rAX.
template <Word T>
RT0_INLINE void write_pair(auto& c, Wide<T> v) {
  if constexpr (sizeof(T) == 1) {
    c.template set_reg<u16>(rax, v);
  } else {
    c.template set_reg<T>(rax, static_cast<T>(v));
    c.template set_reg<T>(rdx, static_cast<T>(v >> kBits<T>));
  }
}
template <Word T>
RT0_INLINE Wide<T> read_pair(auto& c) {
  if constexpr (sizeof(T) == 1)
    return c.template reg<u16>(rax);
  else
    return static_cast<Wide<T>>((Wide<T>{c.template reg<T>(rdx)} << kBits<T>) |
                                c.template reg<T>(rax));
}

template <Word T>
RT0_INLINE void mul(auto& c) {
  const auto product =
      static_cast<Wide<T>>(Wide<T>{c.template reg<T>(rax)} * c.template read<T>(0));
  const bool high = static_cast<T>(product >> kBits<T>) != 0;
  write_pair<T>(c, product);
  c.write(cpu::result_flags(static_cast<T>(product), high, high));
}

template <Word T>
constexpr WideSigned<T> signed_product(T a, T b) {
  return static_cast<WideSigned<T>>(WideSigned<T>{static_cast<Signed<T>>(a)} *
                                    static_cast<Signed<T>>(b));
}
/// CF and OF: the product does not fit its lower half.
template <Word T>
RT0_INLINE Flags signed_product_flags(WideSigned<T> product) {
  const auto low = static_cast<T>(product);
  const bool lost = static_cast<Signed<T>>(low) != product;
  return cpu::result_flags(low, lost, lost);
}

/// One operand: rDX:rAX = rAX * operand. Two: operand 0 *= operand 1. Three: operand 0 = operand 1
/// * immediate.
template <Word T>
RT0_INLINE void imul1(auto& c) {
  const auto product = signed_product<T>(c.template reg<T>(rax), c.template read<T>(0));
  write_pair<T>(c, static_cast<Wide<T>>(product));
  c.write(signed_product_flags<T>(product));
}
template <Word T>
RT0_INLINE void imul2(auto& c) {
  const auto product = signed_product<T>(c.template read<T>(0), c.template read<T>(1));
  c.write(0, static_cast<T>(product));
  c.write(signed_product_flags<T>(product));
}
template <Word T>
RT0_INLINE void imul3(auto& c) {
  const auto product = signed_product<T>(c.template read<T>(1), c.template read<T>(2));
  c.write(0, static_cast<T>(product));
  c.write(signed_product_flags<T>(product));
}

template <Word T>
RT0_INLINE void write_quotient(auto& c, T quotient, T remainder) {
  if constexpr (sizeof(T) == 1) {
    c.template set_reg<u16>(rax, static_cast<u16>(quotient | (remainder << 8)));
  } else {
    c.template set_reg<T>(rax, quotient);
    c.template set_reg<T>(rdx, remainder);
  }
}

/// #DE when the divisor is zero or the quotient does not fit.
template <Word T>
RT0_INLINE void div(auto& c) {
  const T divisor = c.template read<T>(0);
  const Wide<T> dividend = read_pair<T>(c);
  if (divisor == 0 || static_cast<T>(dividend >> kBits<T>) >= divisor)
    c.raise_fault(cpu::FaultKind::divide);
  // A dividend that fits one word needs no double-width division.
  const bool narrow = static_cast<T>(dividend >> kBits<T>) == 0;
  const T low = static_cast<T>(dividend);
  write_quotient<T>(c, narrow ? static_cast<T>(low / divisor) : static_cast<T>(dividend / divisor),
                    narrow ? static_cast<T>(low % divisor) : static_cast<T>(dividend % divisor));
}

template <Word T>
RT0_INLINE void idiv(auto& c) {
  const auto divisor = static_cast<Signed<T>>(c.template read<T>(0));
  const auto dividend = static_cast<WideSigned<T>>(read_pair<T>(c));
  constexpr auto kLowest = static_cast<WideSigned<T>>(WideSigned<T>{1} << (2 * kBits<T> - 1));
  if (divisor == 0 || (divisor == -1 && dividend == kLowest)) c.raise_fault(cpu::FaultKind::divide);
  const auto quotient = static_cast<WideSigned<T>>(dividend / divisor);
  if (quotient != static_cast<Signed<T>>(quotient)) c.raise_fault(cpu::FaultKind::divide);
  write_quotient<T>(c, static_cast<T>(quotient), static_cast<T>(dividend % divisor));
}

/// Operand 0 takes the high half, operand 1 the low one, which is written first: the same register
/// ends up with the high half.
template <Word T>
RT0_INLINE void mulx(auto& c) {
  const auto product =
      static_cast<Wide<T>>(Wide<T>{c.template reg<T>(rdx)} * c.template read<T>(2));
  c.write(1, static_cast<T>(product));
  c.write(0, static_cast<T>(product >> kBits<T>));
}

using Imul1 = decltype(RT0_MEANING(imul1));
using Imul2 = decltype(RT0_MEANING(imul2));
using Imul3 = decltype(RT0_MEANING(imul3));
inline constexpr Form kFormRRI{{kR, kR, kI}, Addressing::full};

/// Variants 0 to 3: one operand of 8 to 64 bits; 4 to 6: two of 16 to 64; 7 to 9: three of 16
/// to 64.
u8 imul_variant(const decode::Insn& i) {
  const u8 width = width_variant(i.operand[0].bits);
  return static_cast<u8>(width + 3 * (i.operands - 1));
}
Specialised imul_special(u8 variant, const Form& form) {
  if (variant >= 7) return special_words<Imul3, kFormRRI>(static_cast<u8>(variant - 6), form);
  if (variant >= 4)
    return special_words<Imul2, kFormRR, RT0_FORMS_RM>(static_cast<u8>(variant - 3), form);
  return {};
}

constexpr Row imul_row() {
  Row row{"imul", "IMUL", 0, imul_variant, {}, {}, imul_special};
  fill<Imul1, u8, u16, u32, u64>(row.fast, row.observed, {0, 1, 2, 3});
  fill<Imul2, u16, u32, u64>(row.fast, row.observed, {4, 5, 6});
  fill<Imul3, u16, u32, u64>(row.fast, row.observed, {7, 8, 9});
  return row;
}

constexpr std::array kRows = {
    words("mul", "MUL", RT0_MEANING(mul), 0, &special_words<decltype(RT0_MEANING(mul)), kFormR>),
    imul_row(),
    words("div", "DIV", RT0_MEANING(div)),
    words("idiv", "IDIV", RT0_MEANING(idiv)),
    wide_words("mulx", "MULX", RT0_MEANING(mulx)),
};

}  // namespace

std::span<const Row> multiply_rows() { return kRows; }

}  // namespace emulator::semantics
