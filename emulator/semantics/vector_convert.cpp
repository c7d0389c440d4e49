// Conversions between floating point formats and integers: SDM vol. 1, 11.4.1.6 and 14.4; the state
// of MXCSR.
#include "emulator/semantics/fp_rows.hpp"

namespace emulator::semantics {
namespace {

using fp::Env;

// -- scalar --

/// CVTSI2SS, CVTSI2SD: from a 32- or 64-bit integer in operand 2.
template <fp::HostFloat T, Word I>
struct FromInteger {
  RT0_INLINE void operator()(auto& c) const {
    Env env(c.mxcsr());
    const T low = fp::from_integer<T>(env, static_cast<cpu::Signed<I>>(c.template read<I>(2)));
    report(c, env);
    write_low(c, low);
  }
};

/// CVTSS2SI, CVTSD2SI and, always toward zero, CVTTSS2SI, CVTTSD2SI.
template <fp::HostFloat T, bool Truncate, Word I>
struct ToInteger {
  RT0_INLINE void operator()(auto& c) const {
    using S = cpu::Signed<I>;
    const T a = c.template read<LowLane<T>>(1).bits;
    Env env(c.mxcsr());
    const S r =
        Truncate ? fp::truncate<S>(env, a) : fp::exact::to_integer<S>(env, a, env.rounding());
    report(c, env);
    c.write(0, static_cast<I>(r));
  }
};

constexpr auto kNarrow = [](Env& env, u64 a) { return fp::convert<u32>(env, a); };

/// CVTSS2SD: operand 2's lane is half as wide as the one that it replaces.
struct Widen {
  RT0_INLINE void operator()(auto& c) const {
    Env env(c.mxcsr());
    const u64 low = fp::convert<u64>(env, c.template read<Low32>(2).bits);
    report(c, env);
    write_low(c, low);
  }
};

/// Variants 2 and 3 of a row, each with the specialised handlers of Forms….
template <class M32, class M64, Form... Forms>
constexpr Row by_integer(std::string_view name, std::string_view reference, Select select,
                         u8 bits) {
  Row row{name, reference, bits, select, {}, {}, nullptr};
  row.fast[2] = &execute<M32, kAnyForm, false, false>,
  row.observed[2] = &execute<M32, kAnyForm, true, false>;
  row.fast[3] = &execute<M64, kAnyForm, false, false>,
  row.observed[3] = &execute<M64, kAnyForm, true, false>;
  row.special = [](u8 variant, const Form& form) {
    return variant == 2 ? special_one<M32, Forms...>(0, form) : special_one<M64, Forms...>(0, form);
  };
  return row;
}
template <fp::HostFloat T>
constexpr Row from_integer_row(std::string_view name, std::string_view reference) {
  return by_integer<FromInteger<T, u32>, FromInteger<T, u64>, RT0_FORMS_RRX>(
      name, reference, [](const decode::Insn& i) { return width_variant(i.operand[2].bits); },
      kThreeOperands);
}
template <fp::HostFloat T, bool Truncate>
constexpr Row to_integer_row(std::string_view name, std::string_view reference) {
  return by_integer<ToInteger<T, Truncate, u32>, ToInteger<T, Truncate, u64>, RT0_FORMS_RX>(
      name, reference, by_operand<0>, 0);
}

// -- packed, lanes of one size --

constexpr auto kFromInt32 = [](Env& env, u32 a) {
  return fp::from_integer<u32>(env, static_cast<i32>(a));
};
constexpr auto kToInt32 = [](Env& env, u32 a) {
  return static_cast<u32>(fp::exact::to_integer<i32>(env, a, env.rounding()));
};
constexpr auto kTruncateToInt32 = [](Env& env, u32 a) {
  return static_cast<u32>(fp::truncate<i32>(env, a));
};

// -- packed, lanes of two sizes --

/// The low half of a vector as lanes of T, or memory of that size.
template <class T, Vector V>
auto read_half(auto& c, unsigned operand) {
  if constexpr (V::kBytes == 16) {
    return std::bit_cast<std::array<T, 8 / sizeof(T)>>(c.template read<Low64>(operand).bits);
  } else {
    return c.template read_unaligned<V128>(operand).template lanes<T>();
  }
}

/// `op(env, a)` from the lanes of the low half of operand 1 to lanes twice as wide.
template <class Operation, class From, class To, Vector V>
void widen(auto& c) {
  const auto a = read_half<From, V>(c, 1);
  typename V::template Lanes<To> r;
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = Operation{}(env, a[i]);
  report(c, env);
  c.write(0, V::template of<To>(r));
}
/// `op(env, a)` to lanes half as wide, zeros above them.
template <class Operation, class From, class To, Vector V>
void narrow(auto& c) {
  const auto a = c.template read<V>(1).template lanes<From>();
  V128::Lanes<To> r{};
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < a.size(); ++i) r[i] = Operation{}(env, a[i]);
  report(c, env);
  c.write(0, V128::of<To>(r));
}
template <class From, class To, class Operation>
constexpr Row widen_row(std::string_view name, std::string_view reference, Operation) {
  return vectors(
      name, reference, []<class V>(auto& c) { widen<Operation, From, To, V>(c); }, 0);
}
template <class From, class To, class Operation>
constexpr Row narrow_row(std::string_view name, std::string_view reference, Operation) {
  return vectors(
      name, reference, []<class V>(auto& c) { narrow<Operation, From, To, V>(c); }, 0);
}

constexpr auto kWidenFloat = [](Env& env, u32 a) { return fp::convert<u64>(env, a); };
constexpr auto kFromInt32ToDouble = [](Env& env, u32 a) {
  return fp::from_integer<u64>(env, static_cast<i32>(a));
};
constexpr auto kDoubleToInt32 = [](Env& env, u64 a) {
  return static_cast<u32>(fp::exact::to_integer<i32>(env, a, env.rounding()));
};
constexpr auto kTruncateDouble = [](Env& env, u64 a) {
  return static_cast<u32>(fp::truncate<i32>(env, a));
};
constexpr auto kFromHalf = [](Env& env, u16 a) { return fp::exact::convert<u32>(env, a); };

/// The destination is the narrow one and may be memory. Immediate: bits 1 and 0 say how to round,
/// unless bit 2 leaves that to MXCSR.
template <Vector V>
void vcvtps2ph(auto& c) {
  const auto a = c.template read<V>(1).template lanes<u32>();
  const auto immediate = static_cast<unsigned>(c.immediate());
  Env env =
      immediate & 4 ? Env(c.mxcsr()) : Env(c.mxcsr(), static_cast<fp::Rounding>(immediate & 3));
  V128::Lanes<u16> r{};
  for (std::size_t i = 0; i < a.size(); ++i) r[i] = fp::exact::convert<u16>(env, a[i]);
  if (env.faults() || !c.is_mem(0)) {
    report(c, env);
    return c.write(0, V128::of<u16>(r));
  }
  if constexpr (V::kBytes == 16) {
    c.template write_mem<Low64>({V128::of<u16>(r).template lanes<u64>()[0]});
  } else {
    c.write(0, V128::of<u16>(r));
  }
  report(c, env);
}

constexpr std::array kRows = {
    from_integer_row<u32>("cvtsi2ss", "CVTSI2SS"),
    from_integer_row<u64>("cvtsi2sd", "CVTSI2SD"),
    to_integer_row<u32, false>("cvtss2si", "CVTSS2SI"),
    to_integer_row<u64, false>("cvtsd2si", "CVTSD2SI"),
    to_integer_row<u32, true>("cvttss2si", "CVTTSS2SI"),
    to_integer_row<u64, true>("cvttsd2si", "CVTTSD2SI"),
    scalar_unary_row<u64>("cvtsd2ss", "CVTSD2SS", kNarrow),
    with_special(one("cvtss2sd", "CVTSS2SD", Widen{}, kThreeOperands),
                 &special_one<Widen, RT0_FORMS_RRX>),
    packed_unary_row<u32>("cvtdq2ps", "CVTDQ2PS", kFromInt32),
    packed_unary_row<u32>("cvtps2dq", "CVTPS2DQ", kToInt32),
    packed_unary_row<u32>("cvttps2dq", "CVTTPS2DQ", kTruncateToInt32),
    widen_row<u32, u64>("cvtps2pd", "CVTPS2PD", kWidenFloat),
    widen_row<u32, u64>("cvtdq2pd", "CVTDQ2PD", kFromInt32ToDouble),
    narrow_row<u64, u32>("cvtpd2ps", "CVTPD2PS", kNarrow),
    narrow_row<u64, u32>("cvtpd2dq", "CVTPD2DQ", kDoubleToInt32),
    narrow_row<u64, u32>("cvttpd2dq", "CVTTPD2DQ", kTruncateDouble),
    widen_row<u16, u32>("vcvtph2ps", "VCVTPH2PS", kFromHalf),
    vectors("vcvtps2ph", "VCVTPS2PH", RT0_MEANING(vcvtps2ph), 0),
};

}  // namespace

std::span<const Row> vector_convert_rows() { return kRows; }

}  // namespace emulator::semantics
