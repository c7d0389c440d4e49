// Known answers, for hosts of every kind; fp_host_test.cpp asks an x86-64 host about millions more.
#include "emulator/cpu/fp.hpp"

#include "tests/support/catch.hpp"

namespace tests {
namespace {

using namespace emulator;  // NOLINT: a test vocabulary
namespace fp = cpu::fp;
using fp::Env;

constexpr u32 kDefault = 0x1f80;
constexpr u64 kOne = fp::to_bits(1.0), kThree = fp::to_bits(3.0), kHuge = fp::kInfinity<u64> - 1;
constexpr u64 kInf = fp::kInfinity<u64>, kMinus = fp::kSignBit<u64>;
constexpr u64 kQuietNan = 0x7ff8000000000007, kSignalingNan = 0x7ff0000000000009;

u32 with(fp::Rounding rounding) {
  return kDefault | (static_cast<u32>(rounding) << fp::kRoundingShift);
}

TEST_CASE("one third is rounded as MXCSR says") {
  Env nearest(kDefault), up(with(fp::Rounding::up)), down(with(fp::Rounding::down));
  CHECK(fp::div(nearest, kOne, kThree) == 0x3fd5555555555555);
  CHECK(fp::div(up, kOne, kThree) == 0x3fd5555555555556);
  CHECK(fp::div(down, kOne, kThree) == 0x3fd5555555555555);
  CHECK(nearest.raised() == fp::kPE);
}

TEST_CASE("the shortcut and the exact meaning agree") {
  Env quick(kDefault | fp::kPE), exact(kDefault);
  CHECK(fp::div(quick, kOne, kThree) == fp::exact::div(exact, kOne, kThree));
  CHECK(fp::sqrt(quick, kThree) == fp::exact::sqrt(exact, kThree));
  CHECK(quick.raised() == 0);
}

TEST_CASE("an exact result raises nothing") {
  Env env(kDefault);
  CHECK(fp::add(env, kOne, kThree) == fp::to_bits(4.0));
  CHECK(env.raised() == 0);
}

TEST_CASE("the first NaN is the answer, made quiet; only a signaling one is invalid") {
  Env quiet(kDefault), signaling(kDefault);
  CHECK(fp::add(quiet, kQuietNan, kQuietNan + 1) == kQuietNan);
  CHECK(quiet.raised() == 0);
  CHECK(fp::add(signaling, kOne, kSignalingNan) == (kSignalingNan | fp::kQuietBit<u64>));
  CHECK(signaling.raised() == fp::kIE);
}

TEST_CASE("an invalid operation gives the negative default NaN") {
  Env env(kDefault);
  CHECK(fp::sub(env, kInf, kInf) == 0xfff8000000000000);
  CHECK(fp::mul(env, u64{0}, kInf) == 0xfff8000000000000);
  CHECK(fp::sqrt(env, kOne | kMinus) == 0xfff8000000000000);
  CHECK(env.raised() == fp::kIE);
}

TEST_CASE("division by zero gives infinity of the operands' sign") {
  Env env(kDefault);
  CHECK(fp::div(env, kOne, kMinus) == (kInf | kMinus));
  CHECK(env.raised() == fp::kZE);
}

TEST_CASE("overflow gives infinity or the largest number, by the rounding") {
  Env nearest(kDefault), down(with(fp::Rounding::down));
  CHECK(fp::add(nearest, kHuge, kHuge) == kInf);
  CHECK(fp::add(down, kHuge, kHuge) == kHuge);
  CHECK(nearest.raised() == (fp::kOE | fp::kPE));
}

TEST_CASE("a tiny result is denormal, or zero with FTZ") {
  Env keeps(kDefault), flushes(kDefault | fp::kFTZ);
  const u64 tiny = fp::to_bits(0x1p-1000), third = fp::to_bits(0x1.5p-30);
  CHECK(fp::mul(keeps, tiny, third) == 0x0000150000000000);
  CHECK(keeps.raised() == 0);  // exact: tiny alone is no underflow while that is masked
  CHECK(fp::mul(flushes, tiny, third) == 0);
  CHECK(flushes.raised() == (fp::kUE | fp::kPE));
}

TEST_CASE("a denormal operand is reported, or taken for zero with DAZ") {
  Env keeps(kDefault), zeroes(kDefault | fp::kDAZ);
  CHECK(fp::add(keeps, u64{1}, u64{1}) == 2);
  CHECK(keeps.raised() == fp::kDE);
  CHECK(fp::add(zeroes, u64{1}, u64{1}) == 0);
  CHECK(zeroes.raised() == 0);
}

TEST_CASE("minimum and maximum give the second operand for NaNs and for zeros") {
  Env env(kDefault);
  CHECK(fp::min(env, kQuietNan, kOne) == kOne);
  CHECK(fp::max(env, kOne, kQuietNan) == kQuietNan);
  CHECK(fp::max(env, u64{0}, kMinus) == kMinus);
}

TEST_CASE("a fused multiply-add rounds once") {
  Env env(kDefault);
  const u64 x = fp::to_bits(1.0 + 0x1p-30);
  CHECK(fp::fma(env, x, x, kOne | kMinus, {}) == fp::to_bits(0x1p-29 + 0x1p-60));
  CHECK(env.raised() == 0);
}

TEST_CASE("what does not fit an integer becomes the indefinite value") {
  Env env(kDefault);
  CHECK(fp::truncate<i32>(env, fp::to_bits(2147483647.5)) == 2147483647);
  CHECK(env.raised() == fp::kPE);
  CHECK(fp::truncate<i32>(env, fp::to_bits(2147483648.0)) == static_cast<i32>(0x80000000));
  CHECK(fp::truncate<i64>(env, kQuietNan) == static_cast<i64>(kMinus));
  CHECK(fp::truncate<i64>(env, fp::to_bits(-0x1p63)) == static_cast<i64>(kMinus));
  CHECK(env.raised() == (fp::kPE | fp::kIE));
}

TEST_CASE("an unmasked invalid operation hides the exceptions found after computing") {
  Env env(kDefault & ~u32{fp::kIM});
  env.raise(fp::kIE | fp::kPE);
  CHECK(env.faults());
  CHECK(env.raised() == fp::kIE);
}

}  // namespace
}  // namespace tests
