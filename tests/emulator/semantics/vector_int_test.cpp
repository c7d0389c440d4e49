#include "tests/emulator/semantics/vector_values.hpp"

namespace tests {
namespace {

OneInsn with(const V256& first, const V256& second) {
  OneInsn m;
  m.regs.ymm[1] = first, m.regs.ymm[2] = second;
  return m;
}
u64 status(const OneInsn& m) { return m.regs.flags.bits(); }

TEST_CASE(
    "paddd wraps lane by lane; the legacy form keeps the upper half, the VEX form clears it") {
  OneInsn m = with(every<u32>(0xffffffff), lanes<u32>({1, 2, 3, 4, 5, 6, 7, 8}));
  m.run({0x66, 0x0f, 0xfe, 0xca});  // paddd xmm1, xmm2
  CHECK(ymm<u32>(m, 1) == List<u32>{0, 1, 2, 3, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff});
  m.regs[cpu::rax] = OneInsn::kData + 4;
  m.poke(m.regs[cpu::rax], u32{10});
  m.run({0xc5, 0xe9, 0xfe, 0x08});  // vpaddd xmm1, xmm2, [rax]
  CHECK(ymm<u32>(m, 1) == List<u32>{11, 2, 3, 4, 0, 0, 0, 0});
  m.regs.ymm[3] = every<u32>(100);
  m.run({0xc5, 0xed, 0xfe, 0xcb});  // vpaddd ymm1, ymm2, ymm3
  CHECK(ymm<u32>(m, 1) == List<u32>{101, 102, 103, 104, 105, 106, 107, 108});
}

TEST_CASE("legacy SSE arithmetic needs aligned memory, in the specialised handler too") {
  OneInsn m;
  m.regs[cpu::rax] = OneInsn::kData + 16;
  m.run({0x66, 0x0f, 0xfe, 0x08});  // paddd xmm1, [rax]
  m.regs[cpu::rax] += 8;
  CHECK(m.step({0x66, 0x0f, 0xfe, 0x08})->kind == cpu::FaultKind::general_protection);
  CHECK(m.step({0x66, 0x0f, 0xef, 0x48, 0x10})->kind ==
        cpu::FaultKind::general_protection);  // pxor xmm1, [rax+16]
}

TEST_CASE("saturating sums stop at the ends of their range") {
  OneInsn m = with(lanes<i8>({127, -128, 100, -1}), lanes<i8>({1, -1, 27, 2}));
  m.run({0x66, 0x0f, 0xec, 0xca});  // paddsb xmm1, xmm2
  CHECK(xmm<u32>(m, 1)[0] == 0x017f807f);
  m = with(lanes<u16>({5, 0xffff, 9}), lanes<u16>({6, 1, 9}));
  m.run({0x66, 0x0f, 0xd9, 0xca});  // psubusw xmm1, xmm2
  CHECK(xmm<u16>(m, 1) == List<u16>{0, 0xfffe, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("shifts by the width or more leave zeros, or signs") {
  OneInsn m = with(lanes<i16>({-5, 5, -32768, 32767}), lanes<u64>({64, 1}));
  m.run({0x66, 0x0f, 0x71, 0xe1, 0x14});  // psraw xmm1, 20
  CHECK(xmm<i16>(m, 1) == List<i16>{-1, 0, -1, 0, 0, 0, 0, 0});
  m.regs.ymm[1] = every<u64>(3);
  m.run({0x66, 0x0f, 0xf3, 0xca});  // psllq xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{0, 0, 3, 3});
  m.regs.ymm[1] = every<u64>(3), m.regs.ymm[2] = lanes<u64>({62, 1});
  m.run({0x66, 0x0f, 0xf3, 0xca});
  CHECK(xmm<u64>(m, 1) == List<u64>{u64{3} << 62, u64{3} << 62});
  m.run({0x66, 0x0f, 0x72, 0xd1, 0x20});  // psrld xmm1, 32
  CHECK(xmm<u64>(m, 1) == List<u64>{0, 0});
  m.regs.ymm[2] = every<u32>(1), m.regs.ymm[3] = lanes<u32>({0, 1, 31, 32, 33, 0xffffffff, 2, 3});
  m.run({0xc4, 0xe2, 0x6d, 0x47, 0xcb});  // vpsllvd ymm1, ymm2, ymm3
  CHECK(ymm<u32>(m, 1) == List<u32>{1, 2, 0x80000000, 0, 0, 0, 4, 8});
}

TEST_CASE("sums of absolute differences") {
  OneInsn m =
      with(lanes<u8>({1, 2, 3, 4, 5, 6, 7, 8, 255}), lanes<u8>({8, 7, 6, 5, 4, 3, 2, 1, 0, 255}));
  m.run({0x66, 0x0f, 0xf6, 0xca});  // psadbw xmm1, xmm2
  CHECK(xmm<u64>(m, 1) == List<u64>{7 + 5 + 3 + 1 + 1 + 3 + 5 + 7, 510});
  m = with(lanes<u8>({0, 0, 0, 0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}),
           lanes<u8>({0, 0, 0, 0, 1, 2, 3, 4}));
  m.run({0x66, 0x0f, 0x3a, 0x42, 0xca, 0x05});  // mpsadbw xmm1, xmm2, 5: from byte 4 of each
  CHECK(xmm<u16>(m, 1) == List<u16>{36, 40, 44, 48, 52, 56, 60, 64});
}

TEST_CASE("products: rounded, summed and saturated") {
  OneInsn m =
      with(lanes<i16>({0x4000, -32768, 3, -3}), lanes<i16>({0x4000, -32768, 0x2000, 0x2000}));
  m.run({0x66, 0x0f, 0x38, 0x0b, 0xca});  // pmulhrsw: a * b / 32768, rounded
  CHECK(xmm<i16>(m, 1) == List<i16>{0x2000, -32768, 1, -1, 0, 0, 0, 0});
  m = with(lanes<i16>({-32768, -32768, 2, 3}), lanes<i16>({-32768, -32768, 5, -7}));
  m.run({0x66, 0x0f, 0xf5, 0xca});  // pmaddwd
  CHECK(xmm<i32>(m, 1) == List<i32>{-2147483648, -11, 0, 0});
  m = with(lanes<u8>({255, 255, 255, 255, 2, 3}), lanes<i8>({127, 127, -128, -128, 5, -7}));
  m.run({0x66, 0x0f, 0x38, 0x04, 0xca});  // pmaddubsw
  CHECK(xmm<i16>(m, 1) == List<i16>{32767, -32768, -11, 0, 0, 0, 0, 0});
}

TEST_CASE("phminposuw finds the first of the smallest words") {
  OneInsn m = with({}, lanes<u16>({9, 8, 3, 7, 3, 0xffff, 4, 5}));
  m.run({0x66, 0x0f, 0x38, 0x41, 0xca});
  CHECK(xmm<u16>(m, 1) == List<u16>{3, 2, 0, 0, 0, 0, 0, 0});
}

TEST_CASE(
    "phaddw adds neighbours, those of the destination first; pabsb keeps -128; pcmpgtq is signed") {
  OneInsn m =
      with(lanes<u16>({1, 2, 3, 4, 5, 6, 7, 8}), lanes<u16>({10, 20, 30, 40, 50, 60, 0xffff, 2}));
  m.run({0x66, 0x0f, 0x38, 0x01, 0xca});
  CHECK(xmm<u16>(m, 1) == List<u16>{3, 7, 11, 15, 30, 70, 110, 1});
  m = with({}, lanes<i8>({-128, -1, 1, 127}));
  m.run({0x66, 0x0f, 0x38, 0x1c, 0xca});
  CHECK(xmm<u32>(m, 1)[0] == 0x7f010180);
  m = with(lanes<i64>({1, -1}), lanes<i64>({-1, 1}));
  m.run({0x66, 0x0f, 0x38, 0x37, 0xca});
  CHECK(xmm<i64>(m, 1) == List<i64>{-1, 0});
}

TEST_CASE(
    "ptest sets ZF for no common bit, CF when the second is within the first, and clears the "
    "rest") {
  OneInsn m = with(lanes<u64>({0xf0, 1}), lanes<u64>({0x0f, 0}));
  m.regs.set_rflags(cpu::kStatusFlags);
  m.run({0x66, 0x0f, 0x38, 0x17, 0xca});
  CHECK(status(m) == cpu::kZF);
  m.regs.ymm[2] = lanes<u64>({0x30, 1});
  m.run({0x66, 0x0f, 0x38, 0x17, 0xca});
  CHECK(status(m) == cpu::kCF);
  m.regs.ymm[2] = lanes<u64>({0x31, 1});
  m.run({0x66, 0x0f, 0x38, 0x17, 0xca});
  CHECK(status(m) == 0);
}

TEST_CASE("pxor of a register with itself is zero below bit 128; pandn negates the destination") {
  OneInsn m = with(every<u64>(5), every<u64>(7));
  m.run({0x66, 0x0f, 0xdf, 0xca});  // pandn xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{2, 2, 5, 5});
  m.run({0x66, 0x0f, 0xef, 0xc9});  // pxor xmm1, xmm1
  CHECK(ymm<u64>(m, 1) == List<u64>{0, 0, 5, 5});
}

TEST_CASE("pcmpistri finds a substring") {
  OneInsn m = with(text("lo w"), text("hello world\0lo w"));
  m.run({0x66, 0x0f, 0x3a, 0x63, 0xca, 0x0c});  // equal ordered
  CHECK(m.regs[cpu::rcx] == 3);
  CHECK(status(m) == (cpu::kCF | cpu::kZF | cpu::kSF));
  m.regs.ymm[2] = text("worldly and loud");  // a match that the end cuts off counts, none here
  m.run({0x66, 0x0f, 0x3a, 0x63, 0xca, 0x0c});
  CHECK(m.regs[cpu::rcx] == 16);
  CHECK(status(m) == cpu::kSF);
  m.regs.ymm[2] = text("0123456789abcdlo");
  m.run({0x66, 0x0f, 0x3a, 0x63, 0xca, 0x0c});
  CHECK(m.regs[cpu::rcx] == 14);
}

TEST_CASE("pcmpistri finds the first difference, which the end of both strings is not") {
  OneInsn m = with(text("same start, A"), text("same start, B"));
  m.run({0x66, 0x0f, 0x3a, 0x63, 0xca, 0x1a});  // signed bytes, equal each, negated
  CHECK(m.regs[cpu::rcx] == 12);
  m.regs.ymm[1] = m.regs.ymm[2] = text("equal");
  m.run({0x66, 0x0f, 0x3a, 0x63, 0xca, 0x1a});
  CHECK(m.regs[cpu::rcx] == 16);
}

TEST_CASE("pcmpistrm marks the bytes within ranges") {
  OneInsn m = with(text("azAZ"), text("Go 1.17 boot"));
  m.run({0x66, 0x0f, 0x3a, 0x62, 0xca, 0x44});  // ranges, a byte each
  CHECK(xmm<u8>(m, 0) == List<u8>{255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0});
}

TEST_CASE("pcmpestri takes lengths from eax and edx, whatever their sign") {
  OneInsn m = with(text("xyz"), text("aazaa\0bbbxbbbbbb"));
  m.regs[cpu::rax] = 2, m.regs[cpu::rdx] = 0xfffffff0;  // 2 and -16
  m.run({0x66, 0x0f, 0x3a, 0x61, 0xca, 0x00});          // equal any
  CHECK(m.regs[cpu::rcx] == 9);
  CHECK(status(m) == (cpu::kCF | cpu::kSF));
  m.regs[cpu::rdx] = 9;
  m.run({0x66, 0x0f, 0x3a, 0x61, 0xca, 0x00});
  CHECK(m.regs[cpu::rcx] == 16);
  CHECK(status(m) == (cpu::kZF | cpu::kSF));
}

}  // namespace
}  // namespace tests
