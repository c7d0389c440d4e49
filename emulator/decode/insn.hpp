/// An instruction as the rest of rt0 sees it: mnemonic by name, explicit operands, prefixes. No
/// decoder types.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "emulator/base/types.hpp"
#include "emulator/cpu/registers.hpp"

namespace emulator::decode {

enum class OperandKind : u8 { none, reg, mem, imm };
enum class RegClass : u8 { gpr, xmm, ymm, segment, other };

/// Where control goes behind an instruction.
enum class Flow : u8 {
  none,    // on to the next one
  jump,    // always elsewhere
  branch,  // elsewhere under a condition
  call,
  ret,
  system_call,  // to the kernel, and back
  trap,         // INT3, INT, UD: to the kernel, as a fault
};

struct Operand {
  OperandKind kind = OperandKind::none;
  RegClass reg_class = RegClass::gpr;
  u8 reg = 0;    // gpr: byte offset into Registers::slots (ah is rax's + 1); xmm, ymm: number
  u16 bits = 0;  // operand size
  u8 base = cpu::kSlotZero, index = cpu::kSlotZero, scale = 0;  // mem: slots, and a shift count
  u8 segment = cpu::kSlotZero;  // mem: a segment base that is neither in `base` nor in `index`
  bool absolute = false;  // mem: RIP-relative or plain displacement, `value` is the whole address
  i64 value = 0;          // imm: sign-extended; mem: displacement; branch target: absolute address
};

struct Insn {
  Addr pc;
  u8 length = 0;
  u16 mnemonic = 0;  // the decoder's number: only for comparing and for caching lookups; see `name`
  u8 operands = 0;   // how many of `operand` are explicit
  bool lock = false, rep = false, repne = false;
  bool vex = false, evex = false;
  bool address32 = false;  // 67H prefix
  bool wide = false;       // REX.W or VEX.W
  Flow flow = Flow::none;
  bool near_branch = false;  // operand 0 is a direct branch target
  u16 vector_bits = 0;       // 128 or 256 for VEX, else 0
  bool movable = true;       // the same bytes mean the same anywhere, but for `relative`
  u8 relative = 0;           // how many bytes at its end are a distance from the next instruction
  std::array<Operand, 5> operand;  // explicit ones first, in Intel order

  Addr next() const { return pc + length; }
};

struct InsnFacts;

/// Spellings of an instruction: Intel's manuals', AT&T's (objdump's and gdb's default).
enum class Syntax : u8 { intel, att };

/// One Zydis decoder, 64-bit mode. Not copyable; cheap to make.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;

  enum class Status : u8 { ok, truncated, invalid };
  /// Decodes one instruction at `pc` from `code` (up to 15 bytes matter).
  Status decode(std::span<const u8> code, Addr pc, Insn& out) const;

  /// All that the bytes of an instruction say (facts.hpp) but for InsnFacts::form; false when they
  /// are none. For the many who ask again and again there is FactsTable.
  bool facts(std::span<const u8> code, InsnFacts& out) const;

  /// "add", "vpaddd": the lower-case mnemonic of Insn::mnemonic.
  static std::string_view name(u16 mnemonic);
  /// "AVX2": the ISA set of the instruction last asked about; decodes again, so not for the hot
  /// path.
  std::string_view isa_set(std::span<const u8> code) const;
  /// Intel syntax, as rt0 prints it: "mov rbx, [rsi+0x10]".
  std::string format(std::span<const u8> code, Addr pc, Syntax syntax = Syntax::intel) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace emulator::decode
