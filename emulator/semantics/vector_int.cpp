// Packed integer arithmetic, comparison and shifts, and the bitwise logic of all vector types: SDM
// vol. 1, 9.4, 11.4.2, 12.6 and 12.10.
#include "emulator/semantics/string_compare.hpp"
#include "emulator/semantics/table.hpp"
#include "emulator/semantics/vector_lanes.hpp"

namespace emulator::semantics {
namespace {

/// Lane i of the smaller lanes that a lane is made of.
template <class Small>
constexpr Small part(auto lane, unsigned i) {
  return static_cast<Small>(lane >> (8 * sizeof(Small) * i));
}

/// PMADDWD: the sum of the products of two pairs of words; only -32768 four times wraps.
constexpr u32 multiply_add_words(u32 a, u32 b) {
  const i32 low = part<i16>(a, 0) * part<i16>(b, 0), high = part<i16>(a, 1) * part<i16>(b, 1);
  return static_cast<u32>(low) + static_cast<u32>(high);
}
/// PMADDUBSW: bytes of the first source are unsigned, those of the second signed.
constexpr i16 multiply_add_bytes(u16 a, u16 b) {
  return saturate<i16>(part<u8>(a, 0) * part<i8>(b, 0) + part<u8>(a, 1) * part<i8>(b, 1));
}
constexpr u16 distance(u8 a, u8 b) { return static_cast<u16>(a < b ? b - a : a - b); }
constexpr u64 sum_of_distances(u64 a, u64 b) {
  u64 sum = 0;
  for (unsigned i = 0; i < 8; ++i) sum += distance(part<u8>(a, i), part<u8>(b, i));
  return sum;
}
/// Eight sums over four bytes each: a window that slides over the first source against one group of
/// the second.
constexpr Lanes<u16> multiple_sums(const Lanes<u8>& a, const Lanes<u8>& b, u8 control) {
  const unsigned from_a = control & 4, from_b = 4 * (control & 3u);
  Lanes<u16> out{};
  for (unsigned i = 0; i < 8; ++i)
    for (unsigned k = 0; k < 4; ++k)
      out[i] = static_cast<u16>(out[i] + distance(a[from_a + i + k], b[from_b + k]));
  return out;
}

/// The function of each pair of neighbours, first those of a, then those of b.
template <class T, class F>
constexpr Lanes<T> pairs(const Lanes<T>& a, const Lanes<T>& b, F f) {
  constexpr std::size_t kPairs = 8 / sizeof(T);
  Lanes<T> out{};
  for (std::size_t i = 0; i < kPairs; ++i) {
    out[i] = static_cast<T>(f(a[2 * i], a[2 * i + 1]));
    out[i + kPairs] = static_cast<T>(f(b[2 * i], b[2 * i + 1]));
  }
  return out;
}
template <class T, class F>
constexpr Row horizontal(std::string_view name, std::string_view reference, F) {
  return halves<T>(name, reference,
                   [](const Lanes<T>& a, const Lanes<T>& b) { return pairs<T>(a, b, F{}); });
}

template <class T>
constexpr Row compare_equal(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T b) { return mask_if<T>(a == b); });
}
template <class T>
constexpr Row compare_greater(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T b) { return mask_if<T>(a > b); });
}
template <class T>
constexpr Row maximum(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T b) { return std::max(a, b); });
}
template <class T>
constexpr Row minimum(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T b) { return std::min(a, b); });
}
/// The magnitude of the most negative number is itself.
template <class T>
constexpr Row magnitude(std::string_view name, std::string_view reference) {
  return lanewise_unary<T>(name, reference, [](T a) { return a < 0 ? -static_cast<i64>(a) : a; });
}
template <class T>
constexpr Row apply_sign(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T b) -> i64 {
    return b < 0 ? -static_cast<i64>(a) : b == 0 ? 0 : a;
  });
}

// -- shifts --

template <class T>
constexpr Row left(std::string_view name, std::string_view reference) {
  return shifted<T>(name, reference, [](T a, unsigned n) { return a << n; });
}
/// Of signed lanes: the sign comes in from the left.
template <class T>
constexpr Row right(std::string_view name, std::string_view reference) {
  return shifted<T>(name, reference, [](T a, unsigned n) { return a >> n; });
}
/// By a count for each lane; a count of the lane's width or more shifts everything out.
template <class T>
constexpr Row left_each(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T n) { return n < cpu::kBits<T> ? a << n : T{0}; });
}
template <class T>
constexpr Row right_each(std::string_view name, std::string_view reference) {
  return lanewise<T>(name, reference, [](T a, T n) { return n < cpu::kBits<T> ? a >> n : T{0}; });
}

