// Every operation against the host CPU: result, flags and faults, for all roundings, DAZ, FTZ and
// masks.
#include <fmt/format.h>

#include <bit>

#include "tests/emulator/cpu/fp_values.hpp"
#include "tests/emulator/cpu/host_fp.hpp"
#include "tests/support/catch.hpp"

#if defined(__x86_64__) && defined(__linux__)

namespace tests {
namespace {

using fp::Env;

constexpr unsigned kFast = 4000, kSlow = 3000000;

// -- the host's instructions --

#define RT0_HOST_PAIR(name, insn) \
  RT0_HOST(name##_ss, insn "ss %[b], %[a]") RT0_HOST(name##_sd, insn "sd %[b], %[a]")
RT0_HOST_PAIR(add, "add")
RT0_HOST_PAIR(sub, "sub")
RT0_HOST_PAIR(mul, "mul")
RT0_HOST_PAIR(div, "div")
RT0_HOST_PAIR(min, "min")
RT0_HOST_PAIR(max, "max")
RT0_HOST_PAIR(sqrt, "sqrt")
RT0_HOST_PAIR(lt, "cmplt")        // calls quiet NaNs invalid
RT0_HOST_PAIR(unord, "cmpunord")  // does not
// Operand 0 is the second factor, which matters to NaNs.
RT0_HOST(fma_ss, "vfmadd213ss %[c], %[b], %[a]")
RT0_HOST(fma_sd, "vfmadd213sd %[c], %[b], %[a]")
RT0_HOST(fnmsub_ss, "vfnmsub213ss %[c], %[b], %[a]")
RT0_HOST(fnmsub_sd, "vfnmsub213sd %[c], %[b], %[a]")
RT0_HOST(widen, "cvtss2sd %[b], %[a]")
RT0_HOST(narrow, "cvtsd2ss %[b], %[a]")
RT0_HOST(round_ss, "roundss $4, %[b], %[a]")
RT0_HOST(round_sd, "roundsd $4, %[b], %[a]")
RT0_HOST(to_half, "vcvtps2ph $4, %[a], %[a]")
RT0_HOST(from_half, "vcvtph2ps %[a], %[a]")
RT0_HOST_TO_INTEGER(ss_to_i32, "cvtss2si %[a], %k[r]")
RT0_HOST_TO_INTEGER(ss_to_i64, "cvtss2si %[a], %q[r]")
RT0_HOST_TO_INTEGER(sd_to_i32, "cvtsd2si %[a], %k[r]")
RT0_HOST_TO_INTEGER(sd_to_i64, "cvtsd2si %[a], %q[r]")
RT0_HOST_TO_INTEGER(ss_cut_i32, "cvttss2si %[a], %k[r]")
RT0_HOST_TO_INTEGER(ss_cut_i64, "cvttss2si %[a], %q[r]")
RT0_HOST_TO_INTEGER(sd_cut_i32, "cvttsd2si %[a], %k[r]")
RT0_HOST_TO_INTEGER(sd_cut_i64, "cvttsd2si %[a], %q[r]")
RT0_HOST_FROM_INTEGER(i64_to_ss, "cvtsi2ss %q[a], %[x]")
RT0_HOST_FROM_INTEGER(i64_to_sd, "cvtsi2sd %q[a], %[x]")

// -- comparing --

/// Runs one of ours under an Env, as the handlers do.
template <class Operation>
FpOutcome ours(u32 mxcsr, Operation operation) {
  Env env(mxcsr);
  const auto bits = static_cast<u64>(operation(env));
  return {bits, (mxcsr & fp::kAllExceptions) | env.raised(), env.faults()};
}

void expect_same(const char* what, u32 mxcsr, std::initializer_list<u64> operands, u64 mask,
                 FpOutcome mine, FpOutcome host) {
  const bool same = mine.fault == host.fault && mine.flags == host.flags &&
                    (mine.fault || (mine.bits & mask) == (host.bits & mask));
  if (same) return;
  FAIL(fmt::format(
      "{} mxcsr {:04x} operands {:x}: {:x} flags {:02x}{}, but the host says {:x} flags {:02x}{}",
      what, mxcsr, fmt::join(operands, " "), mine.bits & mask, mine.flags, mine.fault ? " #XM" : "",
      host.bits & mask, host.flags, host.fault ? " #XM" : ""));
}

template <class T>
constexpr u64 kMask = static_cast<T>(~T{0});

/// Pairs of operands under every kind of MXCSR: both the exact meaning and the shortcut must be the
/// host's.
template <class T, class Exact, class Quick, class Host>
void check(const char* what, unsigned count, Exact exact, Quick quick, Host host) {
  FaultCatcher catcher;
  FpSource<T> source(count);
  const auto one = [&](u32 mxcsr, T a, T b, T c) {
    const FpOutcome expected = host(mxcsr, a, b, c);
    const u64 mask = kMask<decltype(exact(std::declval<Env&>(), a, b, c))>;
    expect_same(what, mxcsr, {a, b, c}, mask,
                ours(mxcsr, [&](Env& env) { return exact(env, a, b, c); }), expected);
    expect_same(what, mxcsr, {a, b, c}, mask,
                ours(mxcsr, [&](Env& env) { return quick(env, a, b, c); }), expected);
  };
  const std::vector<T> edges = edge_values<T>();
  for (const T a : edges)
    for (const T b : edges)
      one(source.mxcsr(), a, b, source.near(a)), one(source.usual_mxcsr(), a, b, source.any());
  for (unsigned i = 0; i < count; ++i) {
    const T a = source.any(), b = source.near(a), c = source.near(b);
    one(source.mxcsr(), a, b, c);
    one(source.usual_mxcsr(), a, b, c);
    if (i % 8 == 0) one(source.unmasked_mxcsr(), a, b, c);
  }
  SUCCEED(what);
}

#define RT0_CHECK_BINARY(T, op, host)                                           \
  check<T>(                                                                     \
      #host, count, [](Env& e, T a, T b, T) { return fp::exact::op(e, a, b); }, \
      [](Env& e, T a, T b, T) { return fp::op(e, a, b); },                      \
      [](u32 m, T a, T b, T) { return host(m, a, b); })

void check_arithmetic(unsigned count) {
  RT0_CHECK_BINARY(u32, add, add_ss);
  RT0_CHECK_BINARY(u64, add, add_sd);
  RT0_CHECK_BINARY(u32, sub, sub_ss);
  RT0_CHECK_BINARY(u64, sub, sub_sd);
  RT0_CHECK_BINARY(u32, mul, mul_ss);
  RT0_CHECK_BINARY(u64, mul, mul_sd);
  RT0_CHECK_BINARY(u32, div, div_ss);
  RT0_CHECK_BINARY(u64, div, div_sd);
  RT0_CHECK_BINARY(u32, min, min_ss);
  RT0_CHECK_BINARY(u64, min, min_sd);
  RT0_CHECK_BINARY(u32, max, max_ss);
  RT0_CHECK_BINARY(u64, max, max_sd);
}

#define RT0_CHECK_SQRT(T, host)                                              \
  check<T>(                                                                  \
      #host, count, [](Env& e, T a, T, T) { return fp::exact::sqrt(e, a); }, \
      [](Env& e, T a, T, T) { return fp::sqrt(e, a); },                      \
      [](u32 m, T a, T, T) { return host(m, T{0}, a); })

void check_sqrt(unsigned count) {
  RT0_CHECK_SQRT(u32, sqrt_ss);
  RT0_CHECK_SQRT(u64, sqrt_sd);
}

#define RT0_CHECK_FMA(T, host, negate)                                                     \
  check<T>(                                                                                \
      #host, count,                                                                        \
      [](Env& e, T a, T b, T c) { return fp::exact::fma(e, a, b, c, fp::Negate negate); }, \
      [](Env& e, T a, T b, T c) { return fp::fma(e, a, b, c, fp::Negate negate); },        \
      [](u32 m, T a, T b, T c) { return host(m, b, a, c); })
#define RT0_NOTHING \
  { false, false }
#define RT0_BOTH \
  { true, true }

void check_fma(unsigned count) {
  if (!host_has_fma()) return;
  RT0_CHECK_FMA(u32, fma_ss, RT0_NOTHING);
  RT0_CHECK_FMA(u64, fma_sd, RT0_NOTHING);
  RT0_CHECK_FMA(u32, fnmsub_ss, RT0_BOTH);
  RT0_CHECK_FMA(u64, fnmsub_sd, RT0_BOTH);
}

template <class T>
T as_mask(bool set) {
  return set ? static_cast<T>(~T{0}) : T{0};
}

#define RT0_CHECK_COMPARE(T, host, relation, signals)                                      \
  check<T>(                                                                                \
      #host, count,                                                                        \
      [](Env& e, T a, T b, T) {                                                            \
        return as_mask<T>(fp::exact::compare(e, a, b, signals) == fp::Relation::relation); \
      },                                                                                   \
      [](Env& e, T a, T b, T) {                                                            \
        return as_mask<T>(fp::compare(e, a, b, signals) == fp::Relation::relation);        \
      },                                                                                   \
      [](u32 m, T a, T b, T) { return host(m, a, b); })

void check_compare(unsigned count) {
  RT0_CHECK_COMPARE(u32, lt_ss, less, true);
  RT0_CHECK_COMPARE(u64, lt_sd, less, true);
  RT0_CHECK_COMPARE(u32, unord_ss, unordered, false);
  RT0_CHECK_COMPARE(u64, unord_sd, unordered, false);
}

#define RT0_CHECK_UNARY(T, exact_op, quick_op, host)            \
  check<T>(                                                     \
      #host, count, [](Env& e, T a, T, T) { return exact_op; }, \
      [](Env& e, T a, T, T) { return quick_op; }, [](u32 m, T a, T, T) { return host; })

void check_formats(unsigned count) {
  RT0_CHECK_UNARY(u32, fp::exact::convert<u64>(e, a), fp::convert<u64>(e, a),
                  widen(m, decltype(a){0}, a));
  RT0_CHECK_UNARY(u64, fp::exact::convert<u32>(e, a), fp::convert<u32>(e, a),
                  narrow(m, decltype(a){0}, a));
  RT0_CHECK_UNARY(u32, fp::exact::round(e, a), fp::exact::round(e, a),
                  round_ss(m, decltype(a){0}, a));
  RT0_CHECK_UNARY(u64, fp::exact::round(e, a), fp::exact::round(e, a),
                  round_sd(m, decltype(a){0}, a));
  if (!host_has_f16c()) return;
  RT0_CHECK_UNARY(u32, fp::exact::convert<u16>(e, a), fp::exact::convert<u16>(e, a), to_half(m, a));
  RT0_CHECK_UNARY(u16, fp::exact::convert<u32>(e, a), fp::exact::convert<u32>(e, a),
                  from_half(m, a));
}

#define RT0_CHECK_TO_INTEGER(T, I, host)                                                     \
  RT0_CHECK_UNARY(                                                                           \
      T, static_cast<std::make_unsigned_t<I>>(fp::exact::to_integer<I>(e, a, e.rounding())), \
      static_cast<std::make_unsigned_t<I>>(fp::exact::to_integer<I>(e, a, e.rounding())),    \
      host(m, a))
#define RT0_CHECK_TRUNCATE(T, I, host)                                            \
  RT0_CHECK_UNARY(T,                                                              \
                  static_cast<std::make_unsigned_t<I>>(                           \
                      fp::exact::to_integer<I>(e, a, fp::Rounding::toward_zero)), \
                  static_cast<std::make_unsigned_t<I>>(fp::truncate<I>(e, a)), host(m, a))

void check_integers(unsigned count) {
  RT0_CHECK_TO_INTEGER(u32, i32, ss_to_i32);
  RT0_CHECK_TO_INTEGER(u32, i64, ss_to_i64);
  RT0_CHECK_TO_INTEGER(u64, i32, sd_to_i32);
  RT0_CHECK_TO_INTEGER(u64, i64, sd_to_i64);
  RT0_CHECK_TRUNCATE(u32, i32, ss_cut_i32);
  RT0_CHECK_TRUNCATE(u32, i64, ss_cut_i64);
  RT0_CHECK_TRUNCATE(u64, i32, sd_cut_i32);
  RT0_CHECK_TRUNCATE(u64, i64, sd_cut_i64);
#define RT0_CHECK_FROM_INTEGER(F, host)                                                           \
  check<u64>(                                                                                     \
      #host, count,                                                                               \
      [](Env& e, u64 a, u64, u64) { return fp::exact::from_integer<F>(e, static_cast<i64>(a)); }, \
      [](Env& e, u64 a, u64, u64) { return fp::from_integer<F>(e, static_cast<i64>(a)); },        \
      [](u32 m, u64 a, u64, u64) { return host(m, static_cast<i64>(a)); })
  RT0_CHECK_FROM_INTEGER(u32, i64_to_ss);
  RT0_CHECK_FROM_INTEGER(u64, i64_to_sd);
}

TEST_CASE("sums, products, quotients, minima and maxima are the host's") {
  check_arithmetic(kFast);
}
TEST_CASE("square roots are the host's") { check_sqrt(kFast); }
TEST_CASE("fused multiply-adds are the host's") { check_fma(kFast); }
TEST_CASE("comparisons are the host's") { check_compare(kFast); }
TEST_CASE("conversions between formats and rounding to integral values are the host's") {
  check_formats(kFast);
}
TEST_CASE("conversions to and from integers are the host's") { check_integers(kFast); }

TEST_CASE("millions of sums, products and quotients are the host's", "[.slow]") {
  check_arithmetic(kSlow);
}
TEST_CASE("millions of square roots are the host's", "[.slow]") { check_sqrt(kSlow); }
TEST_CASE("millions of fused multiply-adds are the host's", "[.slow]") { check_fma(kSlow); }
TEST_CASE("millions of comparisons are the host's", "[.slow]") { check_compare(kSlow); }
TEST_CASE("millions of conversions are the host's", "[.slow]") {
  check_formats(kSlow);
  check_integers(kSlow);
}

}  // namespace
}  // namespace tests

#endif
