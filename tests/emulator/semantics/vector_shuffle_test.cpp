#include "tests/emulator/semantics/vector_values.hpp"

namespace tests {
namespace {

/// Bytes first, first + 1, …
V256 counting(u8 first) {
  V256 out;
  for (unsigned i = 0; i < 32; ++i) out.bytes[i] = static_cast<u8>(first + i);
  return out;
}
OneInsn with(const V256& first, const V256& second, const V256& third = {}) {
  OneInsn m;
  m.regs.ymm[1] = first, m.regs.ymm[2] = second, m.regs.ymm[3] = third;
  return m;
}

TEST_CASE("pshufb picks bytes; a negative index gives zero; 256-bit forms stay within their half") {
  OneInsn m = with(counting(0x10), lanes<u8>({15, 0, 0x80, 0x1f, 7}));
  m.run({0x66, 0x0f, 0x38, 0x00, 0xca});  // pshufb xmm1, xmm2
  CHECK(xmm<u8>(m, 1) ==
        List<u8>{0x1f, 0x10, 0, 0x1f, 0x17, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16});
  m = with({}, counting(0), every<u8>(3));
  m.run({0xc4, 0xe2, 0x6d, 0x00, 0xcb});  // vpshufb ymm1, ymm2, ymm3
  CHECK(ymm<u64>(m, 1) ==
        List<u64>{0x0303030303030303, 0x0303030303030303, 0x1313131313131313, 0x1313131313131313});
}

TEST_CASE("shuffles by an immediate") {
  OneInsn m = with(lanes<u32>({1, 2, 3, 4}), lanes<u32>({5, 6, 7, 8}));
  m.run({0x0f, 0xc6, 0xca, 0x4e});  // shufps xmm1, xmm2, 0x4e
  CHECK(xmm<u32>(m, 1) == List<u32>{3, 4, 5, 6});
  m.run({0x66, 0x0f, 0x70, 0xca, 0x1b});  // pshufd xmm1, xmm2, 0x1b
  CHECK(xmm<u32>(m, 1) == List<u32>{8, 7, 6, 5});
  m.regs.ymm[2] = lanes<u16>({0, 1, 2, 3, 4, 5, 6, 7});
  m.run({0xf3, 0x0f, 0x70, 0xca, 0x1b});  // pshufhw xmm1, xmm2, 0x1b
  CHECK(xmm<u16>(m, 1) == List<u16>{0, 1, 2, 3, 7, 6, 5, 4});
}

TEST_CASE("palignr cuts 16 bytes out of the pair, zeros beyond it") {
  OneInsn m = with(counting(0x20), counting(0x40));
  m.run({0x66, 0x0f, 0x3a, 0x0f, 0xca, 0x05});  // palignr xmm1, xmm2, 5
  CHECK(xmm<u64>(m, 1) == List<u64>{0x4c4b4a4948474645, 0x24232221204f4e4d});
  m = with(counting(0x20), counting(0x40));
  m.run({0x66, 0x0f, 0x3a, 0x0f, 0xca, 0x14});  // by 20
  CHECK(xmm<u64>(m, 1) == List<u64>{0x2b2a292827262524, 0x000000002f2e2d2c});
  m = with({}, counting(0x20), counting(0x40));
  m.run({0xc4, 0xe3, 0x6d, 0x0f, 0xcb, 0x05});  // vpalignr ymm1, ymm2, ymm3, 5
  CHECK(ymm<u64>(m, 1)[3] == 0x34333231305f5e5d);
}

TEST_CASE("pslldq moves bytes up within its half") {
  OneInsn m = with(counting(1), {});
  m.run({0x66, 0x0f, 0x73, 0xf9, 0x03});  // pslldq xmm1, 3
  CHECK(xmm<u64>(m, 1) == List<u64>{0x0504030201000000, 0x0d0c0b0a09080706});
}

TEST_CASE("packs saturate to the narrower lane") {
  OneInsn m = with(lanes<i16>({300, -300, 5, -5}), lanes<i16>({127, 128, -128, -129}));
  m.run({0x66, 0x0f, 0x63, 0xca});  // packsswb xmm1, xmm2
  CHECK(xmm<i8>(m, 1) == List<i8>{127, -128, 5, -5, 0, 0, 0, 0, 127, 127, -128, -128, 0, 0, 0, 0});
  m = with(lanes<i32>({-1, 65536, 65535, 7}), lanes<i32>({1, 2, 3, 4}));
  m.run({0x66, 0x0f, 0x38, 0x2b, 0xca});  // packusdw xmm1, xmm2
  CHECK(xmm<u16>(m, 1) == List<u16>{0, 65535, 65535, 7, 1, 2, 3, 4});
  m = with({}, every<i32>(100000), every<i32>(-3));
  m.run({0xc5, 0xed, 0x6b, 0xcb});  // vpackssdw ymm1, ymm2, ymm3
  CHECK(ymm<u64>(m, 1) ==
        List<u64>{0x7fff7fff7fff7fff, 0xfffdfffdfffdfffd, 0x7fff7fff7fff7fff, 0xfffdfffdfffdfffd});
}

TEST_CASE("punpcklbw interleaves the lower halves") {
  OneInsn m = with(counting(0), counting(0x80));
  m.run({0x66, 0x0f, 0x60, 0xca});
  CHECK(xmm<u64>(m, 1) == List<u64>{0x8303820281018000, 0x8707860685058404});
}

TEST_CASE("blends by an immediate, by xmm0 and by a fourth operand") {
  OneInsn m = with(every<u16>(1), every<u16>(2));
  m.run({0x66, 0x0f, 0x3a, 0x0e, 0xca, 0xa5});  // pblendw xmm1, xmm2, 0xa5
  CHECK(xmm<u16>(m, 1) == List<u16>{2, 1, 2, 1, 1, 2, 1, 2});
  m = with({}, every<u32>(1), every<u32>(2));
  m.run({0xc4, 0xe3, 0x6d, 0x02, 0xcb, 0xa5});  // vpblendd ymm1, ymm2, ymm3, 0xa5
  CHECK(ymm<u32>(m, 1) == List<u32>{2, 1, 2, 1, 1, 2, 1, 2});
  m = with(every<u8>(1), every<u8>(2));
  m.regs.ymm[0] = lanes<u8>({0x80, 0x7f, 0xff});
  m.run({0x66, 0x0f, 0x38, 0x10, 0xca});  // pblendvb xmm1, xmm2
  CHECK(xmm<u32>(m, 1) == List<u32>{0x01020102, 0x01010101, 0x01010101, 0x01010101});
  m = with({}, every<u8>(1), every<u8>(2));
  m.regs.ymm[4] = lanes<u8>({0, 0x80});
  m.run({0xc4, 0xe3, 0x69, 0x4c, 0xcb, 0x40});  // vpblendvb xmm1, xmm2, xmm3, xmm4
  CHECK(ymm<u32>(m, 1) == List<u32>{0x01010201, 0x01010101, 0x01010101, 0x01010101, 0, 0, 0, 0});
}

TEST_CASE("inserting and extracting single lanes") {
  OneInsn m = with(lanes<u16>({0, 1, 2, 3, 4, 5, 6, 0xffff}), {});
  m.regs[cpu::rax] = 0xaaaaaaaaaaaa1234;
  m.run({0x66, 0x0f, 0xc4, 0xc8, 0x03});  // pinsrw xmm1, eax, 3
  CHECK(xmm<u16>(m, 1) == List<u16>{0, 1, 2, 0x1234, 4, 5, 6, 0xffff});
  m.run({0x66, 0x0f, 0xc5, 0xc1, 0x07});  // pextrw eax, xmm1, 7
  CHECK(m.regs[cpu::rax] == 0xffff);
  m.regs[cpu::rax] = OneInsn::kData + 1;
  m.poke(OneInsn::kData + 1, u32{0xdeadbeef});
  m.run({0x66, 0x0f, 0x3a, 0x22, 0x08, 0x02});  // pinsrd xmm1, [rax], 2
  CHECK(xmm<u32>(m, 1)[2] == 0xdeadbeef);
  m.run({0x66, 0x0f, 0x3a, 0x14, 0x08, 0x09});  // pextrb [rax], xmm1, 9
  CHECK(m.peek<u32>(OneInsn::kData + 1) == 0xdeadbebe);
  m = with(lanes<u32>({1, 2, 3, 4}), lanes<u32>({5, 6, 7, 8}));
  m.run({0x66, 0x0f, 0x3a, 0x21, 0xca, 0x98});  // insertps: lane 2 to lane 1, lane 3 cleared
  CHECK(xmm<u32>(m, 1) == List<u32>{1, 7, 3, 0});
}

TEST_CASE("permutations across the halves") {
  OneInsn m = with({}, lanes<u64>({1, 2, 3, 4}), lanes<u64>({5, 6, 7, 8}));
  m.run({0xc4, 0xe3, 0x6d, 0x46, 0xcb, 0x21});  // vperm2i128 ymm1, ymm2, ymm3, 0x21
  CHECK(ymm<u64>(m, 1) == List<u64>{3, 4, 5, 6});
  m.run({0xc4, 0xe3, 0x6d, 0x46, 0xcb, 0x80});
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 2, 0, 0});
  m.run({0xc4, 0xe3, 0xfd, 0x00, 0xca, 0x1b});  // vpermq ymm1, ymm2, 0x1b
  CHECK(ymm<u64>(m, 1) == List<u64>{4, 3, 2, 1});
  m = with({}, lanes<u32>({7, 6, 5, 4, 3, 2, 1, 8}), lanes<u32>({10, 11, 12, 13, 14, 15, 16, 17}));
  m.run({0xc4, 0xe2, 0x6d, 0x36, 0xcb});  // vpermd ymm1, ymm2, ymm3
  CHECK(ymm<u32>(m, 1) == List<u32>{17, 16, 15, 14, 13, 12, 11, 10});
  m.run({0xc4, 0xe2, 0x69, 0x0c, 0xcb});  // vpermilps xmm1, xmm2, xmm3
  CHECK(ymm<u32>(m, 1) == List<u32>{5, 4, 7, 6, 0, 0, 0, 0});
}

}  // namespace
}  // namespace tests
