#include "emulator/decode/facts.hpp"

#include <initializer_list>

#include "emulator/cpu/flags.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace emulator;
using decode::FactOperand;
using decode::Flow;
using decode::gpr;
using decode::InsnFacts;
using decode::OperandKind;
using decode::Reg;
using decode::RegSet;
using decode::ymm;

InsnFacts facts(std::initializer_list<u8> code) {
  static const decode::Decoder decoder;
  std::array<u8, 15> padded{};
  std::copy(code.begin(), code.end(), padded.begin());
  InsnFacts out;
  REQUIRE(decoder.facts(padded, out));
  CHECK(out.length == code.size());
  return out;
}

RegSet set(std::initializer_list<Reg> all) {
  RegSet out;
  for (const Reg r : all) out.add(r);
  return out;
}

constexpr Reg kRax = gpr(cpu::rax), kRcx = gpr(cpu::rcx), kRdx = gpr(cpu::rdx),
              kRbx = gpr(cpu::rbx), kRsp = gpr(cpu::rsp), kRsi = gpr(cpu::rsi),
              kRdi = gpr(cpu::rdi);

}  // namespace

TEST_CASE("registers are read for addresses, for data, or both") {
  const InsnFacts store = facts({0x48, 0x89, 0x5c, 0x8f, 0x10});  // mov [rdi+rcx*4+0x10], rbx
  CHECK(store.read == set({kRdi, kRcx, kRbx}));
  CHECK(store.address == set({kRdi, kRcx}));
  CHECK(store.written.empty());
  CHECK((store.bits & (InsnFacts::kLoads | InsnFacts::kStores)) == InsnFacts::kStores);
  CHECK(store.operand[0].reg == kRdi);
  CHECK(store.operand[0].index == kRcx);
  CHECK(store.operand[0].scale == 2);
  CHECK(store.disp_bytes == 1);
  const InsnFacts lea = facts({0x8d, 0x04, 0x08});  // lea eax, [rax+rcx]
  CHECK(lea.read == set({kRax, kRcx}));
  CHECK_FALSE(lea.is(InsnFacts::kLoads));
  CHECK_FALSE(lea.is(InsnFacts::kMayFault));
  const InsnFacts tls = facts({0x64, 0x48, 0x8b, 0x00});  // mov rax, fs:[rax]
  CHECK(tls.address == set({kRax, Reg::fs_base}));
}

TEST_CASE("what the mnemonic implies is among the facts") {
  const InsnFacts div = facts({0x48, 0xf7, 0xf1});  // div rcx
  CHECK(div.read == set({kRax, kRdx, kRcx}));
  CHECK(div.written == set({kRax, kRdx}));
  CHECK(div.is(InsnFacts::kMayFault));
  const InsnFacts push = facts({0x50});  // push rax
  CHECK(push.written == set({kRsp}));
  CHECK(push.operand[2].bits == (FactOperand::kWritten | FactOperand::kStack));
  const InsnFacts swap = facts({0xf0, 0x48, 0x0f, 0xb1, 0x0e});  // lock cmpxchg [rsi], rcx
  CHECK(swap.is(InsnFacts::kLock));
  CHECK(swap.read == set({kRax, kRcx, kRsi}));
  CHECK(swap.written == set({kRax}));
  CHECK(facts({0x48, 0x87, 0x0e}).is(InsnFacts::kLock));  // xchg [rsi], rcx
  const InsnFacts copy = facts({0xf3, 0xa4});             // rep movsb
  CHECK(copy.is(InsnFacts::kRep));
  CHECK(copy.written == set({kRcx, kRsi, kRdi}));
  CHECK(copy.flags_read == cpu::kDF);
  const InsnFacts upper = facts({0xc5, 0xf8, 0x77});  // vzeroupper
  CHECK(upper.written == RegSet::vectors());
  CHECK(facts({0x0f, 0x58, 0xc1}).written == set({ymm(0), Reg::mxcsr}));  // addps xmm0, xmm1
  CHECK(facts({0x0f, 0xa2}).is(InsnFacts::kOutside));                     // cpuid
}

TEST_CASE("a partial write depends on what it keeps") {
  CHECK(facts({0xb0, 1}).read == set({kRax}));                           // mov al, 1
  CHECK(facts({0x31, 0xd8}).read == set({kRax, kRbx}));                  // xor eax, ebx
  CHECK(facts({0xb8, 1, 0, 0, 0}).read.empty());                         // mov eax, 1
  CHECK(facts({0xf2, 0x0f, 0x10, 0xc1}).read == set({ymm(0), ymm(1)}));  // movsd xmm0, xmm1
  CHECK(facts({0x0f, 0x44, 0xc1}).read == set({kRax, kRcx}));            // cmovz eax, ecx
  const InsnFacts by_cl = facts({0xd3, 0xe0});                           // shl eax, cl
  CHECK(by_cl.is(InsnFacts::kMayKeepFlags));
  CHECK((by_cl.flags_read & cpu::kCF) != 0);
  CHECK_FALSE(facts({0xd1, 0xe0}).is(InsnFacts::kMayKeepFlags));  // shl eax, 1
}

