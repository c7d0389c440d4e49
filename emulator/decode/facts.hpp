/// Facts of an instruction: what its bytes alone say of it. Whoever follows instructions asks here
/// what one was, by what it decides and what it may change, instead of decoding it again or knowing
/// mnemonics. They hold nothing that depends on where it lies, so the many places where a program
/// says the same share one InsnFacts.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/decode/insn.hpp"

namespace emulator::decode {

/// What may depend on one another: general registers in the order of their encoding, vector
/// registers, and what is neither.
enum class Reg : u8 {
  gpr = 0,   // 0 to 15: rax …
  ymm = 16,  // 16 to 31: whole, whether it is named xmm or ymm
  fs_base = 32,
  gs_base = 33,
  mxcsr = 34,
  rip = 35,  // as the base of an address only
  none = 36,
};
constexpr Reg gpr(unsigned number) { return static_cast<Reg>(number); }
constexpr Reg ymm(unsigned number) { return static_cast<Reg>(16 + number); }

class RegSet {
 public:
  constexpr RegSet() = default;
  static constexpr RegSet vectors() { return RegSet(u64{0xffff} << 16); }

  constexpr void add(Reg r) {
    if (r < Reg::rip) bits_ |= u64{1} << static_cast<unsigned>(r);
  }
  constexpr bool has(Reg r) const {
    return r < Reg::rip && (bits_ >> static_cast<unsigned>(r) & 1) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr RegSet operator|(RegSet a, RegSet b) { return RegSet(a.bits_ | b.bits_); }
  friend constexpr RegSet operator&(RegSet a, RegSet b) { return RegSet(a.bits_ & b.bits_); }
  friend bool operator==(const RegSet&, const RegSet&) = default;

 private:
  explicit constexpr RegSet(u64 bits) : bits_(bits) {}
  u64 bits_ = 0;
};

/// One operand: explicit ones first, in Intel order, then those that the mnemonic implies, among
/// them the stack's and a string instruction's memory. Flags and RIP are no operands.
struct FactOperand {
  enum Bits : u8 {
    kRead = 1,
    kWritten = 2,
    kMaybe = 4,      // read or written by chance: under a condition, a mask, a count of zero
    kExplicit = 8,   // the text names it
    kStack = 16,     // memory at RSP: a push's lies below it
    kHighByte = 32,  // register: ah, ch, dh, bh
    kYmm = 64,       // register: named as ymm, not as xmm
  };
  OperandKind kind = OperandKind::none;
  u8 bits = 0;
  u16 width = 0;        // bits
  Reg reg = Reg::none;  // register; memory: the base
  Reg index = Reg::none;
  u8 scale = 0;             // shift count of the index
  Reg segment = Reg::none;  // fs_base or gs_base

  bool reads() const { return bits & kRead; }
  bool writes() const { return bits & kWritten; }
  /// Memory that is only named: LEA's, a NOP's, a prefetch's.
  bool is_access() const { return kind == OperandKind::mem && (bits & (kRead | kWritten)) != 0; }
};

/// How it is encoded, which decides where an instruction's bytes are split and cached.
enum class Encoding : u8 { legacy, vex, other };

struct InsnFacts {
  enum Bits : u32 {
    kLoads = 1,              // may read memory
    kStores = 2,             // may write memory
    kLock = 4,               // LOCK, or XCHG with memory, which implies it
    kRep = 8,                // a string instruction that repeats
    kIndirect = 16,          // its target is in a register or in memory, RET's on the stack
    kMayFault = 32,          // without it: whatever registers and memory hold, it retires
    kOutside = 64,           // its result depends on more than registers, flags and memory: on the
                             // kernel, the processor's identity, a clock, chance
    kZeroIdiom = 128,        // zeroes its destination whatever that holds, as renamers recognise
    kPlainMove = 256,        // a whole register to another: renamers may eliminate it
    kMayKeepFlags = 512,     // writes flags or leaves them, as a count decides
    kLengthChanging = 1024,  // a prefix changes the length of what follows it
    kBitString = 2048,       // BT and its kin: the register operand moves the address of the memory
  };
  enum Prefix : u8 {
    kOperandSize = 1,  // 66H as a prefix of its own; as part of the opcode it does not count
    kAddressSize = 2,
    kSegment = 4,
    kRex = 8,
    kWide = 16,  // REX.W or VEX.W
    kRepe = 32,  // of a string instruction, REP too
    kRepne = 64,
    kLocked = 128,
  };
  static constexpr std::size_t kMostOperands = 8;

