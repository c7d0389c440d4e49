// How instructions are spelled: Go's assembler, Intel's manuals, AT&T's. The bytes are what Go's
// assembler makes of the Go spelling.
#include "emulator/decode/go_syntax.hpp"
#include "tests/support/catch.hpp"

using namespace emulator;
using namespace emulator::decode;

namespace {

constexpr Addr kPc(0x455000);

std::string name_of(Addr a) {
  if (a == Addr(0x4be8a0)) return "runtime.m0";
  if (a == Addr(0x455e20)) return "runtime.rt0_go";
  if (a == Addr(0x455e25)) return "runtime.rt0_go+5";
  return {};
}

std::string go(std::vector<u8> code) {
  Insn insn;
  if (Decoder().decode(code, kPc, insn) != Decoder::Status::ok) return "(bad)";
  return go_syntax(insn, name_of);
}

std::string text(std::vector<u8> code, Syntax syntax) {
  return Decoder().format(code, kPc, syntax);
}

}  // namespace

TEST_CASE("Go's spelling has the source first and the size in the name") {
  CHECK(go({0x48, 0x89, 0x5f, 0x10}) == "MOVQ BX, 0x10(DI)");
  CHECK(go({0x89, 0xd8}) == "MOVL BX, AX");
  CHECK(go({0x88, 0x03}) == "MOVB AL, (BX)");
  CHECK(go({0x48, 0x83, 0xec, 0x18}) == "SUBQ $0x18, SP");
  CHECK(go({0x48, 0x83, 0xc4, 0xe8}) == "ADDQ $-0x18, SP");
  CHECK(go({0x4c, 0x8d, 0x64, 0x24, 0xf8}) == "LEAQ -0x8(SP), R12");
  CHECK(go({0x48, 0x8b, 0x04, 0xca}) == "MOVQ (DX)(CX*8), AX");
  CHECK(go({0x55}) == "PUSHQ BP");
  CHECK(go({0x48, 0x85, 0xc0}) == "TESTQ AX, AX");
}

TEST_CASE("Go's comparisons keep the order of the condition that follows") {
  CHECK(go({0x48, 0x39, 0xd8}) == "CMPQ AX, BX");
  CHECK(go({0x49, 0x3b, 0x66, 0x10}) == "CMPQ SP, 0x10(R14)");
  CHECK(go({0x83, 0xf8, 0x05}) == "CMPL AX, $0x5");
}

TEST_CASE("Go has its own names for conditions, extensions and moves of 16 bytes") {
  CHECK(go({0x74, 0x02}) == "JEQ 0x455004");
  CHECK(go({0x0f, 0x86, 0x00, 0x01, 0x00, 0x00}) == "JLS 0x455106");
  CHECK(go({0x73, 0x02}) == "JCC 0x455004");
  CHECK(go({0x48, 0x0f, 0x44, 0xc3}) == "CMOVQEQ BX, AX");
  CHECK(go({0x0f, 0x95, 0xc0}) == "SETNE AL");
  CHECK(go({0x0f, 0xb6, 0xc0}) == "MOVBLZX AL, AX");
  CHECK(go({0x48, 0x0f, 0xbf, 0xc3}) == "MOVWQSX BX, AX");
  CHECK(go({0x48, 0x63, 0xc8}) == "MOVLQSX AX, CX");
  CHECK(go({0xf3, 0x0f, 0x6f, 0x06}) == "MOVOU (SI), X0");
  CHECK(go({0x44, 0x0f, 0x11, 0x7c, 0x24, 0x10}) == "MOVUPS X15, 0x10(SP)");
}

TEST_CASE("Go's spelling names what addresses refer to") {
  CHECK(go({0xe8, 0x1b, 0x0e, 0x00, 0x00}) == "CALL runtime.rt0_go(SB)");
  CHECK(go({0xe9, 0x20, 0x0e, 0x00, 0x00}) == "JMP 0x455e25");
  CHECK(go({0x48, 0x8d, 0x05, 0x99, 0x98, 0x06, 0x00}) == "LEAQ runtime.m0(SB), AX");
  CHECK(go({0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff}) == "MOVQ FS:-0x8, CX");
}

TEST_CASE("Prefixes stand in front, as Go writes them") {
  CHECK(go({0xf0, 0x0f, 0xb1, 0x0b}) == "LOCK; CMPXCHGL CX, (BX)");
  CHECK(go({0xf3, 0x48, 0xab}) == "REP; STOSQ");
  CHECK(go({0xf3, 0x48, 0xa5}) == "REP; MOVSQ");
  CHECK(go({0x0f, 0x05}) == "SYSCALL");
  CHECK(go({0xc3}) == "RET");
}

TEST_CASE("Intel's and AT&T's spelling of one instruction") {
  const std::vector<u8> store = {0x48, 0x89, 0x5f, 0x10};
  CHECK(text(store, Syntax::intel) == "mov [rdi+0x10], rbx");
  CHECK(text(store, Syntax::att) == "mov %rbx, 0x10(%rdi)");
}
