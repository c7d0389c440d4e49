// Bit and byte instructions: SDM vol. 1, 7.3.7.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::kBits;

enum class BitOp : u8 { test, set, reset, complement };

template <BitOp Op, Word T>
constexpr T changed(T value, T mask) {
  if (Op == BitOp::set) return static_cast<T>(value | mask);
  if (Op == BitOp::reset) return static_cast<T>(value & ~mask);
  if (Op == BitOp::complement) return static_cast<T>(value ^ mask);
  return value;
}

/// BT, BTS, BTR, BTC. With a register offset a memory operand is a bit string that reaches 2^63
/// bits either way.
template <BitOp Op, Word T>
RT0_INLINE void bit_op(auto& c) {
  const T offset = c.template read<T>(1);
  const T mask = static_cast<T>(T{1} << (offset % kBits<T>));
  if (c.is_mem(0) && !c.is_imm(1)) {
    const i64 words_away = static_cast<i64>(cpu::sign_extend(offset)) >> (sizeof(T) == 8   ? 6
                                                                          : sizeof(T) == 4 ? 5
                                                                                           : 4);
    const u64 at = c.address_at(static_cast<u64>(words_away) * sizeof(T));
    const T value = c.template load<T>(at);
    if (Op != BitOp::test) c.store(at, changed<Op>(value, mask));
    c.write(c.flags().with_cf(value & mask));
    return;
  }
  const T value = c.template read<T>(0);
  if (Op != BitOp::test) c.write(0, changed<Op>(value, mask));
  c.write(c.flags().with_cf(value & mask));
}
template <Word T>
RT0_INLINE void bt(auto& c) {
  bit_op<BitOp::test, T>(c);
}
template <Word T>
RT0_INLINE void bts(auto& c) {
  bit_op<BitOp::set, T>(c);
}
template <Word T>
RT0_INLINE void btr(auto& c) {
  bit_op<BitOp::reset, T>(c);
}
template <Word T>
RT0_INLINE void btc(auto& c) {
  bit_op<BitOp::complement, T>(c);
}

/// BSF and BSR of zero set ZF and leave the destination as it was (AMD's promise; Intel's CPUs do
/// the same). The other flags are undefined.
template <Word T>
RT0_INLINE void bsf(auto& c) {
  const T value = c.template read<T>(1);
  if (value != 0) c.write(0, static_cast<T>(std::countr_zero(value)));
  c.write(c.flags().with_zf(value == 0));
}
template <Word T>
RT0_INLINE void bsr(auto& c) {
  const T value = c.template read<T>(1);
  if (value != 0)
    c.write(0, static_cast<T>(kBits<T> - 1 - static_cast<unsigned>(std::countl_zero(value))));
  c.write(c.flags().with_zf(value == 0));
}

/// CF: the source was zero. ZF: the result is.
template <Word T>
RT0_INLINE void tzcnt(auto& c) {
  const T value = c.template read<T>(1);
  const T result = static_cast<T>(std::countr_zero(value));
  c.write(0, result);
  c.write(c.flags().with_cf(value == 0).with_zf(result == 0));
}
template <Word T>
RT0_INLINE void lzcnt(auto& c) {
  const T value = c.template read<T>(1);
  const T result = static_cast<T>(std::countl_zero(value));
  c.write(0, result);
  c.write(c.flags().with_cf(value == 0).with_zf(result == 0));
}
/// All flags but ZF are cleared.
template <Word T>
RT0_INLINE void popcnt(auto& c) {
  const T value = c.template read<T>(1);
  c.write(0, static_cast<T>(std::popcount(value)));
  c.write(Flags::from_bits(value == 0 ? u64{cpu::kZF} : 0));
}

template <Word T>
constexpr T byte_swapped(T v) {
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(v);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(v);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(v);
}
/// BSWAP of a 16-bit register is undefined; CPUs clear it.
template <Word T>
RT0_INLINE void bswap(auto& c) {
  c.write(0, sizeof(T) == 2 ? T{0} : byte_swapped(c.template read<T>(0)));
}
template <Word T>
RT0_INLINE void movbe(auto& c) {
  c.write(0, byte_swapped(c.template read<T>(1)));
}

