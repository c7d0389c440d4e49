#include "tests/oracle/undefined_flags.hpp"

#include <algorithm>
#include <iterator>

#include "tests/oracle/encoding.hpp"

namespace tests::oracle {
namespace {

struct Always {
  ZydisMnemonic mnemonic;
  u32 flags;
};

// "Flags Affected" in SDM vol. 2 (2A: A–L, 2B: M–U, 2C: V–Z). Whatever depends on the operands is
// below the table.
constexpr Always kAlways[] = {
    // AND, OR, XOR, TEST, ANDN: the state of AF is undefined.
    {ZYDIS_MNEMONIC_AND, kAF},
    {ZYDIS_MNEMONIC_OR, kAF},
    {ZYDIS_MNEMONIC_XOR, kAF},
    {ZYDIS_MNEMONIC_TEST, kAF},
    {ZYDIS_MNEMONIC_ANDN, kAF | kPF},
    // MUL, IMUL: SF, ZF, AF and PF are undefined.
    {ZYDIS_MNEMONIC_MUL, kSF | kZF | kAF | kPF},
    {ZYDIS_MNEMONIC_IMUL, kSF | kZF | kAF | kPF},
    // DIV, IDIV: all six are undefined.
    {ZYDIS_MNEMONIC_DIV, kStatusFlags},
    {ZYDIS_MNEMONIC_IDIV, kStatusFlags},
    // BSF, BSR: all but ZF. TZCNT, LZCNT: all but ZF and CF.
    {ZYDIS_MNEMONIC_BSF, kStatusFlags & ~kZF},
    {ZYDIS_MNEMONIC_BSR, kStatusFlags & ~kZF},
    {ZYDIS_MNEMONIC_TZCNT, kOF | kSF | kPF | kAF},
    {ZYDIS_MNEMONIC_LZCNT, kOF | kSF | kPF | kAF},
    // BT, BTC, BTR, BTS: OF, SF, AF and PF are undefined, ZF is unaffected.
    {ZYDIS_MNEMONIC_BT, kOF | kSF | kAF | kPF},
    {ZYDIS_MNEMONIC_BTC, kOF | kSF | kAF | kPF},
    {ZYDIS_MNEMONIC_BTR, kOF | kSF | kAF | kPF},
    {ZYDIS_MNEMONIC_BTS, kOF | kSF | kAF | kPF},
    // BEXTR: AF, SF and PF. BLSI, BLSMSK, BLSR, BZHI: AF and PF.
    {ZYDIS_MNEMONIC_BEXTR, kAF | kSF | kPF},
    {ZYDIS_MNEMONIC_BLSI, kAF | kPF},
    {ZYDIS_MNEMONIC_BLSMSK, kAF | kPF},
    {ZYDIS_MNEMONIC_BLSR, kAF | kPF},
    {ZYDIS_MNEMONIC_BZHI, kAF | kPF},
};

enum class Family : u8 { kNone, kShift, kRotate, kRotateCarry, kDouble };

Family family_of(ZydisMnemonic mnemonic) {
  switch (mnemonic) {
    case ZYDIS_MNEMONIC_SHL:
    case ZYDIS_MNEMONIC_SHR:
    case ZYDIS_MNEMONIC_SAR:
      return Family::kShift;
    case ZYDIS_MNEMONIC_ROL:
    case ZYDIS_MNEMONIC_ROR:
      return Family::kRotate;
    case ZYDIS_MNEMONIC_RCL:
    case ZYDIS_MNEMONIC_RCR:
      return Family::kRotateCarry;
    case ZYDIS_MNEMONIC_SHLD:
    case ZYDIS_MNEMONIC_SHRD:
      return Family::kDouble;
    default:
      return Family::kNone;
  }
}

struct Count {
  u64 count;       // masked to 5 or 6 bits
  unsigned width;  // of the operand shifted
};

Count shift_count(const Case& one, const Decoded& d) {
  const unsigned width = d.operands[0].size;
  u64 count = one.before.gpr[kRcx];
  for (u8 i = 1; i < d.insn.operand_count_visible; ++i)
    if (d.operands[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) count = d.operands[i].imm.value.u;
  return {count & (width == 64 ? 63 : 31), width};
}

/// SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD: a count of zero changes no flag.
u32 undefined_by_count(Family family, Count c) {
  if (c.count == 0) return 0;
  const u32 of = c.count != 1 ? u32{kOF} : 0;
  switch (family) {
    case Family::kRotate:
    case Family::kRotateCarry:
      return of;
    // "CF is undefined for SHL and SHR where the count is greater than or equal to the size."
    case Family::kShift:
      return of | kAF | (c.count >= c.width ? u32{kCF} : 0);
    case Family::kDouble:
      return c.count > c.width ? kStatusFlags : of | kAF;
    default:
      return 0;
  }
}

}  // namespace

u32 undefined_flags(const Case& one) {
  const Decoded d = decode(one);
  const Family family = family_of(d.insn.mnemonic);
  if (family != Family::kNone) return undefined_by_count(family, shift_count(one, d));
  const auto* found = std::find_if(std::begin(kAlways), std::end(kAlways),
                                   [&](const Always& a) { return a.mnemonic == d.insn.mnemonic; });
  return found == std::end(kAlways) ? 0 : found->flags;
}

bool undefined_result(const Case& one) {
  const Decoded d = decode(one);
  // BSF and BSR of zero leave the destination undefined in Intel's manual; AMD's says unchanged,
  // and Intel's processors do that too, so it is compared. What is left are double shifts too far.
  if (family_of(d.insn.mnemonic) != Family::kDouble) return false;
  const Count c = shift_count(one, d);
  return c.count > c.width;
}

}  // namespace tests::oracle