// -- tests --

/// ZF: first AND second is zero in the bits that Mask selects; CF: NOT first AND second is. The
/// others are cleared.
template <u64 Mask>
struct Test {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = c.template read<V>(0).template lanes<u64>();
    const auto b = c.template read<V>(1).template lanes<u64>();
    u64 both = 0, only_second = 0;
    for (std::size_t i = 0; i < a.size(); ++i) both |= a[i] & b[i], only_second |= ~a[i] & b[i];
    c.write(Flags::from_bits(((both & Mask) == 0 ? u64{cpu::kZF} : 0) |
                             ((only_second & Mask) == 0 ? u64{cpu::kCF} : 0)));
  }
};
template <u64 Mask>
constexpr Row test(std::string_view name, std::string_view reference) {
  return vectors(name, reference, Test<Mask>{}, 0);
}

/// The smallest word and, next to it, its position.
template <Vector V>
RT0_INLINE void phminposuw(auto& c) {
  const auto a = c.template read<V>(1).template lanes<u16>();
  const auto least = std::min_element(a.begin(), a.end());
  Lanes<u16> out{};
  out[0] = *least, out[1] = static_cast<u16>(least - a.begin());
  c.write(0, V128::of<u16>(out));
}

/// PCMP{E,I}STR{I,M}. Explicit lengths are in EAX and EDX, or RAX and RDX with REX.W; memory need
/// not be aligned.
template <bool Explicit, bool Mask, bool Wide>
struct StringCompare {
  RT0_INLINE void operator()(auto& c) const {
    const V128 a = c.template read_unaligned<V128>(0), b = c.template read_unaligned<V128>(1);
    const auto control = static_cast<u8>(c.immediate());
    const auto length = [&](unsigned reg, const V128& v) -> i64 {
      if (!Explicit) return implicit_length(v, control);
      return Wide ? static_cast<i64>(c.template reg<u64>(reg))
                  : static_cast<i32>(c.template reg<u32>(reg));
    };
    const auto found = compare_strings(a, length(cpu::rax, a), b, length(cpu::rdx, b), control);
    if constexpr (Mask)
      c.write_ymm(0, found.vector(control), c.vex());
    else
      c.template set_reg<u32>(cpu::rcx, found.index(control));
    c.write(found.flags);
  }
};
template <bool Explicit, bool Mask>
constexpr Row string_compare(std::string_view name, std::string_view reference) {
  return shapes(
      name, reference, [](const decode::Insn& i) -> u8 { return i.wide; }, 0,
      StringCompare<Explicit, Mask, false>{}, StringCompare<Explicit, Mask, true>{});
}

constexpr auto kAdd = [](auto a, auto b) { return a + b; };
constexpr auto kSubtract = [](auto a, auto b) { return a - b; };
constexpr auto kAnd = [](u64 a, u64 b) { return a & b; };
constexpr auto kAndNot = [](u64 a, u64 b) { return ~a & b; };
constexpr auto kOr = [](u64 a, u64 b) { return a | b; };
constexpr auto kXor = [](u64 a, u64 b) { return a ^ b; };
template <class T>
constexpr auto kAddSaturated = [](T a, T b) { return saturate<T>(a + b); };
template <class T>
constexpr auto kSubtractSaturated = [](T a, T b) { return saturate<T>(a - b); };
constexpr auto kAverage = [](auto a, auto b) { return (a + b + 1) >> 1; };

