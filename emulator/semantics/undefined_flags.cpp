#include "emulator/semantics/undefined_flags.hpp"

#include <algorithm>
#include <iterator>

#include "emulator/cpu/flags.hpp"

namespace emulator::semantics {
namespace {

using enum cpu::FlagBit;
using cpu::kStatusFlags;

struct Always {
  std::string_view mnemonic;
  u64 flags;
};

// "Flags Affected" in SDM vol. 2 (2A: A–L, 2B: M–U, 2C: V–Z). Shifts and rotates, where it depends
// on the count, are below the table.
constexpr Always kAlways[] = {
    // AND, OR, XOR, TEST, ANDN: the state of AF is undefined.
    {"and", kAF},
    {"or", kAF},
    {"xor", kAF},
    {"test", kAF},
    {"andn", kAF | kPF},
    // MUL, IMUL: SF, ZF, AF and PF are undefined.
    {"mul", kSF | kZF | kAF | kPF},
    {"imul", kSF | kZF | kAF | kPF},
    // DIV, IDIV: all six are undefined.
    {"div", kStatusFlags},
    {"idiv", kStatusFlags},
    // BSF, BSR: all but ZF. TZCNT, LZCNT: all but ZF and CF.
    {"bsf", kStatusFlags & ~kZF},
    {"bsr", kStatusFlags & ~kZF},
    {"tzcnt", kOF | kSF | kPF | kAF},
    {"lzcnt", kOF | kSF | kPF | kAF},
    // BT, BTC, BTR, BTS: OF, SF, AF and PF are undefined, ZF is unaffected.
    {"bt", kOF | kSF | kAF | kPF},
    {"btc", kOF | kSF | kAF | kPF},
    {"btr", kOF | kSF | kAF | kPF},
    {"bts", kOF | kSF | kAF | kPF},
    // BEXTR: AF, SF and PF. BLSI, BLSMSK, BLSR, BZHI: AF and PF.
    {"bextr", kAF | kSF | kPF},
    {"blsi", kAF | kPF},
    {"blsmsk", kAF | kPF},
    {"blsr", kAF | kPF},
    {"bzhi", kAF | kPF},
};

enum class Family : u8 { none, shift, rotate, double_shift };

Family family_of(std::string_view mnemonic) {
  if (mnemonic == "shl" || mnemonic == "shr" || mnemonic == "sar") return Family::shift;
  if (mnemonic == "rol" || mnemonic == "ror") return Family::rotate;
  if (mnemonic == "rcl" || mnemonic == "rcr") return Family::rotate;
  if (mnemonic == "shld" || mnemonic == "shrd") return Family::double_shift;
  return Family::none;
}

u64 masked(ShiftCount s) { return s.count & (s.width == 64 ? 63 : 31); }

/// SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD: a count of zero changes no flag.
u64 undefined_of(Family family, ShiftCount s) {
  const u64 count = masked(s);
  if (count == 0) return 0;
  const u64 of = count != 1 ? u64{kOF} : 0;
  switch (family) {
    case Family::rotate:
      return of;
    // "CF is undefined for SHL and SHR where the count is greater than or equal to the size."
    case Family::shift:
      return of | kAF | (count >= s.width ? u64{kCF} : 0);
    case Family::double_shift:
      return count > s.width ? kStatusFlags : of | kAF;
    default:
      return 0;
  }
}

}  // namespace

u64 undefined_flags(std::string_view mnemonic, ShiftCount shift) {
  const Family family = family_of(mnemonic);
  if (family != Family::none) return undefined_of(family, shift);
  const auto* found = std::find_if(std::begin(kAlways), std::end(kAlways),
                                   [&](const Always& a) { return a.mnemonic == mnemonic; });
  return found == std::end(kAlways) ? 0 : found->flags;
}

bool undefined_by_count(std::string_view mnemonic) { return family_of(mnemonic) != Family::none; }

bool undefined_result(std::string_view mnemonic, ShiftCount shift) {
  // BSF and BSR of zero leave the destination undefined in Intel's manual; AMD's says unchanged,
  // and Intel's processors do that too, so it is compared. What is left are double shifts too far.
  return family_of(mnemonic) == Family::double_shift && masked(shift) > shift.width;
}

}  // namespace emulator::semantics
