// Shifts and rotates: SDM vol. 1, 7.3.6. Counts are masked to 5 bits, or 6 for 64-bit operands; a
// count of 0 changes nothing, not even flags. OF is defined for counts of 1 only; for others rt0
// gives what the formula for 1 gives.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::kBits;
using cpu::result_flags;
using cpu::sign_of;

template <Word T>
constexpr unsigned masked(u8 count) {
  return count & (sizeof(T) == 8 ? 63 : 31);
}

template <Word T>
RT0_INLINE unsigned count_of(auto& c) {
  return masked<T>(c.template read<u8>(1));
}

/// A shift by nothing still writes its destination: a 32-bit register's upper half is cleared.
template <Word T>
RT0_INLINE void rewrite(auto& c, T value) {
  c.write(0, value);
}

template <Word T>
RT0_INLINE void shl(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned n = count_of<T>(c);
  if (n == 0) return rewrite<T>(c, value);
  const u64 wide =
      u64{value} << (n - 1);  // n - 1 <= 62 and a 64-bit value keeps its top bit for CF
  const bool cf = n - 1 < kBits<T> && sign_of(static_cast<T>(wide));
  const T result = n < kBits<T> ? static_cast<T>(value << n) : T{0};
  c.write(0, result);
  c.write(result_flags(result, cf, sign_of(result) != cf));
}

template <Word T>
RT0_INLINE void shr(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned n = count_of<T>(c);
  if (n == 0) return rewrite<T>(c, value);
  const bool cf = n - 1 < kBits<T> && ((value >> (n - 1)) & 1);
  const T result = n < kBits<T> ? static_cast<T>(value >> n) : T{0};
  c.write(0, result);
  c.write(result_flags(result, cf,
                       sign_of(static_cast<T>(result << 1))));  // the top bit before the last step
}

template <Word T>
RT0_INLINE void sar(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned n = count_of<T>(c);
  if (n == 0) return rewrite<T>(c, value);
  const i64 wide = static_cast<i64>(cpu::sign_extend(value));
  const bool cf = (wide >> (n - 1)) & 1;
  const T result = static_cast<T>(wide >> n);
  c.write(0, result);
  c.write(result_flags(result, cf, false));
}

template <Word T>
RT0_INLINE void rol(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned count = count_of<T>(c);
  if (count == 0) return rewrite<T>(c, value);
  const T result = std::rotl(value, static_cast<int>(count % kBits<T>));
  const bool cf = result & 1;
  c.write(0, result);
  c.write(c.flags().with_cf_of(cf, sign_of(result) != cf));
}

template <Word T>
RT0_INLINE void ror(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned count = count_of<T>(c);
  if (count == 0) return rewrite<T>(c, value);
  const T result = std::rotr(value, static_cast<int>(count % kBits<T>));
  const bool cf = sign_of(result);
  c.write(0, result);
  c.write(c.flags().with_cf_of(cf, sign_of(static_cast<T>(result ^ (result << 1)))));
}

/// Rotates through CF: an operand of one bit more.
template <Word T>
RT0_INLINE void rcl(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned n = count_of<T>(c) % (kBits<T> + 1);
  if (n == 0) return rewrite<T>(c, value);
  const u128 ring = (u128{c.flags().cf()} << kBits<T>) | value;
  const u128 turned = (ring << n) | (ring >> (kBits<T> + 1 - n));
  const T result = static_cast<T>(turned);
  const bool cf = (turned >> kBits<T>)&1;
  c.write(0, result);
  c.write(c.flags().with_cf_of(cf, sign_of(result) != cf));
}

template <Word T>
RT0_INLINE void rcr(auto& c) {
  const T value = c.template read<T>(0);
  const unsigned n = count_of<T>(c) % (kBits<T> + 1);
  if (n == 0) return rewrite<T>(c, value);
  const u128 ring = (u128{c.flags().cf()} << kBits<T>) | value;
  const u128 turned = (ring >> n) | (ring << (kBits<T> + 1 - n));
  const T result = static_cast<T>(turned);
  const bool cf = (turned >> kBits<T>)&1;
  c.write(0, result);
  c.write(c.flags().with_cf_of(cf, sign_of(static_cast<T>(result ^ (result << 1)))));
}

