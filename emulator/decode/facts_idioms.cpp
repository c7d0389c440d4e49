// Instructions that a processor's renamer does not execute: Intel's Optimization Reference Manual,
// 3.5.1.7 (zero idioms) and 3.5.1.12 (move elimination).
#include "emulator/decode/facts.hpp"
#include "emulator/decode/zydis.hpp"

namespace emulator::decode {
namespace {

bool same_registers(const InsnFacts& f, unsigned a, unsigned b) {
  const FactOperand &x = f.operand[a], &y = f.operand[b];
  return x.kind == OperandKind::reg && y.kind == OperandKind::reg && x.reg == y.reg;
}

bool moves_registers(const InsnFacts& f) {
  return f.operand[0].kind == OperandKind::reg && f.operand[1].kind == OperandKind::reg &&
         f.operand[0].reg != Reg::none && f.operand[1].reg != Reg::none;
}

}  // namespace

void find_idioms(InsnFacts& f) {
  const auto mark = [&f](u32 bit, bool wanted) {
    if (wanted) f.bits |= bit;
  };
  switch (f.mnemonic) {
    case ZYDIS_MNEMONIC_XOR:
    case ZYDIS_MNEMONIC_SUB:
      mark(InsnFacts::kZeroIdiom, f.width >= 32 && same_registers(f, 0, 1));
      break;
    case ZYDIS_MNEMONIC_PXOR:
    case ZYDIS_MNEMONIC_XORPS:
    case ZYDIS_MNEMONIC_XORPD:
    case ZYDIS_MNEMONIC_PSUBB:
    case ZYDIS_MNEMONIC_PSUBW:
    case ZYDIS_MNEMONIC_PSUBD:
    case ZYDIS_MNEMONIC_PSUBQ:
    case ZYDIS_MNEMONIC_PCMPGTB:
    case ZYDIS_MNEMONIC_PCMPGTW:
    case ZYDIS_MNEMONIC_PCMPGTD:
    case ZYDIS_MNEMONIC_PCMPGTQ:
      mark(InsnFacts::kZeroIdiom, same_registers(f, 0, 1));
      break;
    case ZYDIS_MNEMONIC_VPXOR:
    case ZYDIS_MNEMONIC_VXORPS:
    case ZYDIS_MNEMONIC_VXORPD:
    case ZYDIS_MNEMONIC_VPSUBB:
    case ZYDIS_MNEMONIC_VPSUBW:
    case ZYDIS_MNEMONIC_VPSUBD:
    case ZYDIS_MNEMONIC_VPSUBQ:
    case ZYDIS_MNEMONIC_VPCMPGTB:
    case ZYDIS_MNEMONIC_VPCMPGTW:
    case ZYDIS_MNEMONIC_VPCMPGTD:
    case ZYDIS_MNEMONIC_VPCMPGTQ:
      mark(InsnFacts::kZeroIdiom, same_registers(f, 1, 2));
      break;
    case ZYDIS_MNEMONIC_MOV:
      mark(InsnFacts::kPlainMove, moves_registers(f) && f.operand[1].width >= 32);
      break;
    case ZYDIS_MNEMONIC_MOVZX:
      mark(InsnFacts::kPlainMove, moves_registers(f) && f.operand[0].width >= 32 &&
                                      f.operand[1].width == 8 &&
                                      !(f.operand[1].bits & FactOperand::kHighByte));
      break;
    case ZYDIS_MNEMONIC_MOVAPS:
    case ZYDIS_MNEMONIC_MOVAPD:
    case ZYDIS_MNEMONIC_MOVUPS:
    case ZYDIS_MNEMONIC_MOVUPD:
    case ZYDIS_MNEMONIC_MOVDQA:
    case ZYDIS_MNEMONIC_MOVDQU:
    case ZYDIS_MNEMONIC_VMOVAPS:
    case ZYDIS_MNEMONIC_VMOVAPD:
    case ZYDIS_MNEMONIC_VMOVUPS:
    case ZYDIS_MNEMONIC_VMOVUPD:
    case ZYDIS_MNEMONIC_VMOVDQA:
    case ZYDIS_MNEMONIC_VMOVDQU:
      mark(InsnFacts::kPlainMove, moves_registers(f));
      break;
    default:
      break;
  }
}

}  // namespace emulator::decode
