// Rearranging lanes: shuffles, interleaving, packing, blends, inserting and extracting. SDM vol.
// 1, 9.4.4, 11.4.2.2, 12.6 and 14.6.
#include "emulator/semantics/table.hpp"
#include "emulator/semantics/vector_lanes.hpp"

namespace emulator::semantics {
namespace {

// -- by an immediate or by a vector of indices, within each half --

/// PSHUFB: an index with its top bit set gives zero.
constexpr Lanes<u8> pick_bytes(const Lanes<u8>& a, const Lanes<u8>& index) {
  Lanes<u8> out{};
  for (std::size_t i = 0; i < 16; ++i) out[i] = index[i] & 0x80 ? u8{0} : a[index[i] & 15];
  return out;
}
constexpr Lanes<u32> pick_doublewords(const Lanes<u32>& a, u8 control) {
  return {a[control & 3], a[(control >> 2) & 3], a[(control >> 4) & 3], a[control >> 6]};
}
/// PSHUFHW and PSHUFLW: the four words from First on; the others stay.
template <unsigned First>
constexpr Lanes<u16> pick_words(const Lanes<u16>& a, u8 control) {
  Lanes<u16> out = a;
  for (unsigned i = 0; i < 4; ++i) out[First + i] = a[First + ((control >> (2 * i)) & 3)];
  return out;
}
constexpr Lanes<u32> shuffle_singles(const Lanes<u32>& a, const Lanes<u32>& b, u8 control) {
  return {a[control & 3], a[(control >> 2) & 3], b[(control >> 4) & 3], b[control >> 6]};
}
constexpr Lanes<u64> shuffle_doubles(const Lanes<u64>& a, const Lanes<u64>& b, u8 control) {
  return {a[control & 1], b[(control >> 1) & 1]};
}

// -- interleaving and packing --

/// Lanes of a and b in turn, from the lower (High = 0) or upper half of each.
template <class T, bool High>
constexpr Row interleave(std::string_view name, std::string_view reference) {
  return halves<T>(name, reference, [](const Lanes<T>& a, const Lanes<T>& b) {
    constexpr std::size_t kPairs = 8 / sizeof(T), kFrom = High ? kPairs : 0;
    Lanes<T> out{};
    for (std::size_t i = 0; i < kPairs; ++i)
      out[2 * i] = a[kFrom + i], out[2 * i + 1] = b[kFrom + i];
    return out;
  });
}

/// The lanes of a, then those of b, each saturated to the narrower To.
template <class From, class To>
constexpr Row pack(std::string_view name, std::string_view reference) {
  return halves<From>(name, reference, [](const Lanes<From>& a, const Lanes<From>& b) {
    Lanes<To> out{};
    for (std::size_t i = 0; i < a.size(); ++i)
      out[i] = saturate<To>(a[i]), out[a.size() + i] = saturate<To>(b[i]);
    return out;
  });
}

// -- by bytes --

/// PALIGNR: 16 bytes of the 32 that b and, above it, a make, from byte `shift` on; zeros above.
constexpr Lanes<u8> align(const Lanes<u8>& a, const Lanes<u8>& b, u8 shift) {
  Lanes<u8> out{};
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned from = i + shift;
    out[i] = from < 16 ? b[from] : from < 32 ? a[from - 16] : u8{0};
  }
  return out;
}
constexpr Lanes<u8> bytes_left(const Lanes<u8>& a, u8 shift) {
  Lanes<u8> out{};
  for (unsigned i = shift; i < 16; ++i) out[i] = a[i - shift];
  return out;
}
constexpr Lanes<u8> bytes_right(const Lanes<u8>& a, u8 shift) {
  Lanes<u8> out{};
  for (unsigned i = 0; i + shift < 16; ++i) out[i] = a[i + shift];
  return out;
}
template <class F>
constexpr Row byte_shift(std::string_view name, std::string_view reference, F) {
  return vectors(name, reference, ControlledUnary<u8, 0, 1, F>{});
}

// -- blends --

/// From b where the control's bit is set. A 256-bit form with a bit for each lane takes the upper
/// half's bits from Step.
template <class T, unsigned Step>
constexpr Row blend(std::string_view name, std::string_view reference) {
  return controlled_halves<T, Step>(name, reference,
                                    [](const Lanes<T>& a, const Lanes<T>& b, u8 control) {
                                      Lanes<T> out{};
                                      for (std::size_t i = 0; i < a.size(); ++i)
                                        out[i] = (control >> i) & 1 ? b[i] : a[i];
                                      return out;
                                    });
}

/// From b where the mask's lane is negative. The mask is XMM0 in legacy SSE, the fourth operand in
/// VEX.
template <class T>
struct VariableBlend {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = first_source<V>(c).template lanes<T>();
    const auto b = source<V>(c, 2).template lanes<T>();
    const auto mask = c.template ymm<V>(c.vex() ? c.op()->reg[3] : 0).template lanes<T>();
    typename V::template Lanes<T> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = cpu::sign_of(mask[i]) ? b[i] : a[i];
    result(c, V::template of<T>(out));
  }
};
template <class T>
constexpr Row variable_blend(std::string_view name, std::string_view reference) {
  return vectors(name, reference, VariableBlend<T>{});
}