/// SHLD and SHRD with a 16-bit operand and a count over 16 are undefined; rt0 shifts the 48-bit
/// string dst:src:dst as Intel's CPUs do.
template <Word T>
RT0_INLINE void shld(auto& c) {
  const T high = c.template read<T>(0), low = c.template read<T>(1);
  const unsigned n = masked<T>(c.template read<u8>(2));
  if (n == 0) return rewrite<T>(c, high);
  const u128 pair = (u128{high} << kBits<T>) | low;
  const u128 string = sizeof(T) == 2 ? (pair << 16) | high : pair;
  constexpr unsigned kTop = sizeof(T) == 2 ? 48 : 2 * kBits<T>;
  const T result = static_cast<T>((string << n) >> (kTop - kBits<T>));
  const bool cf = (string >> (kTop - n)) & 1;
  c.write(0, result);
  c.write(result_flags(result, cf, sign_of(static_cast<T>(result ^ high))));
}

template <Word T>
RT0_INLINE void shrd(auto& c) {
  const T low = c.template read<T>(0), high = c.template read<T>(1);
  const unsigned n = masked<T>(c.template read<u8>(2));
  if (n == 0) return rewrite<T>(c, low);
  const u128 pair = (u128{high} << kBits<T>) | low;
  const u128 string = sizeof(T) == 2 ? pair | (u128{low} << 32) : pair;
  const T result = static_cast<T>(string >> n);
  const bool cf = (string >> (n - 1)) & 1;
  c.write(0, result);
  c.write(result_flags(result, cf, sign_of(static_cast<T>(result ^ low))));
}

// BMI2: three operands, no flags.
template <Word T>
RT0_INLINE void shlx(auto& c) {
  c.write(0, static_cast<T>(c.template read<T>(1) << (c.template read<T>(2) % kBits<T>)));
}
template <Word T>
RT0_INLINE void shrx(auto& c) {
  c.write(0, static_cast<T>(c.template read<T>(1) >> (c.template read<T>(2) % kBits<T>)));
}
template <Word T>
RT0_INLINE void sarx(auto& c) {
  const auto value = static_cast<cpu::Signed<T>>(c.template read<T>(1));
  c.write(0, static_cast<T>(value >> (c.template read<T>(2) % kBits<T>)));
}
template <Word T>
RT0_INLINE void rorx(auto& c) {
  c.write(0, std::rotr(c.template read<T>(1), static_cast<int>(c.template read<u8>(2) % kBits<T>)));
}

template <class M>
constexpr Row shift(std::string_view name, std::string_view reference, M meaning) {
  return words(name, reference, meaning, 0, &special_words<M, kFormRI, kFormRR>);
}

constexpr std::array kRows = {
    shift("shl", "SAL/SAR/SHL/SHR", RT0_MEANING(shl)),
    shift("shr", "SAL/SAR/SHL/SHR", RT0_MEANING(shr)),
    shift("sar", "SAL/SAR/SHL/SHR", RT0_MEANING(sar)),
    shift("rol", "RCL/RCR/ROL/ROR", RT0_MEANING(rol)),
    shift("ror", "RCL/RCR/ROL/ROR", RT0_MEANING(ror)),
    shift("rcl", "RCL/RCR/ROL/ROR", RT0_MEANING(rcl)),
    shift("rcr", "RCL/RCR/ROL/ROR", RT0_MEANING(rcr)),
    wide_words("shld", "SHLD", RT0_MEANING(shld)),
    wide_words("shrd", "SHRD", RT0_MEANING(shrd)),
    wide_words("shlx", "SARX/SHLX/SHRX", RT0_MEANING(shlx)),
    wide_words("shrx", "SARX/SHLX/SHRX", RT0_MEANING(shrx)),
    wide_words("sarx", "SARX/SHLX/SHRX", RT0_MEANING(sarx)),
    wide_words("rorx", "RORX", RT0_MEANING(rorx)),
};

}  // namespace

std::span<const Row> shift_rows() { return kRows; }

}  // namespace emulator::semantics