constexpr std::array kRows = {
    // Logic. The floating-point names differ in the unit that carries them out, not in what they
    // do.
    hot_lanewise<u64>("pand", "PAND", kAnd),
    lanewise<u64>("andps", "ANDPS", kAnd),
    lanewise<u64>("andpd", "ANDPD", kAnd),
    lanewise<u64>("pandn", "PANDN", kAndNot),
    lanewise<u64>("andnps", "ANDNPS", kAndNot),
    lanewise<u64>("andnpd", "ANDNPD", kAndNot),
    hot_lanewise<u64>("por", "POR", kOr),
    lanewise<u64>("orps", "ORPS", kOr),
    lanewise<u64>("orpd", "ORPD", kOr),
    hot_lanewise<u64>("pxor", "PXOR", kXor),
    hot_lanewise<u64>("xorps", "XORPS", kXor),
    lanewise<u64>("xorpd", "XORPD", kXor),
    test<~u64{0}>("ptest", "PTEST"),
    test<0x8000000080000000>("vtestps", "VTESTPD/VTESTPS"),
    test<0x8000000000000000>("vtestpd", "VTESTPD/VTESTPS"),

    // Sums and differences.
    lanewise<u8>("paddb", "PADDB/PADDW/PADDD/PADDQ", kAdd),
    lanewise<u16>("paddw", "PADDB/PADDW/PADDD/PADDQ", kAdd),
    hot_lanewise<u32>("paddd", "PADDB/PADDW/PADDD/PADDQ", kAdd),
    lanewise<u64>("paddq", "PADDB/PADDW/PADDD/PADDQ", kAdd),
    lanewise<u8>("psubb", "PSUBB/PSUBW/PSUBD", kSubtract),
    lanewise<u16>("psubw", "PSUBB/PSUBW/PSUBD", kSubtract),
    lanewise<u32>("psubd", "PSUBB/PSUBW/PSUBD", kSubtract),
    lanewise<u64>("psubq", "PSUBQ", kSubtract),
    lanewise<i8>("paddsb", "PADDSB/PADDSW", kAddSaturated<i8>),
    lanewise<i16>("paddsw", "PADDSB/PADDSW", kAddSaturated<i16>),
    lanewise<u8>("paddusb", "PADDUSB/PADDUSW", kAddSaturated<u8>),
    lanewise<u16>("paddusw", "PADDUSB/PADDUSW", kAddSaturated<u16>),
    lanewise<i8>("psubsb", "PSUBSB/PSUBSW", kSubtractSaturated<i8>),
    lanewise<i16>("psubsw", "PSUBSB/PSUBSW", kSubtractSaturated<i16>),
    lanewise<u8>("psubusb", "PSUBUSB/PSUBUSW", kSubtractSaturated<u8>),
    lanewise<u16>("psubusw", "PSUBUSB/PSUBUSW", kSubtractSaturated<u16>),
    lanewise<u8>("pavgb", "PAVGB/PAVGW", kAverage),
    lanewise<u16>("pavgw", "PAVGB/PAVGW", kAverage),
    lanewise<u64>("psadbw", "PSADBW", [](u64 a, u64 b) { return sum_of_distances(a, b); }),
    controlled_halves<u8, 3>(
        "mpsadbw", "MPSADBW",
        [](const auto& a, const auto& b, u8 control) { return multiple_sums(a, b, control); }),
    magnitude<i8>("pabsb", "PABSB/PABSW/PABSD/PABSQ"),
    magnitude<i16>("pabsw", "PABSB/PABSW/PABSD/PABSQ"),
    magnitude<i32>("pabsd", "PABSB/PABSW/PABSD/PABSQ"),
    apply_sign<i8>("psignb", "PSIGNB/PSIGNW/PSIGND"),
    apply_sign<i16>("psignw", "PSIGNB/PSIGNW/PSIGND"),
    apply_sign<i32>("psignd", "PSIGNB/PSIGNW/PSIGND"),
    horizontal<u16>("phaddw", "PHADDW/PHADDD", kAdd),
    horizontal<u32>("phaddd", "PHADDW/PHADDD", kAdd),
    horizontal<i16>("phaddsw", "PHADDSW", kAddSaturated<i16>),
    horizontal<u16>("phsubw", "PHSUBW/PHSUBD", kSubtract),
    horizontal<u32>("phsubd", "PHSUBW/PHSUBD", kSubtract),
    horizontal<i16>("phsubsw", "PHSUBSW", kSubtractSaturated<i16>),

    // Products.
    lanewise<u16>("pmullw", "PMULLW", [](u32 a, u32 b) { return a * b; }),
    lanewise<u32>("pmulld", "PMULLD/PMULLQ", [](u32 a, u32 b) { return a * b; }),
    lanewise<i16>("pmulhw", "PMULHW", [](i16 a, i16 b) { return (a * b) >> 16; }),
    lanewise<u16>("pmulhuw", "PMULHUW", [](u32 a, u32 b) { return (a * b) >> 16; }),
    lanewise<i16>("pmulhrsw", "PMULHRSW", [](i16 a, i16 b) { return (((a * b) >> 14) + 1) >> 1; }),
    lanewise<u64>("pmuludq", "PMULUDQ",
                  [](u64 a, u64 b) { return u64{part<u32>(a, 0)} * part<u32>(b, 0); }),
    lanewise<u64>("pmuldq", "PMULDQ",
                  [](u64 a, u64 b) { return i64{part<i32>(a, 0)} * part<i32>(b, 0); }),
    lanewise<u32>("pmaddwd", "PMADDWD", [](u32 a, u32 b) { return multiply_add_words(a, b); }),
    lanewise<u16>("pmaddubsw", "PMADDUBSW", [](u16 a, u16 b) { return multiply_add_bytes(a, b); }),

    // Comparisons.
    compare_equal<u8>("pcmpeqb", "PCMPEQB/PCMPEQW/PCMPEQD"),
    compare_equal<u16>("pcmpeqw", "PCMPEQB/PCMPEQW/PCMPEQD"),
    compare_equal<u32>("pcmpeqd", "PCMPEQB/PCMPEQW/PCMPEQD"),
    compare_equal<u64>("pcmpeqq", "PCMPEQQ"),
    compare_greater<i8>("pcmpgtb", "PCMPGTB/PCMPGTW/PCMPGTD"),
    compare_greater<i16>("pcmpgtw", "PCMPGTB/PCMPGTW/PCMPGTD"),
    compare_greater<i32>("pcmpgtd", "PCMPGTB/PCMPGTW/PCMPGTD"),
    compare_greater<i64>("pcmpgtq", "PCMPGTQ"),
    maximum<u8>("pmaxub", "PMAXUB/PMAXUW"),
    maximum<u16>("pmaxuw", "PMAXUB/PMAXUW"),
    maximum<u32>("pmaxud", "PMAXUD/PMAXUQ"),
    maximum<i8>("pmaxsb", "PMAXSB/PMAXSW/PMAXSD/PMAXSQ"),
    maximum<i16>("pmaxsw", "PMAXSB/PMAXSW/PMAXSD/PMAXSQ"),
    maximum<i32>("pmaxsd", "PMAXSB/PMAXSW/PMAXSD/PMAXSQ"),
    minimum<u8>("pminub", "PMINUB/PMINUW"),
    minimum<u16>("pminuw", "PMINUB/PMINUW"),
    minimum<u32>("pminud", "PMINUD/PMINUQ"),
    minimum<i8>("pminsb", "PMINSB/PMINSW"),
    minimum<i16>("pminsw", "PMINSB/PMINSW"),
    minimum<i32>("pminsd", "PMINSD/PMINSQ"),
    xmm_only("phminposuw", "PHMINPOSUW", RT0_MEANING(phminposuw), 0),
    string_compare<true, false>("pcmpestri", "PCMPESTRI"),
    string_compare<true, true>("pcmpestrm", "PCMPESTRM"),
    string_compare<false, false>("pcmpistri", "PCMPISTRI"),
    string_compare<false, true>("pcmpistrm", "PCMPISTRM"),

    // Shifts, by one count for all lanes or by a count a lane.
    left<u16>("psllw", "PSLLW/PSLLD/PSLLQ"),
    left<u32>("pslld", "PSLLW/PSLLD/PSLLQ"),
    left<u64>("psllq", "PSLLW/PSLLD/PSLLQ"),
    right<u16>("psrlw", "PSRLW/PSRLD/PSRLQ"),
    right<u32>("psrld", "PSRLW/PSRLD/PSRLQ"),
    right<u64>("psrlq", "PSRLW/PSRLD/PSRLQ"),
    right<i16>("psraw", "PSRAW/PSRAD/PSRAQ"),
    right<i32>("psrad", "PSRAW/PSRAD/PSRAQ"),
    left_each<u32>("vpsllvd", "VPSLLVW/VPSLLVD/VPSLLVQ"),
    left_each<u64>("vpsllvq", "VPSLLVW/VPSLLVD/VPSLLVQ"),
    right_each<u32>("vpsrlvd", "VPSRLVW/VPSRLVD/VPSRLVQ"),
    right_each<u64>("vpsrlvq", "VPSRLVW/VPSRLVD/VPSRLVQ"),
    lanewise<i32>("vpsravd", "VPSRAVW/VPSRAVD/VPSRAVQ",
                  [](i32 a, u32 n) { return a >> std::min(n, 31u); }),
};

}  // namespace

std::span<const Row> vector_int_rows() { return kRows; }

}  // namespace emulator::semantics
