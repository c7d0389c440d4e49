#include "tests/emulator/semantics/vector_values.hpp"

namespace tests {
namespace {

constexpr u64 kOnes = ~u64{0};
constexpr u64 kData = OneInsn::kData, kReadOnly = kData + OneInsn::kDataSize - base::kPageSize;

/// RAX points at `address`, YMM1 is all ones, and the words 1 to 4 lie at `address`.
OneInsn machine_at(u64 address) {
  OneInsn m;
  m.regs[cpu::rax] = address;
  m.regs.ymm[1] = every<u64>(kOnes);
  for (u64 i = 0; i < 4; ++i) m.poke(address + 8 * i, i + 1);
  return m;
}

TEST_CASE("movups loads from any address and keeps the upper half, vmovups clears it") {
  OneInsn m = machine_at(kData + 3);
  m.run({0x0f, 0x10, 0x08});  // movups xmm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 2, kOnes, kOnes});
  m.run({0xc5, 0xf8, 0x10, 0x08});  // vmovups xmm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 2, 0, 0});
  m.run({0xc5, 0xfc, 0x10, 0x08});  // vmovups ymm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 2, 3, 4});
}

TEST_CASE("aligned moves raise #GP at other addresses, by the operand's own size") {
  OneInsn m = machine_at(kData + 16);
  m.run({0x0f, 0x28, 0x08});  // movaps xmm1, [rax]
  CHECK(xmm<u64>(m, 1) == List<u64>{1, 2});
  const auto fault = m.step({0xc5, 0xfc, 0x28, 0x08});  // vmovaps ymm1, [rax]
  REQUIRE(fault);
  CHECK(fault->kind == cpu::FaultKind::general_protection);
  m.regs[cpu::rax] += 8;
  CHECK(m.step({0x0f, 0x28, 0x08})->kind == cpu::FaultKind::general_protection);
  CHECK(m.step({0x0f, 0x29, 0x08})->kind == cpu::FaultKind::general_protection);
}

TEST_CASE("a store that runs into a read-only page writes nothing") {
  OneInsn m = machine_at(kReadOnly - 24);
  m.regs[cpu::rax] = kReadOnly - 8;
  const auto fault = m.step({0x0f, 0x11, 0x08});  // movups [rax], xmm1
  REQUIRE(fault);
  CHECK(fault->kind == cpu::FaultKind::page);
  CHECK(fault->address == Addr(kReadOnly));
  CHECK(fault->access == cpu::Access::write);
  CHECK(fault->present);
  CHECK(m.peek<u64>(kReadOnly - 8) == 3);
}

TEST_CASE("a load across pages reads both") {
  OneInsn m = machine_at(kData + base::kPageSize - 8);
  m.run({0x0f, 0x10, 0x08});
  CHECK(xmm<u64>(m, 1) == List<u64>{1, 2});
}

TEST_CASE("movss and movsd clear the rest of the register when they load, and only then") {
  OneInsn m = machine_at(kData);
  m.run({0xf3, 0x0f, 0x10, 0x08});  // movss xmm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 0, kOnes, kOnes});
  m.regs.ymm[1] = every<u64>(7), m.regs.ymm[2] = lanes<u64>({0x1111111122222222, 9});
  m.run({0xf3, 0x0f, 0x10, 0xca});  // movss xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{0x22222222, 7, 7, 7});
  m.run({0xf2, 0x0f, 0x10, 0xca});  // movsd xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{0x1111111122222222, 7, 7, 7});
  m.regs.ymm[3] = lanes<u64>({5, 6});
  m.run({0xc5, 0xeb, 0x10, 0xcb});  // vmovsd xmm1, xmm2, xmm3
  CHECK(ymm<u64>(m, 1) == List<u64>{5, 9, 0, 0});
  m.run({0xf2, 0x0f, 0x11, 0x10});  // movsd [rax], xmm2
  CHECK(m.peek<u64>(kData) == 0x1111111122222222);
}

TEST_CASE("movsd without operands is the string instruction") {
  OneInsn m = machine_at(kData);
  m.regs[cpu::rsi] = kData, m.regs[cpu::rdi] = kData + 0x100;
  m.run({0xa5});
  CHECK(m.peek<u64>(kData + 0x100) == 1);
  CHECK(m.regs[cpu::rsi] == kData + 4);
  m.regs[cpu::rcx] = 3;
  m.run({0xf3, 0xa5});
  CHECK(m.regs[cpu::rcx] == 0);
  CHECK(m.peek<u64>(kData + 0x108) == 2);
}

TEST_CASE(
    "movd and movq move between general and vector registers and clear what they do not fill") {
  OneInsn m = machine_at(kData);
  m.regs[cpu::rax] = 0x123456789abcdef0;
  m.run({0x66, 0x48, 0x0f, 0x6e, 0xc8});  // movq xmm1, rax
  CHECK(ymm<u64>(m, 1) == List<u64>{0x123456789abcdef0, 0, kOnes, kOnes});
  m.run({0x66, 0x0f, 0x6e, 0xc8});  // movd xmm1, eax
  CHECK(xmm<u64>(m, 1) == List<u64>{0x9abcdef0, 0});
  m.regs.ymm[1] = every<u64>(kOnes);
  m.run({0x66, 0x0f, 0x7e, 0xc8});  // movd eax, xmm1
  CHECK(m.regs[cpu::rax] == 0xffffffff);
  m.regs.ymm[2] = lanes<u64>({8, 9});
  m.run({0xf3, 0x0f, 0x7e, 0xca});  // movq xmm1, xmm2
  CHECK(xmm<u64>(m, 1) == List<u64>{8, 0});
  m.run({0x66, 0x48, 0x0f, 0x7e, 0xc8});  // movq rax, xmm1
  CHECK(m.regs[cpu::rax] == 8);
  m.regs[cpu::rax] = kData + 5;
  m.run({0x66, 0x0f, 0xd6, 0x08});  // movq [rax], xmm1
  CHECK(m.peek<u64>(kData + 5) == 8);
}

TEST_CASE("the half moves replace one quadword and keep the other") {
  OneInsn m = machine_at(kData);
  m.regs.ymm[1] = lanes<u64>({10, 11, 12, 13}), m.regs.ymm[2] = lanes<u64>({20, 21, 22, 23});
  m.run({0x0f, 0x16, 0x08});  // movhps xmm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{10, 1, 12, 13});
  m.run({0x0f, 0x12, 0xca});  // movhlps xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{21, 1, 12, 13});
  m.run({0x0f, 0x16, 0xca});  // movlhps xmm1, xmm2
  CHECK(ymm<u64>(m, 1) == List<u64>{21, 20, 12, 13});
  m.run({0xc5, 0xe8, 0x16, 0x08});  // vmovhps xmm1, xmm2, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{20, 1, 0, 0});
  m.regs.ymm[1] = lanes<u64>({30, 31});
  m.run({0x0f, 0x17, 0x08});  // movhps [rax], xmm1
  CHECK(m.peek<u64>(kData) == 31);
}

TEST_CASE("the sign masks have a bit for each lane") {
  OneInsn m;
  m.regs[cpu::rax] = kOnes;
  m.regs.ymm[1] = lanes<u32>({0x80000000, 1, 0x7fffffff, 0xffffffff});
  m.run({0x0f, 0x50, 0xc1});  // movmskps eax, xmm1
  CHECK(m.regs[cpu::rax] == 0b1001);
  m.regs.ymm[1] = every<u8>(0x80);
  m.run({0xc5, 0xfd, 0xd7, 0xc1});  // vpmovmskb eax, ymm1
  CHECK(m.regs[cpu::rax] == 0xffffffff);
}

TEST_CASE("maskmovdqu writes the chosen bytes to [rdi]") {
  OneInsn m = machine_at(kData);
  m.regs[cpu::rdi] = kData + 1;
  m.regs.ymm[2] = lanes<u8>({0x80, 0, 0xff, 0x7f});
  m.run({0x66, 0x0f, 0xf7, 0xca});  // maskmovdqu xmm1, xmm2
  CHECK(m.peek<u32>(kData) == 0xff00ff01);
  CHECK(m.effects.count == 2);
}

TEST_CASE("lanes that are masked off neither load nor fault nor store") {
  OneInsn m = machine_at(kReadOnly + base::kPageSize - 32);  // nothing is mapped behind
  m.regs[cpu::rax] += 16;
  m.regs.ymm[2] = lanes<u32>({0x80000000, 0, 0xffffffff, 0, 0, 0, 0, 0});
  m.run({0xc4, 0xe2, 0x6d, 0x8c, 0x08});  // vpmaskmovd ymm1, ymm2, [rax]
  CHECK(ymm<u32>(m, 1) == List<u32>{3, 0, 4, 0, 0, 0, 0, 0});
  m.regs[cpu::rax] = kReadOnly - 8;
  m.regs.ymm[2] = lanes<u32>({0x80000000, 0x80000000});
  m.run({0xc4, 0xe2, 0x6d, 0x8e, 0x08});  // vpmaskmovd [rax], ymm2, ymm1
  CHECK(m.peek<u64>(kReadOnly - 8) == 3);
  m.regs.ymm[1] = every<u32>(9), m.regs.ymm[2] = every<u32>(0x80000000);
  CHECK(m.step({0xc4, 0xe2, 0x6d, 0x8e, 0x08})->address == Addr(kReadOnly));
  CHECK(m.peek<u64>(kReadOnly - 8) == 3);
}

TEST_CASE("vzeroupper keeps the lower halves, vzeroall nothing") {
  OneInsn m;
  for (unsigned i = 0; i < 16; ++i) m.regs.ymm[i] = every<u64>(i + 1);
  m.run({0xc5, 0xf8, 0x77});
  for (unsigned i = 0; i < 16; ++i) CHECK(ymm<u64>(m, i) == List<u64>{i + 1, i + 1, 0, 0});
  m.run({0xc5, 0xfc, 0x77});
  for (unsigned i = 0; i < 16; ++i) CHECK(m.regs.ymm[i] == V256{});
}

TEST_CASE("broadcasts, and the halves of a ymm register") {
  OneInsn m = machine_at(kData);
  m.regs.ymm[2] = lanes<u64>({0xab, 21, 22, 23}), m.regs.ymm[3] = lanes<u64>({30, 31});
  m.run({0xc4, 0xe2, 0x7d, 0x78, 0xca});  // vpbroadcastb ymm1, xmm2
  CHECK(m.regs.ymm[1] == every<u8>(0xab));
  m.run({0xc4, 0xe2, 0x7d, 0x5a, 0x08});  // vbroadcasti128 ymm1, [rax]
  CHECK(ymm<u64>(m, 1) == List<u64>{1, 2, 1, 2});
  m.run({0xc4, 0xe3, 0x7d, 0x39, 0xd1, 0x01});  // vextracti128 xmm1, ymm2, 1
  CHECK(ymm<u64>(m, 1) == List<u64>{22, 23, 0, 0});
  m.run({0xc4, 0xe3, 0x6d, 0x38, 0xcb, 0x01});  // vinserti128 ymm1, ymm2, xmm3, 1
  CHECK(ymm<u64>(m, 1) == List<u64>{0xab, 21, 30, 31});
}

TEST_CASE("widening moves read only what they widen") {
  OneInsn m;
  m.regs[cpu::rax] = kReadOnly + base::kPageSize - 8;
  m.poke(m.regs[cpu::rax], u64{0x80ff7f0102030405});
  m.run({0x66, 0x0f, 0x38, 0x20, 0x08});  // pmovsxbw xmm1, [rax]
  CHECK(xmm<i16>(m, 1) == List<i16>{5, 4, 3, 2, 1, 127, -1, -128});
  m.run({0xc4, 0xe2, 0x7d, 0x31, 0x08});  // vpmovzxbd ymm1, [rax]
  CHECK(ymm<u32>(m, 1) == List<u32>{5, 4, 3, 2, 1, 127, 255, 128});
  m.run({0xf2, 0x0f, 0x12, 0x08});  // movddup xmm1, [rax]
  CHECK(xmm<u64>(m, 1) == List<u64>{0x80ff7f0102030405, 0x80ff7f0102030405});
}

TEST_CASE("gathers load where the mask says so, clear the mask, and keep the other lanes") {
  OneInsn m;
  m.regs[cpu::rax] = kData + 0x800;
  for (u32 i = 0; i < 512; ++i) m.poke(kData + 4 * i, i);
  m.regs.ymm[1] = every<u32>(7777);
  m.regs.ymm[2] = lanes<i32>({0, 1, -1, 100, -512, -511, 2, 1 << 30});
  m.regs.ymm[3] = lanes<u32>({0x80000000, 0, 0xffffffff, 0x80000000, 0x80000000, 0, 0, 0});
  m.poke(kData + 0x800, u32{512}), m.poke(kData + 0x800 + 400, u32{612});
  m.run({0xc4, 0xe2, 0x65, 0x90, 0x0c, 0x90});  // vpgatherdd ymm1, [rax + ymm2*4], ymm3
  CHECK(ymm<u32>(m, 1) == List<u32>{512, 7777, 511, 612, 0, 7777, 7777, 7777});
  CHECK(m.regs.ymm[3] == V256{});
  m.regs.ymm[2] = lanes<i64>({-1, -2, -3, -4}), m.regs.ymm[3] = every<u64>(kOnes);
  m.run({0xc4, 0xe2, 0x65, 0x91, 0x0c, 0x90});  // vpgatherqd xmm1, [rax + ymm2*4], xmm3
  CHECK(ymm<u32>(m, 1) == List<u32>{511, 510, 509, 508, 0, 0, 0, 0});
  CHECK(m.regs.ymm[3] == V256{});
  m.regs.ymm[2] = lanes<i32>({-1, -2, -3, -4}), m.regs.ymm[3] = every<u64>(kOnes);
  m.run({0xc4, 0xe2, 0xe5, 0x90, 0x0c, 0xd0});  // vpgatherdq ymm1, [rax + xmm2*8], ymm3
  CHECK(ymm<u32>(m, 1) == List<u32>{510, 511, 508, 509, 506, 507, 504, 505});
  m.regs.ymm[2] = lanes<u32>({0, 0x10000000}), m.regs.ymm[3] = every<u64>(kOnes);
  CHECK(m.step({0xc4, 0xe2, 0x61, 0x92, 0x0c, 0x90})->kind == cpu::FaultKind::page);  // vgatherdps
  CHECK(m.regs.ymm[3] == every<u64>(kOnes));
}

}  // namespace
}  // namespace tests
