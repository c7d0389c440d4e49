// Moves between vector registers, memory and general registers: SDM vol.
// 1, 10.4.1.1, 11.4.1.1, 14.6.
#include "emulator/semantics/strings.hpp"
#include "emulator/semantics/table.hpp"
#include "emulator/semantics/vector_gather.hpp"
#include "emulator/semantics/vector_lanes.hpp"

namespace emulator::semantics {
namespace {

// -- whole registers --

template <Vector V>
RT0_INLINE void move_unaligned(auto& c) {
  c.write(0, c.template read_unaligned<V>(1));
}
/// #GP unless memory is aligned to the operand's size, in the VEX form as well.
template <Vector V>
RT0_INLINE void move_aligned(auto& c) {
  c.write_aligned(0, c.template read_aligned<V>(1));
}

template <class M>
constexpr Row move(std::string_view name, std::string_view reference, M meaning) {
  return with_special<kFormRR, RT0_FORMS_RM, RT0_FORMS_MR>(vectors(name, reference, meaning, 0),
                                                           meaning);
}

// -- scalars --

/// Into the bottom of an XMM register, zeros above.
template <Word T>
constexpr auto kWordToVector = [](auto& c) {
  V128::Lanes<T> out{};
  out[0] = c.template read<T>(1);
  c.write(0, V128::of<T>(out));
};
template <Low L>
constexpr auto kLowToVector = [](auto& c) {
  V128::Lanes<decltype(L::bits)> out{};
  out[0] = c.template read<L>(1).bits;
  c.write(0, V128::of<decltype(L::bits)>(out));
};
/// The low lane to a general register or to memory.
template <Low L>
constexpr auto kLowToWord = [](auto& c) { c.write(0, c.template read<L>(1).bits); };

u8 select_movd(const decode::Insn& i) {
  return i.operand[0].reg_class == decode::RegClass::xmm && !is_memory(i.operand[0]) ? 0 : 1;
}
u8 select_movq(const decode::Insn& i) {
  if (is_gpr(i.operand[1])) return 0;
  return is_gpr(i.operand[0]) || is_memory(i.operand[0]) ? 1 : 2;
}

template <Low L>
Specialised special_movd(u8 variant, const Form& form) {
  if (variant == 0)
    return probed<decltype(kWordToVector<decltype(L::bits)>), sizeof(L), kFormRR, RT0_FORMS_RM>(
        form);
  if (variant == 1) return probed<decltype(kLowToWord<L>), sizeof(L), kFormRR, RT0_FORMS_MR>(form);
  return probed<decltype(kLowToVector<L>), sizeof(L), kFormRR, RT0_FORMS_RM>(form);
}

/// MOVSS and MOVSD between registers: the low lane of the last source over the first source. VEX
/// names that first source apart from the destination.
template <Low L>
RT0_INLINE void merge_low(auto& c) {
  using T = decltype(L::bits);
  const unsigned first = c.vex() ? 1 : 0;
  auto lanes = c.template read<V128>(first).template lanes<T>();
  lanes[0] = c.template read<L>(first + 1).bits;
  c.write(0, V128::of<T>(lanes));
}

enum ScalarMove : u8 { kLoad, kStore, kMerge, kString };
u8 select_scalar(const decode::Insn& i) {
  if (i.operands == 0) return kString;  // MOVSD the string instruction has the same mnemonic
  return is_memory(i.operand[0]) ? kStore : is_memory(i.operand[1]) ? kLoad : kMerge;
}
template <Low L>
Specialised special_scalar(u8 variant, const Form& form) {
  if (variant == kLoad) return probed<decltype(kLowToVector<L>), sizeof(L), RT0_FORMS_RM>(form);
  if (variant == kStore) return probed<decltype(kLowToWord<L>), sizeof(L), RT0_FORMS_MR>(form);
  return {};
}
template <class... M>
constexpr Row scalar(std::string_view name, std::string_view reference, Select select,
                     Special special, u8 bits, M... m) {
  Row row = shapes(name, reference, select, bits, m...);
  row.special = special;
  return row;
}

/// MOVLPS and its kin: a 64-bit lane `To` of the destination is lane `From` of the last source, the
/// other lane is the first source's.
template <unsigned To, unsigned From>
RT0_INLINE void merge_quad(auto& c) {
  const unsigned first = c.vex() ? 1 : 0;
  auto lanes = c.template read<V128>(first).template lanes<u64>();
  if constexpr (From == 0)
    lanes[To] = c.template read<Low64>(first + 1).bits;
  else
    lanes[To] = c.template read<V128>(first + 1).template lanes<u64>()[From];
  c.write(0, V128::of<u64>(lanes));
}
template <unsigned From>
RT0_INLINE void store_quad(auto& c) {
  c.write_mem(Low64{c.template read_unaligned<V128>(1).template lanes<u64>()[From]});
}
u8 select_half(const decode::Insn& i) { return is_memory(i.operand[0]) ? 1 : 0; }

template <unsigned Lane>
constexpr Row half_move(std::string_view name, std::string_view reference) {
  return shapes(name, reference, select_half, 0, RT0_MEANING_ONE((merge_quad<Lane, 0>)),
                RT0_MEANING_ONE(store_quad<Lane>));
}
template <unsigned To, unsigned From>
constexpr Row register_half_move(std::string_view name, std::string_view reference) {
  return shapes(name, reference, only_one, 0, RT0_MEANING_ONE((merge_quad<To, From>)));
}

// -- duplicating lanes --

/// The 128-bit form reads only the 64 bits that it duplicates.
template <Vector V>
RT0_INLINE void movddup(auto& c) {
  if constexpr (std::same_as<V, V128>) {
    const u64 low = c.template read<Low64>(1).bits;
    c.write(0, V128::of<u64>({low, low}));
  } else {
    const auto a = c.template read<V256>(1).template lanes<u64>();
    c.write(0, V256::of<u64>({a[0], a[0], a[2], a[2]}));
  }
}
/// MOVSHDUP (Odd = 1) and MOVSLDUP (Odd = 0).
template <unsigned Odd>
struct DuplicateSingles {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = c.template read<V>(1).template lanes<u32>();
    typename V::template Lanes<u32> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[(i & ~std::size_t{1}) + Odd];
    c.write(0, V::template of<u32>(out));
  }
};

template <class T>
struct Broadcast {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    typename V::template Lanes<T> out;
    out.fill(read_packed<std::array<T, 1>>(c, 1)[0]);
    c.write(0, V::template of<T>(out));
  }
};
template <class T>
constexpr Row broadcast(std::string_view name, std::string_view reference) {
  return vectors(name, reference, Broadcast<T>{}, 0);
}
RT0_INLINE void broadcast_half(auto& c) {
  const V128 a = c.template read_unaligned<V128>(1);
  V256 out;
  set_half(out, 0, a), set_half(out, 1, a);
  c.write(0, out);
}

