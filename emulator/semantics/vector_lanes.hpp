/// The shapes that vector meanings come in, so that a row says only what happens to a lane. The
/// legacy, VEX.128 and VEX.256 forms of an instruction share one meaning: operand 0 is the
/// destination, 1 and 2 are the sources (kThreeOperands makes legacy forms look so), and 256-bit
/// forms repeat the 128-bit operation on each half.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "emulator/semantics/row.hpp"

namespace emulator::semantics {

// -- lanes and halves --

/// The T lanes of one 128-bit half.
template <class T>
using Lanes = V128::Lanes<T>;

/// The 128-bit half `h` of a register.
template <Vector V>
RT0_INLINE V128 half(const V& v, unsigned h) {
  V128 out;
  std::memcpy(out.bytes.data(), v.bytes.data() + 16 * h, 16);
  return out;
}
template <Vector V>
RT0_INLINE void set_half(V& v, unsigned h, const V128& to) {
  std::memcpy(v.bytes.data() + 16 * h, to.bytes.data(), 16);
}
template <Vector V>
inline constexpr unsigned kHalves = V::kBytes / 16;

/// All ones or all zeros: the result of a vector comparison.
template <class T>
constexpr T mask_if(bool holds) {
  return static_cast<T>(holds ? ~T{0} : T{0});
}

/// The nearest value that a T can hold.
template <class T>
constexpr T saturate(i32 v) {
  using Limits = std::numeric_limits<T>;
  return static_cast<T>(std::clamp<i32>(v, Limits::min(), Limits::max()));
}

/// The low `sizeof` bytes of a vector operand, or that much memory: what a narrow source of T lanes
/// occupies.
template <std::size_t Bytes>
struct Packed;
template <>
struct Packed<1> {
  using type = Low8;
};
template <>
struct Packed<2> {
  using type = Low16;
};
template <>
struct Packed<4> {
  using type = Low32;
};
template <>
struct Packed<8> {
  using type = Low64;
};
template <>
struct Packed<16> {
  using type = V128;
};

/// Reads operand i as the array A (1 to 16 bytes) from the bottom of a register or from memory of
/// that size, at any alignment: narrow sources are not subject to the 16-byte rule of legacy SSE.
template <class A>
RT0_INLINE A read_packed(auto& c, unsigned i) {
  using P = typename Packed<sizeof(A)>::type;
  if constexpr (Vector<P>)
    return std::bit_cast<A>(c.template read_unaligned<P>(i).bytes);
  else
    return std::bit_cast<A>(c.template read<P>(i).bits);
}

// Reading and writing an operand takes much code when the operand may be anywhere and is recorded.
// The observed handlers share one copy, so that each of them is only its own arithmetic.
template <Vector V>
[[gnu::noinline]] V observed_source(auto& c, unsigned i) {
  return c.template read<V>(i);
}
template <Vector V>
[[gnu::noinline]] void observed_result(auto& c, const V& v) {
  c.write(0, v);
}

template <Vector V>
RT0_INLINE V source(auto& c, unsigned i) {
  if constexpr (std::remove_reference_t<decltype(c)>::kObserved) return observed_source<V>(c, i);
  return c.template read<V>(i);
}
/// Operand 1 of a three-operand form, always a register.
template <Vector V>
RT0_INLINE V first_source(auto& c) {
  return c.template ymm<V>(c.op()->reg[1]);
}
template <Vector V>
RT0_INLINE void result(auto& c, const V& v) {
  if constexpr (std::remove_reference_t<decltype(c)>::kObserved) return observed_result<V>(c, v);
  c.write(0, v);
}

// -- meanings made of a function over lanes; F is stateless --

/// destination[i] = f(first[i], second[i])
template <class T, class F>
struct Lanewise {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = first_source<V>(c).template lanes<T>();
    const auto b = source<V>(c, 2).template lanes<T>();
    typename V::template Lanes<T> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(F{}(a[i], b[i]));
    result(c, V::template of<T>(out));
  }
};

/// destination[i] = f(source[i])
template <class T, class F>
struct LanewiseUnary {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = source<V>(c, 1).template lanes<T>();
    typename V::template Lanes<T> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(F{}(a[i]));
    result(c, V::template of<T>(out));
  }
};

/// destination[i] = f(first[i], count), the count being an immediate or the low 64 bits of an XMM
/// or 128-bit operand. Counts of the lane's width or more leave zeros, or (T signed) the sign in
/// every bit.
template <class T, class F>
struct Shifted {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = first_source<V>(c).template lanes<T>();
    const u64 given =
        c.is_imm(2) ? static_cast<u8>(c.immediate()) : source<V128>(c, 2).template lanes<u64>()[0];
    const auto count = static_cast<unsigned>(std::min<u64>(given, 8 * sizeof(T) - 1));
    typename V::template Lanes<T> out{};
    if (std::is_signed_v<T> || given == count)
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(F{}(a[i], count));
    result(c, V::template of<T>(out));
  }
};

/// Each half: destination = f(first, second), arrays of T to an array of any lanes.
template <class T, class F>
struct Halves {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const V a = first_source<V>(c), b = source<V>(c, 2);
    V out;
    for (unsigned h = 0; h < kHalves<V>; ++h) {
      const auto lanes = F{}(half(a, h).template lanes<T>(), half(b, h).template lanes<T>());
      set_half(out, h, {std::bit_cast<std::array<u8, 16>>(lanes)});
    }
    result(c, out);
  }
};

