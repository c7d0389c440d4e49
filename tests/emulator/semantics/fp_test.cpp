// What the floating point families add to the arithmetic: faults, MXCSR, the lanes of horizontal
// operations, the state areas. The arithmetic itself is tested in tests/emulator/cpu, every form in
// tests/oracle.
#include "emulator/cpu/fp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/one_insn.hpp"

namespace tests {
namespace {

using cpu::V128;
using cpu::V256;
namespace fp = cpu::fp;

constexpr u64 kArea = OneInsn::kData + 64;

V256 doubles(double a, double b, double c = 0, double d = 0) {
  return V256::of<u64>({fp::to_bits(a), fp::to_bits(b), fp::to_bits(c), fp::to_bits(d)});
}
double lane(const V256& v, unsigned i) { return fp::to_host(v.lanes<u64>()[i]); }

TEST_CASE(
    "legacy scalar arithmetic keeps the bits above its lane, VEX takes them from its first source "
    "and clears the rest") {
  OneInsn guest;
  guest.regs.ymm[0] = doubles(1, 2, 3, 4), guest.regs.ymm[1] = doubles(10, 20, 30, 40);
  guest.run({0xf2, 0x0f, 0x58, 0xc1});  // addsd xmm0, xmm1
  CHECK(guest.regs.ymm[0] == doubles(11, 2, 3, 4));
  guest.run({0xc5, 0xf3, 0x58, 0xd0});  // vaddsd xmm2, xmm1, xmm0
  CHECK(guest.regs.ymm[2] == doubles(21, 20));
}

TEST_CASE(
    "an unmasked exception is #XM: the flags are there to read, the destination is as before") {
  OneInsn guest;
  guest.regs.mxcsr = 0x1f80 & ~u32{fp::kZM};
  guest.regs.ymm[0] = doubles(1, 2);
  const auto fault = guest.step({0xf2, 0x0f, 0x5e, 0xc1});  // divsd xmm0, xmm1
  REQUIRE(fault.has_value());
  CHECK(fault->kind == cpu::FaultKind::simd);
  CHECK(guest.regs.ymm[0] == doubles(1, 2));
  CHECK((guest.regs.mxcsr & fp::kAllExceptions) == fp::kZE);
}

TEST_CASE("an aligned memory operand is asked for by legacy forms only") {
  OneInsn guest;
  guest.regs[cpu::rax] = OneInsn::kData + 8;
  const auto fault = guest.step({0x66, 0x0f, 0x58, 0x00});  // addpd xmm0, [rax]
  REQUIRE(fault.has_value());
  CHECK(fault->kind == cpu::FaultKind::general_protection);
  guest.run({0xc5, 0xf9, 0x58, 0x00});  // vaddpd xmm0, xmm0, [rax]
}

TEST_CASE("horizontal addition takes its pairs from the first source, then from the second") {
  OneInsn guest;
  guest.regs.ymm[0] = doubles(1, 2, 3, 4), guest.regs.ymm[1] = doubles(10, 20, 30, 40);
  guest.run({0xc5, 0xfd, 0x7c, 0xd1});  // vhaddpd ymm2, ymm0, ymm1
  CHECK(guest.regs.ymm[2] == doubles(3, 30, 7, 70));
}

TEST_CASE("a dot product multiplies the chosen lanes and puts the sum in the chosen lanes") {
  OneInsn guest;
  guest.regs.ymm[0] = doubles(2, 3), guest.regs.ymm[1] = doubles(10, 100);
  guest.run({0x66, 0x0f, 0x3a, 0x41, 0xc1, 0x32});  // dppd xmm0, xmm1, 0x32
  CHECK(guest.regs.ymm[0] == doubles(0, 320));
}

TEST_CASE("a dot product whose products fault never comes to its sums") {
  OneInsn guest;
  guest.regs.mxcsr = 0x1f80 & ~u32{fp::kPM};
  const double inf = fp::to_host(fp::kInfinity<u64>);
  guest.regs.ymm[0] = doubles(inf, 0.1), guest.regs.ymm[1] = doubles(1, 0.1);
  CHECK(guest.step({0x66, 0x0f, 0x3a, 0x41, 0xc1, 0x31}).has_value());  // dppd xmm0, xmm1, 0x31
  CHECK((guest.regs.mxcsr & fp::kAllExceptions) == fp::kPE);
  CHECK(guest.regs.ymm[0] == doubles(inf, 0.1));
}

TEST_CASE("ROUNDSD keeps inexactness to itself when the immediate says so") {
  OneInsn guest;
  guest.regs.ymm[1] = doubles(-1.5, 0);
  guest.run({0x66, 0x0f, 0x3a, 0x0b, 0xc1, 0x09});  // roundsd xmm0, xmm1, 9: down, quietly
  CHECK(lane(guest.regs.ymm[0], 0) == -2);
  CHECK(guest.regs.mxcsr == 0x1f80);
  guest.run({0x66, 0x0f, 0x3a, 0x0b, 0xc1, 0x02});  // up
  CHECK(lane(guest.regs.ymm[0], 0) == -1);
  CHECK(guest.regs.mxcsr == (0x1f80 | fp::kPE));
}

TEST_CASE("CMPSD has a mask for a result, and is the string instruction without operands") {
  OneInsn guest;
  guest.regs.ymm[0] = doubles(1, 5), guest.regs.ymm[1] = doubles(2, 6);
  guest.run({0xf2, 0x0f, 0xc2, 0xc1, 0x01});  // cmpsd xmm0, xmm1, less than
  CHECK(guest.regs.ymm[0].lanes<u64>()[0] == ~u64{0});
  CHECK(lane(guest.regs.ymm[0], 1) == 5);
  guest.regs[cpu::rsi] = OneInsn::kData, guest.regs[cpu::rdi] = OneInsn::kData + 16;
  guest.poke<u32>(OneInsn::kData, 7);
  guest.poke<u32>(OneInsn::kData + 16, 7);
  guest.run({0xa7});  // cmpsd
  CHECK(guest.regs.flags.zf());
  CHECK(guest.regs[cpu::rsi] == OneInsn::kData + 4);
}

TEST_CASE("the approximations are within 1.5 × 2^-12") {
  OneInsn guest;
  for (u32 bits = fp::to_bits(1.0f); bits < fp::to_bits(4.0f); bits += 0x1357) {
    guest.regs.ymm[1] = V256::of<u32>({bits});
    const auto x = static_cast<double>(fp::to_host(bits));
    const auto result = [&] {
      return static_cast<double>(fp::to_host(guest.regs.ymm[0].lanes<u32>()[0]));
    };
    guest.run({0xf3, 0x0f, 0x53, 0xc1});  // rcpss xmm0, xmm1
    if (std::abs(result() * x - 1) >= 1.5 / 4096) FAIL("rcpss of " << x);
    guest.run({0xf3, 0x0f, 0x52, 0xc1});  // rsqrtss xmm0, xmm1
    if (std::abs(result() * std::sqrt(x) - 1) >= 1.5 / 4096) FAIL("rsqrtss of " << x);
  }
  SUCCEED();
}

TEST_CASE("reserved bits of MXCSR are refused") {
  OneInsn guest;
  guest.regs[cpu::rax] = OneInsn::kData;
  guest.poke<u32>(OneInsn::kData, 0x10000);
  const auto fault = guest.step({0x0f, 0xae, 0x10});  // ldmxcsr [rax]
  REQUIRE(fault.has_value());
  CHECK(fault->kind == cpu::FaultKind::general_protection);
  guest.poke<u32>(OneInsn::kData, 0x7f80);
  guest.run({0x0f, 0xae, 0x10});
  CHECK(guest.regs.mxcsr == 0x7f80);
}

TEST_CASE("FXSAVE and FXRSTOR carry MXCSR and the XMM registers") {
  OneInsn guest;
  guest.regs[cpu::rax] = kArea;
  guest.regs.mxcsr = 0x3fa0;
  for (unsigned i = 0; i < 16; ++i) guest.regs.ymm[i] = doubles(i, -1.0 * i, 100, 200);
  guest.run({0x0f, 0xae, 0x00});  // fxsave [rax]
  CHECK(guest.peek<u16>(kArea) == 0x37f);
  CHECK(guest.peek<u32>(kArea + 24) == 0x3fa0);
  CHECK(guest.peek<u32>(kArea + 28) == 0xffff);
  guest.regs.mxcsr = 0x1f80;
  for (auto& v : guest.regs.ymm) v = doubles(7, 7, 7, 7);
  guest.run({0x0f, 0xae, 0x08});  // fxrstor [rax]
  CHECK(guest.regs.mxcsr == 0x3fa0);
  CHECK(guest.regs.ymm[15] == doubles(15, -15, 7, 7));
}

TEST_CASE(
    "XSAVE and XRSTOR carry the components that EDX:EAX asks for; absent ones get their initial "
    "values") {
  OneInsn guest;
  guest.regs[cpu::rbx] = kArea, guest.regs[cpu::rax] = 7;
  for (unsigned i = 0; i < 16; ++i) guest.regs.ymm[i] = doubles(i, 1, 2, i);
  guest.run({0x0f, 0xae, 0x23});  // xsave [rbx]
  CHECK(guest.peek<u64>(kArea + 512) == 6);
  for (auto& v : guest.regs.ymm) v = doubles(9, 9, 9, 9);
  guest.regs[cpu::rax] = 4;
  guest.run({0x0f, 0xae, 0x2b});  // xrstor [rbx]: the upper halves only
  CHECK(guest.regs.ymm[3] == doubles(9, 9, 2, 3));
  guest.poke<u64>(kArea + 512, 0);
  guest.regs[cpu::rax] = 7;
  guest.run({0x0f, 0xae, 0x2b});
  CHECK(guest.regs.ymm[3] == V256{});
}

TEST_CASE("XRSTOR refuses a header that it does not know, and an unaligned area") {
  OneInsn guest;
  guest.regs[cpu::rbx] = kArea, guest.regs[cpu::rax] = 7;
  guest.poke<u64>(kArea + 512, 8);
  CHECK(guest.step({0x0f, 0xae, 0x2b}).has_value());
  guest.poke<u64>(kArea + 512, 0);
  guest.regs[cpu::rbx] = kArea + 16;
  CHECK(guest.step({0x0f, 0xae, 0x2b}).has_value());
}

}  // namespace
}  // namespace tests
