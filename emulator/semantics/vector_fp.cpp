// SSE and AVX floating point arithmetic and comparison: SDM vol. 1, 10.4 and 11.4.
#include "emulator/semantics/fp_rows.hpp"
#include "emulator/semantics/strings.hpp"

namespace emulator::semantics {
namespace {

using fp::Env;
using fp::Relation;

constexpr auto kAdd = [](Env& env, auto a, auto b) { return fp::add(env, a, b); };
constexpr auto kSub = [](Env& env, auto a, auto b) { return fp::sub(env, a, b); };
constexpr auto kMul = [](Env& env, auto a, auto b) { return fp::mul(env, a, b); };
constexpr auto kDiv = [](Env& env, auto a, auto b) { return fp::div(env, a, b); };
constexpr auto kMin = [](Env& env, auto a, auto b) { return fp::min(env, a, b); };
constexpr auto kMax = [](Env& env, auto a, auto b) { return fp::max(env, a, b); };
constexpr auto kSqrt = [](Env& env, auto a) { return fp::sqrt(env, a); };

// -- approximations --

/// Rounds to 12 bits of precision, half up. RCPPS and RSQRTPS promise a relative error below 1.5 ×
/// 2^-12, and makers keep the promise with different tables: no answer is every CPU's. Here it is
/// the binary64 result rounded to 12 bits, off by at most 2^-12, and the same on every host.
u32 to_12_bits(double value) {
  constexpr unsigned kDropped = fp::Format<u64>::kFractionBits - 11;
  const u64 rounded = (fp::to_bits(value) + (u64{1} << (kDropped - 1))) >> kDropped << kDropped;
  return fp::to_bits(static_cast<float>(fp::to_host(rounded)));
}

/// Denormal operands count as zero and tiny results become zero, whatever MXCSR says; no exception
/// is raised.
constexpr auto kReciprocal = [](Env&, u32 a) -> u32 {
  const u32 sign = a & fp::kSignBit<u32>;
  if (fp::is_nan(a)) return a | fp::kQuietBit<u32>;
  if (fp::is_infinite(a)) return sign;
  if (!fp::is_plain(a) || fp::is_zero(a)) return sign | fp::kInfinity<u32>;
  const u32 r = to_12_bits(1.0 / static_cast<double>(fp::to_host(a)));
  return fp::is_plain(r) ? r : sign;
};
constexpr auto kReciprocalRoot = [](Env&, u32 a) -> u32 {
  const u32 sign = a & fp::kSignBit<u32>;
  if (fp::is_nan(a)) return a | fp::kQuietBit<u32>;
  if (fp::exponent_field(a) == 0) return sign | fp::kInfinity<u32>;
  if (sign != 0) return fp::kDefaultNan<u32>;
  return fp::is_infinite(a) ? 0 : to_12_bits(1.0 / std::sqrt(static_cast<double>(fp::to_host(a))));
};

// -- comparisons that set flags --

constexpr Flags flags_of(Relation r) {
  switch (r) {
    case Relation::less:
      return Flags::from_bits(cpu::kCF);
    case Relation::equal:
      return Flags::from_bits(cpu::kZF);
    case Relation::greater:
      return Flags::from_bits(0);
    default:
      return Flags::from_bits(cpu::kZF | cpu::kPF | cpu::kCF);
  }
}

/// UCOMISS and UCOMISD; with QuietNanIsInvalid, COMISS and COMISD.
template <fp::HostFloat T, bool QuietNanIsInvalid>
struct Compare {
  RT0_INLINE void operator()(auto& c) const {
    const T a = c.template read<LowLane<T>>(0).bits, b = c.template read<LowLane<T>>(1).bits;
    Env env(c.mxcsr());
    const Relation r = fp::compare(env, a, b, QuietNanIsInvalid);
    report(c, env);
    c.write(flags_of(r));
  }
};

template <fp::HostFloat T, bool QuietNanIsInvalid>
constexpr Row compare_row(std::string_view name, std::string_view reference) {
  using M = Compare<T, QuietNanIsInvalid>;
  return with_special(one(name, reference, M{}), &special_one<M, RT0_FORMS_RX>);
}

// -- comparisons that make masks --

/// SDM vol. 2, table 3-1: which relations make each of the first 16 predicates true.
constexpr u8 kL = 1, kE = 2, kG = 4, kU = 8;
constexpr std::array<u8, 16> kTrueFor = {
    kE,      kL,      kL | kE,      kU, kL | kG | kU, kE | kG | kU, kG | kU, kL | kE | kG,
    kE | kU, kL | kU, kL | kE | kU, 0,  kL | kG,      kE | kG,      kG,      kL | kE | kG | kU};
/// Bit n: predicate n calls quiet NaNs invalid. The second 16 predicates are the first with this
/// reversed.
constexpr u32 kSignalFirst = 0x6666;

struct Predicate {
  explicit Predicate(unsigned n)
      : true_for(kTrueFor[n % 16]), signals(((kSignalFirst >> (n % 16)) & 1u) != n / 16) {}