TEST_CASE("flows are told apart, and direct targets from indirect ones") {
  const auto is = [](const InsnFacts& f, Flow flow, bool indirect) {
    return f.flow == flow && f.is(InsnFacts::kIndirect) == indirect;
  };
  CHECK(is(facts({0xe8, 0, 0, 0, 0}), Flow::call, false));
  CHECK(is(facts({0xff, 0x10}), Flow::call, true));
  CHECK(is(facts({0xeb, 0xfe}), Flow::jump, false));
  CHECK(is(facts({0xff, 0xe0}), Flow::jump, true));
  CHECK(is(facts({0x74, 0xfe}), Flow::branch, false));
  CHECK(is(facts({0xe2, 0xfe}), Flow::branch, false));  // loop
  CHECK(is(facts({0xc3}), Flow::ret, true));
  CHECK(is(facts({0x0f, 0x05}), Flow::system_call, false));
  CHECK(is(facts({0xcc}), Flow::trap, false));
  CHECK(is(facts({0x0f, 0x0b}), Flow::trap, false));  // ud2
  const std::array<u8, 5> back = {0xe9, 0xfb, 0xff, 0xff, 0xff};
  CHECK(branch_target(facts({0xe9, 0xfb, 0xff, 0xff, 0xff}), back, Addr(0x1000)) == 0x1000);
  const std::array<u8, 2> loop = {0x74, 0x10};
  CHECK(branch_target(facts({0x74, 0x10}), loop, Addr(0x1000)) == 0x1012);
  CHECK(branch_target(facts({0xc3}), loop, Addr(0x1000)) == 0);
}

TEST_CASE("idioms that renamers know are marked, and only those") {
  const auto zeroes = [](std::initializer_list<u8> code) {
    return facts(code).is(InsnFacts::kZeroIdiom);
  };
  CHECK(zeroes({0x31, 0xc0}));                      // xor eax, eax
  CHECK(zeroes({0x48, 0x29, 0xdb}));                // sub rbx, rbx
  CHECK(zeroes({0xc5, 0xf9, 0xef, 0xc0}) == true);  // vpxor xmm0, xmm0, xmm0
  CHECK(zeroes({0x0f, 0x57, 0xff}));                // xorps xmm7, xmm7
  CHECK_FALSE(zeroes({0x66, 0x31, 0xc0}));          // xor ax, ax
  CHECK_FALSE(zeroes({0x30, 0xc0}));                // xor al, al
  CHECK_FALSE(zeroes({0x31, 0xd8}));                // xor eax, ebx
  CHECK_FALSE(zeroes({0x19, 0xc0}));                // sbb eax, eax
  const auto moves = [](std::initializer_list<u8> code) {
    return facts(code).is(InsnFacts::kPlainMove);
  };
  CHECK(moves({0x89, 0xd8}));              // mov eax, ebx
  CHECK(moves({0x0f, 0xb6, 0xc3}));        // movzx eax, bl
  CHECK(moves({0x0f, 0x28, 0xc1}));        // movaps xmm0, xmm1
  CHECK_FALSE(moves({0x0f, 0xb6, 0xc7}));  // movzx eax, bh
  CHECK_FALSE(moves({0x66, 0x89, 0xd8}));  // mov ax, bx
  CHECK_FALSE(moves({0x8b, 0x00}));        // mov eax, [rax]
}

TEST_CASE("prefixes, and those that change the length of what follows") {
  const InsnFacts imm16 = facts({0x66, 0xb8, 0x34, 0x12});  // mov ax, 0x1234
  CHECK(imm16.is(InsnFacts::kLengthChanging));
  CHECK(imm16.immediate_bytes == 2);
  CHECK((imm16.prefixes & InsnFacts::kOperandSize) != 0);
  CHECK_FALSE(facts({0x66, 0x83, 0xc0, 1}).is(InsnFacts::kLengthChanging));  // add ax, 1
  // REX.W undoes 66H; RET's immediate has 16 bits anyway; 66H of PXOR is part of the opcode.
  CHECK_FALSE(facts({0x66, 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}).is(InsnFacts::kLengthChanging));
  CHECK_FALSE(facts({0x66, 0xc2, 8, 0}).is(InsnFacts::kLengthChanging));
  const InsnFacts pxor = facts({0x66, 0x0f, 0xef, 0xc1});
  CHECK((pxor.prefixes & InsnFacts::kOperandSize) == 0);
  CHECK(pxor.map == 1);
  const InsnFacts moffs = facts({0x67, 0xa1, 1, 2, 3, 4});  // mov eax, [moffs32]
  CHECK(moffs.is(InsnFacts::kLengthChanging));
  const InsnFacts vex = facts({0xc4, 0xe2, 0xf5, 0xbc, 0xc2});  // vfnmadd231pd ymm0, ymm1, ymm2
  CHECK(vex.encoding == decode::Encoding::vex);
  CHECK(vex.map == 2);
  CHECK(vex.width == 256);
}

TEST_CASE("the same facts have one number, wherever and however often they are asked for") {
  const decode::Decoder decoder;
  decode::FactsTable table;
  const std::array<u8, 15> call = {0xe8, 1, 2, 3, 4}, other_call = {0xe8, 9, 9, 9, 9},
                           add = {0x48, 0x03, 0x06}, none = {0x06};
  const u32 first = table.find(decoder, call);
  CHECK(first != 0);
  CHECK(table.find(decoder, other_call) == first);
  CHECK(table.find(decoder, add) != first);
  CHECK(table.find(decoder, none) == 0);
  CHECK(table.form_name(table[first].form) == "call rel");
  CHECK(table.form_name(table[table.find(decoder, add)].form) == "add r64, m64");
}
