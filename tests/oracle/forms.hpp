/// Instruction forms: a mnemonic with the kinds of its operands, as "add r32, m32" or
/// "vpaddd ymm, ymm, m256". Written compactly as rows (form_table.cpp, form_table_vector.cpp),
/// which expand to every form the oracle tests.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"

namespace tests::oracle {

enum class Kind : emulator::u8 {
  kNone,
  kR8,
  kR16,
  kR32,
  kR64,
  kM8,
  kM16,
  kM32,
  kM64,
  kM128,
  kM256,
  kM512,
  kAgen,  // an address that is computed and not used: LEA
  kI8,
  kI16,
  kI32,
  kI64,  // kI16 and wider hold values that do not fit the narrower ones
  kOne,
  kCl,  // operands that the opcode implies
  kXmm,
  kYmm,
  kRel8,
  kRel32,
};

enum Trait : emulator::u32 {
  kPlain = 0,
  kLockable = 1u << 0,     // also with LOCK where the first operand is memory
  kRep = 1u << 1,          // also with REP
  kRepWhile = 1u << 2,     // also with REPE and REPNE
  kFlow = 1u << 3,         // may go elsewhere: single-stepped
  kStack = 1u << 4,        // uses the stack
  kString = 1u << 5,       // rsi, rdi, and rcx when repeated
  kDivide = 1u << 6,       // operands chosen such that the quotient often fits
  kBitString = 1u << 7,    // a register bit offset reaches beyond the memory operand
  kApproximate = 1u << 8,  // the manual states an error bound, processors differ within it
  kFloat32 = 1u << 9,
  kFloat64 = 1u << 10,
  kXlat = 1u << 11,      // reads [rbx + al]
  kMaskMove = 1u << 12,  // writes [rdi]
  kAligned = 1u << 14,   // legacy SHA: Intel's manual wants memory aligned, AMD's processors do not
  kCompare = 1u << 13,   // the immediate is a predicate: 3 bits, 5 with VEX
};

struct Row {
  const char* mnemonics;      // with {a,b} alternatives; * stands for the sixteen conditions
  const char* operands = "";  // alternatives with ';', operands with ','; see expand_token
  const char* feature = "";   // as host_has names it
  emulator::u32 traits = kPlain;
  /// The VEX forms of the same row: "2" as many operands, "3" a destination of its own before them;
  /// then 'x' 128 bits only, 'i' 256 bits need AVX2 (else AVX).
  const char* vex = "";
};

struct Form {
  std::string text;
  ZydisMnemonic mnemonic = ZYDIS_MNEMONIC_INVALID;
  std::array<Kind, 4> operands{};
  emulator::u8 operand_count = 0;
  emulator::u64 prefixes = 0;  ///< ZYDIS_ATTRIB_HAS_LOCK, …_REP, …_REPE, …_REPNE
  std::string feature;
  emulator::u32 traits = kPlain;

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

/// 8, 16, 32, 64, 128, 256 or 512; zero for a kind without a width.
unsigned bits_of(Kind kind);
bool is_memory(Kind kind);

/// Every form of both tables, in their order, each once.
std::vector<Form> all_forms();

// The tables.
extern const std::vector<Row> kIntegerRows;
extern const std::vector<Row> kVectorRows;

}  // namespace tests::oracle