// BMI1 and BMI2. AF and PF are undefined where flags are written.
template <Word T>
RT0_INLINE void blsr(auto& c) {
  const T value = c.template read<T>(1);
  const T result = static_cast<T>(value & (value - 1));
  c.write(0, result);
  c.write(cpu::result_flags(result, value == 0, false));
}
template <Word T>
RT0_INLINE void blsi(auto& c) {
  const T value = c.template read<T>(1);
  const T result = static_cast<T>(value & (~value + 1));
  c.write(0, result);
  c.write(cpu::result_flags(result, value != 0, false));
}
template <Word T>
RT0_INLINE void blsmsk(auto& c) {
  const T value = c.template read<T>(1);
  const T result = static_cast<T>(value ^ (value - 1));
  c.write(0, result);
  c.write(cpu::result_flags(result, value == 0, false));
}
template <Word T>
RT0_INLINE void bextr(auto& c) {
  const T value = c.template read<T>(1), control = c.template read<T>(2);
  const unsigned start = control & 0xff, length = (control >> 8) & 0xff;
  const T shifted = start < kBits<T> ? static_cast<T>(value >> start) : T{0};
  const T result = length < kBits<T> ? static_cast<T>(shifted & ((T{1} << length) - 1)) : shifted;
  c.write(0, result);
  c.write(cpu::logic_flags(result));
}
template <Word T>
RT0_INLINE void bzhi(auto& c) {
  const T value = c.template read<T>(1);
  const unsigned n = c.template read<T>(2) & 0xff;
  const T result = n < kBits<T> ? static_cast<T>(value & ((T{1} << n) - 1)) : value;
  c.write(0, result);
  c.write(cpu::result_flags(result, n >= kBits<T>, false));
}
template <Word T>
RT0_INLINE void pdep(auto& c) {
  T source = c.template read<T>(1), result = 0;
  for (T mask = c.template read<T>(2); mask != 0;
       mask = static_cast<T>(mask & (mask - 1)), source = static_cast<T>(source >> 1))
    if (source & 1) result = static_cast<T>(result | (mask & (~mask + 1)));
  c.write(0, result);
}
template <Word T>
RT0_INLINE void pext(auto& c) {
  const T source = c.template read<T>(1);
  T result = 0, bit = 1;
  for (T mask = c.template read<T>(2); mask != 0;
       mask = static_cast<T>(mask & (mask - 1)), bit = static_cast<T>(bit << 1))
    if (source & mask & (~mask + 1)) result = static_cast<T>(result | bit);
  c.write(0, result);
}

template <class M>
constexpr Row lockable(std::string_view name, std::string_view reference, M meaning) {
  return wide_words(name, reference, meaning, kLockable);
}

constexpr std::array kRows = {
    wide_words("bt", "BT", RT0_MEANING(bt)),
    lockable("bts", "BTS", RT0_MEANING(bts)),
    lockable("btr", "BTR", RT0_MEANING(btr)),
    lockable("btc", "BTC", RT0_MEANING(btc)),
    wide_words("bsf", "BSF", RT0_MEANING(bsf)),
    wide_words("bsr", "BSR", RT0_MEANING(bsr)),
    wide_words("tzcnt", "TZCNT", RT0_MEANING(tzcnt)),
    wide_words("lzcnt", "LZCNT", RT0_MEANING(lzcnt)),
    wide_words("popcnt", "POPCNT", RT0_MEANING(popcnt)),
    wide_words("bswap", "BSWAP", RT0_MEANING(bswap)),
    wide_words("movbe", "MOVBE", RT0_MEANING(movbe)),
    wide_words("blsr", "BLSR", RT0_MEANING(blsr)),
    wide_words("blsi", "BLSI", RT0_MEANING(blsi)),
    wide_words("blsmsk", "BLSMSK", RT0_MEANING(blsmsk)),
    wide_words("bextr", "BEXTR", RT0_MEANING(bextr)),
    wide_words("bzhi", "BZHI", RT0_MEANING(bzhi)),
    wide_words("pdep", "PDEP", RT0_MEANING(pdep)),
    wide_words("pext", "PEXT", RT0_MEANING(pext)),
};

}  // namespace

std::span<const Row> bit_rows() { return kRows; }

}  // namespace emulator::semantics