/// Each half: destination = f(first, second, control), the control being the immediate, from bit
/// Step of it for the upper half.
template <class T, unsigned Step, class F>
struct ControlledHalves {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const V a = first_source<V>(c), b = source<V>(c, 2);
    const auto control = static_cast<u8>(c.immediate());
    V out;
    for (unsigned h = 0; h < kHalves<V>; ++h) {
      const auto lanes = F{}(half(a, h).template lanes<T>(), half(b, h).template lanes<T>(),
                             static_cast<u8>(control >> (Step * h)));
      set_half(out, h, {std::bit_cast<std::array<u8, 16>>(lanes)});
    }
    result(c, out);
  }
};

/// Each half: destination = f(source, control); Source is the number of the source operand.
template <class T, unsigned Step, unsigned Source, class F>
struct ControlledUnary {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const V a = source<V>(c, Source);
    const auto control = static_cast<u8>(c.immediate());
    V out;
    for (unsigned h = 0; h < kHalves<V>; ++h) {
      const auto lanes =
          F{}(half(a, h).template lanes<T>(), static_cast<u8>(control >> (Step * h)));
      set_half(out, h, {std::bit_cast<std::array<u8, 16>>(lanes)});
    }
    result(c, out);
  }
};

// -- specialised handlers --

/// Runs M when the translation cache answers for its memory operand of Size bytes, else leaves all
/// of it to the general handler: the hot path is straight code that ends in a jump.
template <class M, std::size_t Size, Form F>
const Op* execute_probed(Core& core, const Op* op) {
  Access<F, false, true> c(core, op);
  if (!c.probe(Size)) [[unlikely]]
    return execute<M, kAnyForm, false, false>(core, op);
  M{}(c);
  RT0_CONTINUE(op + 1);
}

/// The specialised handler of M for one of Forms…, or null.
template <class M, std::size_t Size, Form... Forms>
Specialised probed(const Form& form) {
  Specialised found;
  ((form == Forms ? void(found.fast = &execute_probed<std::remove_cv_t<M>, Size, Forms>) : void()),
   ...);
  return found;
}
template <class M, Form... Forms>
Specialised special_vectors(u8 variant, const Form& form) {
  if (variant == 4) return probed<Bound<M, V128>, 16, Forms...>(form);
  if (variant == 5) return probed<Bound<M, V256>, 32, Forms...>(form);
  return {};
}

inline constexpr Form kFormRRR{{kR, kR, kR}, Addressing::full};
inline constexpr Form kFormRRI{{kR, kR, kI}, Addressing::full};
template <Addressing A>
inline constexpr Form kFormRRM{{kR, kR, kM}, A};
#define RT0_FORMS_RRM \
  kFormRRM<Addressing::base>, kFormRRM<Addressing::full>, kFormRRM<Addressing::absolute>

template <Form... Forms, class M>
constexpr Row with_special(Row row, M) {
  row.special = &special_vectors<M, Forms...>;
  return row;
}

// -- rows of these shapes --

template <class T, class F>
constexpr Row lanewise(std::string_view name, std::string_view reference, F) {
  return with_special<kFormRRR>(vectors(name, reference, Lanewise<T, F>{}), Lanewise<T, F>{});
}
/// The same, and specialised for memory operands: for those that dominate Go programs.
template <class T, class F>
constexpr Row hot_lanewise(std::string_view name, std::string_view reference, F) {
  return with_special<kFormRRR, RT0_FORMS_RRM>(vectors(name, reference, Lanewise<T, F>{}),
                                               Lanewise<T, F>{});
}
template <class T, class F>
constexpr Row lanewise_unary(std::string_view name, std::string_view reference, F) {
  return vectors(name, reference, LanewiseUnary<T, F>{}, 0);
}
template <class T, class F>
constexpr Row shifted(std::string_view name, std::string_view reference, F) {
  return with_special<kFormRRI>(vectors(name, reference, Shifted<T, F>{}), Shifted<T, F>{});
}
template <class T, class F>
constexpr Row halves(std::string_view name, std::string_view reference, F) {
  return with_special<kFormRRR>(vectors(name, reference, Halves<T, F>{}), Halves<T, F>{});
}
template <class T, unsigned Step = 0, class F>
constexpr Row controlled_halves(std::string_view name, std::string_view reference, F) {
  return vectors(name, reference, ControlledHalves<T, Step, F>{});
}
template <class T, unsigned Step = 0, class F>
constexpr Row controlled_unary(std::string_view name, std::string_view reference, F) {
  using M = ControlledUnary<T, Step, 1, F>;
  return with_special<kFormRRI>(vectors(name, reference, M{}, 0), M{});
}

/// A row with XMM forms only.
template <class M>
constexpr Row xmm_only(std::string_view name, std::string_view reference, M,
                       u8 bits = kThreeOperands) {
  Row row{name, reference, bits, by_vector, {}, {}, nullptr};
  fill<M, V128>(row.fast, row.observed, {4});
  return row;
}

/// A row whose meanings differ by the kinds of the operands: `select` gives the position in the
/// list.
template <class... M>
constexpr Row shapes(std::string_view name, std::string_view reference, Select select, u8 bits,
                     M...) {
  static_assert(sizeof...(M) <= kVariants);
  Row row{name, reference, bits, select, {}, {}, nullptr};
  std::size_t i = 0;
  ((row.fast[i] = &execute<M, kAnyForm, false, false>,
    row.observed[i] = &execute<M, kAnyForm, true, false>, ++i),
   ...);
  return row;
}

inline bool is_gpr(const decode::Operand& o) {
  return o.kind == decode::OperandKind::reg && o.reg_class == decode::RegClass::gpr;
}
inline bool is_memory(const decode::Operand& o) { return o.kind == decode::OperandKind::mem; }

}  // namespace emulator::semantics