// -- one lane --

template <class T>
struct Insert {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    auto lanes = first_source<V128>(c).template lanes<T>();
    lanes[static_cast<u64>(c.immediate()) % lanes.size()] = c.template read<T>(2);
    result(c, V128::of<T>(lanes));
  }
};
template <class T>
constexpr Row insert(std::string_view name, std::string_view reference) {
  return xmm_only(name, reference, Insert<T>{});
}

/// A lane to memory, or zero-extended to a general register.
template <class T>
struct Extract {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    using Register = std::conditional_t<sizeof(T) == 8, u64, u32>;
    const auto lanes = first_source<V128>(c).template lanes<T>();
    const T lane = lanes[static_cast<u64>(c.immediate()) % lanes.size()];
    if (c.is_mem(0)) return c.write(0, lane);
    c.write(0, Register{lane});
  }
};
template <class T>
constexpr Row extract(std::string_view name, std::string_view reference) {
  return xmm_only(name, reference, Extract<T>{}, 0);
}

/// Control: source lane (7:6, registers only), destination lane (5:4), lanes to clear (3:0).
template <Vector V>
RT0_INLINE void insertps(auto& c) {
  const auto control = static_cast<u8>(c.immediate());
  const u32 lane = c.is_mem(2)
                       ? c.template read<Low32>(2).bits
                       : c.template ymm<V128>(c.op()->reg[2]).template lanes<u32>()[control >> 6];
  auto lanes = first_source<V128>(c).template lanes<u32>();
  lanes[(control >> 4) & 3] = lane;
  for (unsigned i = 0; i < 4; ++i)
    if ((control >> i) & 1) lanes[i] = 0;
  c.write(0, V128::of<u32>(lanes));
}

// -- across the halves of a YMM register --

/// Each half of the destination: one of the four halves of the sources, or zero (bit 3 of its
/// control).
RT0_INLINE void permute_halves(auto& c) {
  const V256 a = first_source<V256>(c), b = source<V256>(c, 2);
  const auto control = static_cast<u8>(c.immediate());
  V256 out;
  for (unsigned h = 0; h < 2; ++h) {
    const unsigned pick = control >> (4 * h);
    if (!(pick & 8)) set_half(out, h, half(pick & 2 ? b : a, pick & 1));
  }
  result(c, out);
}
/// The indices are the first source.
RT0_INLINE void permute_doublewords(auto& c) {
  const auto index = first_source<V256>(c).template lanes<u32>();
  const auto a = source<V256>(c, 2).template lanes<u32>();
  V256::Lanes<u32> out;
  for (std::size_t i = 0; i < 8; ++i) out[i] = a[index[i] & 7];
  result(c, V256::of<u32>(out));
}
RT0_INLINE void permute_quadwords(auto& c) {
  const auto a = source<V256>(c, 1).template lanes<u64>();
  const auto control = static_cast<u8>(c.immediate());
  V256::Lanes<u64> out;
  for (unsigned i = 0; i < 4; ++i) out[i] = a[(control >> (2 * i)) & 3];
  result(c, V256::of<u64>(out));
}

// -- VPERMILPS and VPERMILPD: the control is an immediate or a vector --

u8 select_permil(const decode::Insn& i) {
  return static_cast<u8>((i.operand[2].kind == decode::OperandKind::imm ? 0 : 2) +
                         (i.vector_bits == 256 ? 1 : 0));
}
template <class T, unsigned Step, class ByImmediate, class ByVector>
constexpr Row permil(std::string_view name, std::string_view reference, ByImmediate, ByVector) {
  using Immediate = ControlledUnary<T, Step, 1, ByImmediate>;
  using Variable = Halves<T, ByVector>;
  return shapes(name, reference, select_permil, 0, Bound<Immediate, V128>{},
                Bound<Immediate, V256>{}, Bound<Variable, V128>{}, Bound<Variable, V256>{});
}