// -- halves of a YMM register --

RT0_INLINE void extract_half(auto& c) {
  c.write(0, half(c.template read<V256>(1), c.immediate() & 1));
}
RT0_INLINE void insert_half(auto& c) {
  V256 out = c.template read<V256>(1);
  set_half(out, c.immediate() & 1, c.template read_unaligned<V128>(2));
  c.write(0, out);
}

/// VZEROUPPER keeps the low 128 bits, VZEROALL nothing.
RT0_INLINE void vzeroupper(auto& c) {
  for (unsigned i = 0; i < 16; ++i) c.write_ymm(i, c.template ymm<V128>(i), true);
}
RT0_INLINE void vzeroall(auto& c) {
  for (unsigned i = 0; i < 16; ++i) c.write_ymm(i, V256{}, true);
}

// -- sign masks, masked moves --

template <class T>
struct SignMask {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = c.template read<V>(1).template lanes<T>();
    u32 mask = 0;
    for (std::size_t i = 0; i < a.size(); ++i) mask |= u32{cpu::sign_of(a[i])} << i;
    c.write(0, mask);
  }
};
template <class T>
constexpr Row sign_mask(std::string_view name, std::string_view reference) {
  return vectors(name, reference, SignMask<T>{}, 0);
}

/// Stores the lanes whose mask is negative; nothing is stored when one of them would fault.
template <class T>
RT0_INLINE void store_masked(auto& c, u64 to, const auto& values, const auto& mask) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (cpu::sign_of(mask[i])) require_writable(c.core(), c.op(), to + i * sizeof(T), sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (cpu::sign_of(mask[i])) c.template store<T>(to + i * sizeof(T), values[i]);
}