  template <class T>
  T operator()(Env& env, T a, T b) const {
    return true_for & static_cast<u8>(fp::compare(env, a, b, signals)) ? static_cast<T>(~T{0})
                                                                       : T{0};
  }

  u8 true_for;
  bool signals;
};

/// The legacy form has the first eight predicates only.
Predicate predicate(auto& c) {
  return Predicate(static_cast<unsigned>(c.immediate()) & (c.vex() ? 31 : 7));
}

template <fp::HostFloat T, Vector V>
void cmp_packed(auto& c) {
  const auto a = c.template read<V>(1).template lanes<T>();
  const auto b = c.template read<V>(2).template lanes<T>();
  const Predicate holds = predicate(c);
  typename V::template Lanes<T> r;
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = holds(env, a[i], b[i]);
  report(c, env);
  c.write(0, V::template of<T>(r));
}
template <fp::HostFloat T>
void cmp_scalar(auto& c) {
  const T a = c.template read<LowLane<T>>(1).bits, b = c.template read<LowLane<T>>(2).bits;
  Env env(c.mxcsr());
  const T r = predicate(c)(env, a, b);
  report(c, env);
  write_low(c, r);
}

/// The string instruction of the same name is variant 2.
constexpr Row cmpsd_row() {
  const auto scalar = [](auto& c) { cmp_scalar<u64>(c); };
  const auto string = [](auto& c) { cmps<u32>(c); };
  Row row = one("cmpsd", "CMPSD; CMPS", scalar, kThreeOperands | kRepeats);
  const Row other = one("cmpsd", "CMPS", string);
  row.fast[2] = other.fast[0], row.observed[2] = other.observed[0];
  row.select = [](const decode::Insn& i) -> u8 {
    return i.operand[0].kind == decode::OperandKind::reg ? 0 : 2;
  };
  return row;
}

// -- between neighbouring lanes --

/// Subtracts in even lanes and adds in odd ones.
template <fp::HostFloat T, Vector V>
void addsub(auto& c) {
  const auto a = c.template read<V>(1).template lanes<T>();
  const auto b = c.template read<V>(2).template lanes<T>();
  typename V::template Lanes<T> r;
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i)
    r[i] = i % 2 == 0 ? fp::sub(env, a[i], b[i]) : fp::add(env, a[i], b[i]);
  report(c, env);
  c.write(0, V::template of<T>(r));
}

/// Within each 128 bits: pairs of operand 1 give the lower half of the result, pairs of operand 2
/// the upper.
template <class Operation, fp::HostFloat T, Vector V>
void horizontal(auto& c) {
  constexpr std::size_t kLanes = 16 / sizeof(T);
  const auto a = c.template read<V>(1).template lanes<T>();
  const auto b = c.template read<V>(2).template lanes<T>();
  typename V::template Lanes<T> r;
  Env env(c.mxcsr());
  for (std::size_t base = 0; base < r.size(); base += kLanes) {
    for (std::size_t i = 0; i < kLanes / 2; ++i) {
      r[base + i] = Operation{}(env, a[base + 2 * i], a[base + 2 * i + 1]);
      r[base + kLanes / 2 + i] = Operation{}(env, b[base + 2 * i], b[base + 2 * i + 1]);
    }
  }
  report(c, env);
  c.write(0, V::template of<T>(r));
}
template <fp::HostFloat T, class Operation>
constexpr Row horizontal_row(std::string_view name, std::string_view reference, Operation) {
  return vectors(name, reference, []<class V>(auto& c) { horizontal<Operation, T, V>(c); });
}

/// The immediate's upper half chooses the products, its lower half the lanes that get their sum.
/// The products are one step, each level of the sums another, and a step that faults is the last.
template <fp::HostFloat T, Vector V>
void dot_product(auto& c) {
  constexpr std::size_t kLanes = 16 / sizeof(T);
  const auto a = c.template read<V>(1).template lanes<T>();
  const auto b = c.template read<V>(2).template lanes<T>();
  const auto chosen = static_cast<unsigned>(c.immediate());
  typename V::template Lanes<T> r{};
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i)
    if (chosen & (16u << i % kLanes)) r[i] = fp::mul(env, a[i], b[i]);
  for (std::size_t terms = kLanes; terms > 1; terms /= 2) {
    if (env.faults()) report(c, env);
    env.next_step();
    for (std::size_t base = 0; base < r.size(); base += kLanes)
      for (std::size_t i = 0; i < terms / 2; ++i)
        r[base + i] = fp::add(env, r[base + 2 * i], r[base + 2 * i + 1]);
  }
  report(c, env);
  for (std::size_t i = r.size(); i-- > 0;)
    r[i] = chosen & (1u << i % kLanes) ? r[i - i % kLanes] : T{0};
  c.write(0, V::template of<T>(r));
}