  RegSet read;     // what it does depends on them, also on what is kept of a partial write
  RegSet address;  // of these: what addresses are formed from, LEA's too
  RegSet written;  // what it may change
  u32 flags_read = 0, flags_written = 0;  // RFLAGS bits; what it leaves undefined counts as written
  u32 flags_undefined = 0;  // whatever the operands are; semantics::undefined_flags knows the rest
  u32 bits = 0;
  u16 mnemonic = 0;  // see Decoder::name
  u16 form = 0;      // which kind of instruction, densely numbered: see FactsTable::form_name
  u16 width = 0;     // bits that it works on at once
  Flow flow = Flow::none;
  Encoding encoding = Encoding::legacy;
  u8 map = 0;     // of opcodes: 0 one byte, 1 0F, 2 0F38, 3 0F3A
  u8 opcode = 0;  // in the map
  u8 length = 0;  // bytes
  u8 prefixes = 0;
  u8 prefix_bytes = 0;                     // legacy ones and REX
  u8 immediate_bytes = 0, disp_bytes = 0;  // a branch's distance is an immediate
  u8 operands = 0;
  u8 unused[8] = {};
  std::array<FactOperand, kMostOperands> operand{};

  bool is(Bits b) const { return bits & b; }
  bool transfers() const { return flow != Flow::none; }
  /// May it do something to vectors or their state?
  bool writes_vectors() const {
    return !(written & RegSet::vectors()).empty() || written.has(Reg::mxcsr);
  }
};
static_assert(sizeof(FactOperand) == 8 && sizeof(InsnFacts) == 128);

/// Where a direct branch at `pc` goes when it is taken; 0 for any other instruction.
u64 branch_target(const InsnFacts& facts, std::span<const u8> code, Addr pc);

/// All facts that have been asked for, each once, and the forms that they belong to. They stay
/// where they are until clear(); so who derives something from them can
/// keep it by number.
class FactsTable {
 public:
  /// What it holds at most: a guest that makes code as it goes cannot have more than 8 MiB kept.
  static constexpr std::size_t kMost = 1 << 16;

  /// The number, from 1, of the facts of the instruction that `code` begins with; 0 when that is
  /// none. Not when full().
  u32 find(const Decoder& decoder, std::span<const u8> code);
  const InsnFacts& operator[](u32 number) const { return all_[number]; }
  const InsnFacts* data() const { return all_.data(); }
  /// The same without keeping them.
  bool describe(const Decoder& decoder, std::span<const u8> code, InsnFacts& out);
  /// There may not be room for those of another block.
  bool full() const { return all_.size() + kReserve > kMost; }
  /// Every reference and number is invalid from now on; forms keep theirs.
  void clear();

  /// "add r64, m64": its mnemonic and the kinds of its operands.
  const std::string& form_name(u16 form) const { return *forms_[form]; }
  std::size_t forms() const { return forms_.size(); }

 private:
  static constexpr std::size_t kReserve = 64;
  u16 form_of(const InsnFacts& facts);

  std::vector<InsnFacts> all_;  // reserved, so that none moves; the first is no instruction's
  std::unordered_map<std::string_view, u32> known_;  // by their bytes
  std::unordered_map<std::string, u16> form_numbers_;
  std::vector<const std::string*> forms_;
};

}  // namespace emulator::decode