/// To [RDI], whatever the operands. All 16 bytes must be writable, written or not, as the manual
/// permits and processors do.
RT0_INLINE void maskmovdqu(auto& c) {
  const auto values = c.template read<V128>(0).bytes, mask = c.template read<V128>(1).bytes;
  const u64 rdi = c.template reg<u64>(cpu::rdi);
  const u64 to = c.op()->bits & decode::kOpAddress32 ? static_cast<u32>(rdi) : rdi;
  require_writable(c.core(), c.op(), to, 16);
  store_masked<u8>(c, to, values, mask);
}

/// Lanes that are masked off read as zero and do not fault.
template <class T, Vector V>
RT0_INLINE void load_masked(auto& c) {
  const auto mask = c.template read<V>(1).template lanes<T>();
  const u64 from = c.address();
  typename V::template Lanes<T> out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    if (cpu::sign_of(mask[i])) out[i] = c.template load<T>(from + i * sizeof(T));
  c.write(0, V::template of<T>(out));
}
template <class T, Vector V>
RT0_INLINE void store_masked(auto& c) {
  const auto mask = c.template read<V>(1).template lanes<T>();
  store_masked<T>(c, c.address(), c.template read<V>(2).template lanes<T>(), mask);
}
u8 select_masked(const decode::Insn& i) {
  return static_cast<u8>((is_memory(i.operand[0]) ? 2 : 0) + (i.vector_bits == 256 ? 1 : 0));
}
template <class T>
constexpr Row masked_move(std::string_view name, std::string_view reference) {
  return shapes(name, reference, select_masked, 0, RT0_MEANING_ONE((load_masked<T, V128>)),
                RT0_MEANING_ONE((load_masked<T, V256>)), RT0_MEANING_ONE((store_masked<T, V128>)),
                RT0_MEANING_ONE((store_masked<T, V256>)));
}

// -- widening --

/// PMOVSX (From signed) and PMOVZX (From unsigned): as many lanes as fit the destination.
template <class From, class To>
struct Extend {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    const auto a = read_packed<std::array<From, V::kBytes / sizeof(To)>>(c, 1);
    typename V::template Lanes<To> out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<To>(a[i]);
    c.write(0, V::template of<To>(out));
  }
};
template <class From, class To>
constexpr Row extend(std::string_view name, std::string_view reference) {
  return vectors(name, reference, Extend<From, To>{}, 0);
}

