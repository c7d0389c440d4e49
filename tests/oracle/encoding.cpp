#include "tests/oracle/encoding.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"

namespace tests::oracle {
namespace {

ZydisRegister plus(ZydisRegister first, u64 number) {
  return static_cast<ZydisRegister>(static_cast<u64>(first) + number);
}

ZydisBranchWidth branch_width(const Form& form) {
  switch (form.operands[0]) {
    case Kind::kRel8:
      return ZYDIS_BRANCH_WIDTH_8;
    case Kind::kRel32:
      return ZYDIS_BRANCH_WIDTH_32;
    default:
      return ZYDIS_BRANCH_WIDTH_NONE;
  }
}

/// The first byte that is no legacy prefix.
u64 skip_prefixes(const Case& one) {
  constexpr std::array<u8, 8> kPrefixes = {0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x64, 0x65, 0x2e};
  u64 at = 0;
  while (at < one.length &&
         std::find(kPrefixes.begin(), kPrefixes.end(), one.code[at]) != kPrefixes.end())
    ++at;
  return at;
}

/// The opcode's bit that says which operand is the destination; zero where there is none.
u8 direction_bit(bool escape, u8 opcode) {
  if (!escape) {
    const bool arithmetic = (opcode & 0xc4) == 0;          // 00–03 … 38–3b
    return arithmetic || (opcode & 0xfc) == 0x88 ? 2 : 0;  // mov
  }
  if (opcode == 0x10 || opcode == 0x11) return 0x01;  // movups, movss …
  if (opcode == 0x28 || opcode == 0x29) return 0x01;  // movaps
  if (opcode == 0x6f || opcode == 0x7f) return 0x10;  // movdqa
  return 0;
}

}  // namespace

bool encode(const Form& form, std::span<const ZydisEncoderOperand> operands, bool fs, Case& one) {
  ZydisEncoderRequest request{};
  request.machine_mode = ZYDIS_MACHINE_MODE_LONG_64;
  request.allowed_encodings = static_cast<ZydisEncodableEncoding>(ZYDIS_ENCODABLE_ENCODING_LEGACY |
                                                                  ZYDIS_ENCODABLE_ENCODING_VEX);
  request.mnemonic = form.mnemonic;
  request.prefixes = form.prefixes | (fs ? ZYDIS_ATTRIB_HAS_SEGMENT_FS : 0);
  request.branch_width = branch_width(form);
  request.operand_count = static_cast<ZyanU8>(operands.size());
  std::copy(operands.begin(), operands.end(), request.operands);
  ZyanUSize length = one.code.size();
  if (!ZYAN_SUCCESS(ZydisEncoderEncodeInstruction(&request, one.code.data(), &length)))
    return false;
  one.length = static_cast<u8>(length);
  return true;
}

void flip_direction(Case& one) {
  u64 at = skip_prefixes(one);
  u8* rex = (one.code[at] & 0xf0) == 0x40 ? &one.code[at++] : nullptr;
  const bool escape = one.code[at] == 0x0f;
  if (escape) ++at;
  const u8 bit = direction_bit(escape, one.code[at]);
  u8& modrm = one.code[at + 1];
  if (bit == 0 || at + 2 != one.length || modrm < 0xc0) return;
  if (!escape && (one.code[at] & 0xfc) != 0x88 && (one.code[at] & 4) != 0) return;
  one.code[at] ^= bit;
  modrm = static_cast<u8>(0xc0 | (modrm & 7) << 3 | (modrm >> 3 & 7));
  if (rex != nullptr) *rex = static_cast<u8>((*rex & 0xfa) | (*rex & 1) << 2 | (*rex >> 2 & 1));
}

ZydisRegister random_register(Random& random, Kind kind) {
  const u64 number = random.below(16);
  switch (kind) {
    case Kind::kR8:
      return plus(ZYDIS_REGISTER_AL, random.below(20));  // with ah, ch, dh, bh
    case Kind::kR16:
      return plus(ZYDIS_REGISTER_AX, number);
    case Kind::kR32:
      return plus(ZYDIS_REGISTER_EAX, number);
    case Kind::kR64:
      return plus(ZYDIS_REGISTER_RAX, number);
    case Kind::kYmm:
      return plus(ZYDIS_REGISTER_YMM0, number);
    case Kind::kXmm:
      return plus(ZYDIS_REGISTER_XMM0, number);
    case Kind::kCl:
      return ZYDIS_REGISTER_CL;
    default:
      break;
  }
  RT0_CHECK(false, "not a register");
}

Decoded decode(const Case& one) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  Decoded out{};
  const bool fine = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, one.code.data(), one.length,
                                                        &out.insn, out.operands.data()));
  RT0_CHECK(fine, "an instruction that was just encoded does not decode");
  return out;
}

std::string disassemble(const Case& one) {
  const Decoded d = decode(one);
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  std::array<char, 160> text{};
  ZydisFormatterFormatInstruction(&formatter, &d.insn, d.operands.data(),
                                  d.insn.operand_count_visible, text.data(), text.size(),
                                  one.before.rip, nullptr);
  return text.data();
}

}  // namespace tests::oracle