// -- rounding to integral values --

/// The immediate: bits 1 and 0 say how, unless bit 2 leaves that to MXCSR; bit 3 keeps inexactness
/// quiet.
template <fp::HostFloat T>
struct Rounder {
  explicit Rounder(auto& c)
      : immediate(static_cast<unsigned>(c.immediate())),
        env(immediate & 4 ? Env(c.mxcsr())
                          : Env(c.mxcsr(), static_cast<fp::Rounding>(immediate & 3))) {}
  T operator()(T a) { return fp::exact::round(env, a); }
  const Env& result() {
    if (immediate & 8) env.forget(fp::kPE);
    return env;
  }

  unsigned immediate;
  Env env;
};
template <fp::HostFloat T, Vector V>
void round_packed(auto& c) {
  auto lanes = c.template read<V>(1).template lanes<T>();
  Rounder<T> round(c);
  for (T& lane : lanes) lane = round(lane);
  report(c, round.result());
  c.write(0, V::template of<T>(lanes));
}
template <fp::HostFloat T>
void round_scalar(auto& c) {
  Rounder<T> round(c);
  const T low = round(c.template read<LowLane<T>>(2).bits);
  report(c, round.result());
  write_low(c, low);
}

constexpr std::array kRows = {
    packed_row<u32>("addps", "ADDPS", kAdd),
    packed_row<u64>("addpd", "ADDPD", kAdd),
    scalar_row<u32>("addss", "ADDSS", kAdd),
    scalar_row<u64>("addsd", "ADDSD", kAdd),
    packed_row<u32>("subps", "SUBPS", kSub),
    packed_row<u64>("subpd", "SUBPD", kSub),
    scalar_row<u32>("subss", "SUBSS", kSub),
    scalar_row<u64>("subsd", "SUBSD", kSub),
    packed_row<u32>("mulps", "MULPS", kMul),
    packed_row<u64>("mulpd", "MULPD", kMul),
    scalar_row<u32>("mulss", "MULSS", kMul),
    scalar_row<u64>("mulsd", "MULSD", kMul),
    packed_row<u32>("divps", "DIVPS", kDiv),
    packed_row<u64>("divpd", "DIVPD", kDiv),
    scalar_row<u32>("divss", "DIVSS", kDiv),
    scalar_row<u64>("divsd", "DIVSD", kDiv),
    packed_row<u32>("minps", "MINPS", kMin),
    packed_row<u64>("minpd", "MINPD", kMin),
    scalar_row<u32>("minss", "MINSS", kMin),
    scalar_row<u64>("minsd", "MINSD", kMin),
    packed_row<u32>("maxps", "MAXPS", kMax),
    packed_row<u64>("maxpd", "MAXPD", kMax),
    scalar_row<u32>("maxss", "MAXSS", kMax),
    scalar_row<u64>("maxsd", "MAXSD", kMax),
    packed_unary_row<u32>("sqrtps", "SQRTPS", kSqrt),
    packed_unary_row<u64>("sqrtpd", "SQRTPD", kSqrt),
    scalar_unary_row<u32>("sqrtss", "SQRTSS", kSqrt),
    scalar_unary_row<u64>("sqrtsd", "SQRTSD", kSqrt),
    packed_unary_row<u32>("rcpps", "RCPPS", kReciprocal),
    scalar_unary_row<u32>("rcpss", "RCPSS", kReciprocal),
    packed_unary_row<u32>("rsqrtps", "RSQRTPS", kReciprocalRoot),
    scalar_unary_row<u32>("rsqrtss", "RSQRTSS", kReciprocalRoot),
    compare_row<u32, false>("ucomiss", "UCOMISS"),
    compare_row<u64, false>("ucomisd", "UCOMISD"),
    compare_row<u32, true>("comiss", "COMISS"),
    compare_row<u64, true>("comisd", "COMISD"),
    vectors("cmpps", "CMPPS", []<class V>(auto& c) { cmp_packed<u32, V>(c); }),
    vectors("cmppd", "CMPPD", []<class V>(auto& c) { cmp_packed<u64, V>(c); }),
    one(
        "cmpss", "CMPSS", [](auto& c) { cmp_scalar<u32>(c); }, kThreeOperands),
    cmpsd_row(),
    vectors("addsubps", "ADDSUBPS", []<class V>(auto& c) { addsub<u32, V>(c); }),
    vectors("addsubpd", "ADDSUBPD", []<class V>(auto& c) { addsub<u64, V>(c); }),
    horizontal_row<u32>("haddps", "HADDPS", kAdd),
    horizontal_row<u64>("haddpd", "HADDPD", kAdd),
    horizontal_row<u32>("hsubps", "HSUBPS", kSub),
    horizontal_row<u64>("hsubpd", "HSUBPD", kSub),
    vectors("dpps", "DPPS", []<class V>(auto& c) { dot_product<u32, V>(c); }),
    vectors("dppd", "DPPD", []<class V>(auto& c) { dot_product<u64, V>(c); }),
    vectors(
        "roundps", "ROUNDPS", []<class V>(auto& c) { round_packed<u32, V>(c); }, 0),
    vectors(
        "roundpd", "ROUNDPD", []<class V>(auto& c) { round_packed<u64, V>(c); }, 0),
    one(
        "roundss", "ROUNDSS", [](auto& c) { round_scalar<u32>(c); }, kThreeOperands),
    one(
        "roundsd", "ROUNDSD", [](auto& c) { round_scalar<u64>(c); }, kThreeOperands),
};

}  // namespace

std::span<const Row> vector_fp_rows() { return kRows; }

}  // namespace emulator::semantics