constexpr std::array kRows = {
    halves<u8>("pshufb", "PSHUFB", [](const auto& a, const auto& b) { return pick_bytes(a, b); }),
    controlled_unary<u32>("pshufd", "PSHUFD",
                          [](const auto& a, u8 n) { return pick_doublewords(a, n); }),
    controlled_unary<u16>("pshufhw", "PSHUFHW",
                          [](const auto& a, u8 n) { return pick_words<4>(a, n); }),
    controlled_unary<u16>("pshuflw", "PSHUFLW",
                          [](const auto& a, u8 n) { return pick_words<0>(a, n); }),
    controlled_halves<u32>(
        "shufps", "SHUFPS",
        [](const auto& a, const auto& b, u8 n) { return shuffle_singles(a, b, n); }),
    controlled_halves<u64, 2>(
        "shufpd", "SHUFPD",
        [](const auto& a, const auto& b, u8 n) { return shuffle_doubles(a, b, n); }),
    permil<u32, 0>(
        "vpermilps", "VPERMILPS", [](const auto& a, u8 n) { return pick_doublewords(a, n); },
        [](const auto& a, const auto& b) {
          return Lanes<u32>{a[b[0] & 3], a[b[1] & 3], a[b[2] & 3], a[b[3] & 3]};
        }),
    permil<u64, 2>(
        "vpermilpd", "VPERMILPD",
        [](const auto& a, u8 n) {
          return Lanes<u64>{a[n & 1], a[(n >> 1) & 1]};
        },
        [](const auto& a, const auto& b) {
          return Lanes<u64>{a[(b[0] >> 1) & 1], a[(b[1] >> 1) & 1]};
        }),
    one("vperm2f128", "VPERM2F128", RT0_MEANING_ONE(permute_halves)),
    one("vperm2i128", "VPERM2I128", RT0_MEANING_ONE(permute_halves)),
    one("vpermd", "VPERMD/VPERMW", RT0_MEANING_ONE(permute_doublewords)),
    one("vpermps", "VPERMPS", RT0_MEANING_ONE(permute_doublewords)),
    one("vpermq", "VPERMQ", RT0_MEANING_ONE(permute_quadwords)),
    one("vpermpd", "VPERMPD", RT0_MEANING_ONE(permute_quadwords)),

    interleave<u8, false>("punpcklbw", "PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ"),
    interleave<u16, false>("punpcklwd", "PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ"),
    interleave<u32, false>("punpckldq", "PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ"),
    interleave<u64, false>("punpcklqdq", "PUNPCKLBW/PUNPCKLWD/PUNPCKLDQ/PUNPCKLQDQ"),
    interleave<u8, true>("punpckhbw", "PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ"),
    interleave<u16, true>("punpckhwd", "PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ"),
    interleave<u32, true>("punpckhdq", "PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ"),
    interleave<u64, true>("punpckhqdq", "PUNPCKHBW/PUNPCKHWD/PUNPCKHDQ/PUNPCKHQDQ"),
    interleave<u32, false>("unpcklps", "UNPCKLPS"),
    interleave<u64, false>("unpcklpd", "UNPCKLPD"),
    interleave<u32, true>("unpckhps", "UNPCKHPS"),
    interleave<u64, true>("unpckhpd", "UNPCKHPD"),
    pack<i16, i8>("packsswb", "PACKSSWB/PACKSSDW"),
    pack<i32, i16>("packssdw", "PACKSSWB/PACKSSDW"),
    pack<i16, u8>("packuswb", "PACKUSWB"),
    pack<i32, u16>("packusdw", "PACKUSDW"),

    controlled_halves<u8>("palignr", "PALIGNR",
                          [](const auto& a, const auto& b, u8 n) { return align(a, b, n); }),
    byte_shift("pslldq", "PSLLDQ", [](const auto& a, u8 n) { return bytes_left(a, n); }),
    byte_shift("psrldq", "PSRLDQ", [](const auto& a, u8 n) { return bytes_right(a, n); }),

    blend<u16, 0>("pblendw", "PBLENDW"),
    blend<u32, 4>("vpblendd", "VPBLENDD"),
    blend<u32, 4>("blendps", "BLENDPS"),
    blend<u64, 2>("blendpd", "BLENDPD"),
    variable_blend<u8>("pblendvb", "PBLENDVB"),
    variable_blend<u32>("blendvps", "BLENDVPS"),
    variable_blend<u64>("blendvpd", "BLENDVPD"),

    insert<u8>("pinsrb", "PINSRB/PINSRD/PINSRQ"),
    insert<u16>("pinsrw", "PINSRW"),
    insert<u32>("pinsrd", "PINSRB/PINSRD/PINSRQ"),
    insert<u64>("pinsrq", "PINSRB/PINSRD/PINSRQ"),
    extract<u8>("pextrb", "PEXTRB/PEXTRD/PEXTRQ"),
    extract<u16>("pextrw", "PEXTRW"),
    extract<u32>("pextrd", "PEXTRB/PEXTRD/PEXTRQ"),
    extract<u64>("pextrq", "PEXTRB/PEXTRD/PEXTRQ"),
    extract<u32>("extractps", "EXTRACTPS"),
    xmm_only("insertps", "INSERTPS", RT0_MEANING(insertps)),
};

}  // namespace

std::span<const Row> vector_shuffle_rows() { return kRows; }

}  // namespace emulator::semantics