constexpr std::array kRows = {
    move("movaps", "MOVAPS", RT0_MEANING(move_aligned)),
    move("movapd", "MOVAPD", RT0_MEANING(move_aligned)),
    move("movdqa", "MOVDQA", RT0_MEANING(move_aligned)),
    move("movups", "MOVUPS", RT0_MEANING(move_unaligned)),
    move("movupd", "MOVUPD", RT0_MEANING(move_unaligned)),
    move("movdqu", "MOVDQU", RT0_MEANING(move_unaligned)),
    move("lddqu", "LDDQU", RT0_MEANING(move_unaligned)),
    move("movntps", "MOVNTPS", RT0_MEANING(move_aligned)),
    move("movntpd", "MOVNTPD", RT0_MEANING(move_aligned)),
    move("movntdq", "MOVNTDQ", RT0_MEANING(move_aligned)),
    move("movntdqa", "MOVNTDQA", RT0_MEANING(move_aligned)),
    shapes(
        "movnti", "MOVNTI", [](const decode::Insn& i) -> u8 { return i.operand[1].bits == 64; }, 0,
        [](auto& c) { c.write(0, c.template read<u32>(1)); },
        [](auto& c) { c.write(0, c.template read<u64>(1)); }),
    scalar("movd", "MOVD/MOVQ", select_movd, special_movd<Low32>, 0, kWordToVector<u32>,
           kLowToWord<Low32>),
    scalar("movq", "MOVD/MOVQ; MOVQ", select_movq, special_movd<Low64>, 0, kWordToVector<u64>,
           kLowToWord<Low64>, kLowToVector<Low64>),
    scalar("movss", "MOVSS", select_scalar, special_scalar<Low32>, 0, kLowToVector<Low32>,
           kLowToWord<Low32>, RT0_MEANING_ONE(merge_low<Low32>)),
    scalar("movsd", "MOVSD; MOVS/MOVSB/MOVSW/MOVSD/MOVSQ", select_scalar, special_scalar<Low64>,
           kRepeats, kLowToVector<Low64>, kLowToWord<Low64>, RT0_MEANING_ONE(merge_low<Low64>),
           RT0_MEANING_ONE(movs<u32>)),
    half_move<0>("movlps", "MOVLPS"),
    half_move<0>("movlpd", "MOVLPD"),
    half_move<1>("movhps", "MOVHPS"),
    half_move<1>("movhpd", "MOVHPD"),
    register_half_move<0, 1>("movhlps", "MOVHLPS"),
    register_half_move<1, 0>("movlhps", "MOVLHPS"),
    vectors("movddup", "MOVDDUP", RT0_MEANING(movddup), 0),
    vectors("movshdup", "MOVSHDUP", DuplicateSingles<1>{}, 0),
    vectors("movsldup", "MOVSLDUP", DuplicateSingles<0>{}, 0),
    sign_mask<u32>("movmskps", "MOVMSKPS"),
    sign_mask<u64>("movmskpd", "MOVMSKPD"),
    sign_mask<u8>("pmovmskb", "PMOVMSKB"),
    one("maskmovdqu", "MASKMOVDQU", RT0_MEANING_ONE(maskmovdqu)),
    masked_move<u32>("vmaskmovps", "VMASKMOV"),
    masked_move<u64>("vmaskmovpd", "VMASKMOV"),
    masked_move<u32>("vpmaskmovd", "VPMASKMOV"),
    masked_move<u64>("vpmaskmovq", "VPMASKMOV"),
    broadcast<u32>("vbroadcastss", "VBROADCAST"),
    broadcast<u64>("vbroadcastsd", "VBROADCAST"),
    one("vbroadcastf128", "VBROADCAST", RT0_MEANING_ONE(broadcast_half)),
    one("vbroadcasti128", "VPBROADCAST", RT0_MEANING_ONE(broadcast_half)),
    broadcast<u8>("vpbroadcastb", "VPBROADCAST"),
    broadcast<u16>("vpbroadcastw", "VPBROADCAST"),
    broadcast<u32>("vpbroadcastd", "VPBROADCAST"),
    broadcast<u64>("vpbroadcastq", "VPBROADCAST"),
    one("vextractf128", "VEXTRACTF128", RT0_MEANING_ONE(extract_half)),
    one("vextracti128", "VEXTRACTI128", RT0_MEANING_ONE(extract_half)),
    one("vinsertf128", "VINSERTF128", RT0_MEANING_ONE(insert_half)),
    one("vinserti128", "VINSERTI128", RT0_MEANING_ONE(insert_half)),
    one("vzeroupper", "VZEROUPPER", RT0_MEANING_ONE(vzeroupper)),
    one("vzeroall", "VZEROALL", RT0_MEANING_ONE(vzeroall)),
    extend<i8, i16>("pmovsxbw", "PMOVSX"),
    extend<i8, i32>("pmovsxbd", "PMOVSX"),
    extend<i8, i64>("pmovsxbq", "PMOVSX"),
    extend<i16, i32>("pmovsxwd", "PMOVSX"),
    extend<i16, i64>("pmovsxwq", "PMOVSX"),
    extend<i32, i64>("pmovsxdq", "PMOVSX"),
    extend<u8, u16>("pmovzxbw", "PMOVZX"),
    extend<u8, u32>("pmovzxbd", "PMOVZX"),
    extend<u8, u64>("pmovzxbq", "PMOVZX"),
    extend<u16, u32>("pmovzxwd", "PMOVZX"),
    extend<u16, u64>("pmovzxwq", "PMOVZX"),
    extend<u32, u64>("pmovzxdq", "PMOVZX"),
    gather<i32, u32>("vpgatherdd", "VPGATHERDD/VPGATHERDQ"),
    gather<i32, u64>("vpgatherdq", "VPGATHERDD/VPGATHERDQ"),
    gather<i64, u32>("vpgatherqd", "VPGATHERQD/VPGATHERQQ"),
    gather<i64, u64>("vpgatherqq", "VPGATHERQD/VPGATHERQQ"),
    gather<i32, u32>("vgatherdps", "VGATHERDPS/VGATHERQPS"),
    gather<i32, u64>("vgatherdpd", "VGATHERDPD/VGATHERQPD"),
    gather<i64, u32>("vgatherqps", "VGATHERDPS/VGATHERQPS"),
    gather<i64, u64>("vgatherqpd", "VGATHERDPD/VGATHERQPD"),
};

}  // namespace

std::span<const Row> vector_move_rows() { return kRows; }

}  // namespace emulator::semantics
