/// What the loop executes: an instruction reduced to a handler and the few bytes that the handler
/// needs, and the straight-line block that it lies in.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/decode/insn.hpp"

namespace emulator::semantics {
struct Core;
struct Row;
}  // namespace emulator::semantics

namespace emulator::decode {

struct Op;
struct Block;

constexpr std::size_t kMaxInsnBytes = 15;  // SDM volume 2, 2.3.11

/// Executes one Op. Returns the next one, or null when the loop has to look at the core (a syscall,
/// a new block …).
using Handler = const Op* (*)(semantics::Core&, const Op*);

/// How operand i of an Op is found; two bits each in Op::kinds.
enum class Kind : u8 { none = 0, reg = 1, mem = 2, imm = 3 };

/// 32 bytes. Operand data is by kind, not by position: at most one operand is memory and at most
/// one is immediate.
struct Op {
  Handler exec;
  union {
    i64 imm;  // immediate; branch target; the address when `absolute` (the immediate is then in
              // disp)
    u64 target;
  };
  i32 disp;        // memory displacement
  u8 reg[4];       // per operand: byte offset of a general register, or number of a vector register
  u8 base, index;  // byte offsets of slots
  u8 scale;        // shift count of the index
  u8 kinds;        // two bits an operand
  u8 length;       // of the instruction, bytes
  u8 left;         // instructions after this one in the block
  u8 bits;         // OpBits
  u8 size;         // log2 of the operand size in bytes: 0 … 5

  Kind kind(unsigned operand) const { return static_cast<Kind>((kinds >> (2 * operand)) & 3); }
};
static_assert(sizeof(Op) == 32);

enum OpBits : u8 {
  kOpAbsolute = 1,  // the memory operand is an absolute address
  kOpVex = 2,       // vector writes clear the upper half
  kOpRep = 4,
  kOpRepne = 8,
  kOpAddress32 = 16,
  kOpLock = 32,
  kOpFs = 64,  // add the segment's base: where base and index are taken, or the sum wraps at 32
               // bits before
  kOpGs = 128,
};

/// The two ways out of a block, behind its last Op: null until first taken, then the next block's
/// first Op. It stands where an Op would, so a block that ends without a transfer of control simply
/// runs into it.
struct Exits {
  Handler exec;
  const Op* taken;
  const Op* fall;
  Block* block;
};
static_assert(sizeof(Exits) == sizeof(Op));

/// Per-instruction facts that the fast loop does not touch.
struct OpInfo {
  Handler observed;  // the same meaning, recording its effects
  const semantics::Row* row;
  u32 offset;     // of the instruction from the block's pc
  u32 facts = 0;  // their number in the FactsTable; 0: nobody has asked yet
};

/// Where to go on: an instruction, which need not be the first of its block. Without `op`: nowhere
/// yet.
struct Entry {
  u64 pc = 0;
  const Op* op = nullptr;
};

/// Instructions from `pc` to the first transfer of control, at most kMaxOps. `ops` holds `count`
/// Ops, the Exits and the bytes that the instructions were decoded from. A block may be entered at
/// each of its instructions.
struct Block {
  static constexpr unsigned kMaxOps = 48;
  static constexpr u64 kMaxBytes = kMaxOps * kMaxInsnBytes;

  Addr pc;
  Addr end;  // of the last instruction
  u32 count = 0;
  bool dead = false;       // its bytes were written over; freed once nobody executes it
  bool has_facts = false;  // of every instruction
  std::unique_ptr<Op[]> ops;
  std::unique_ptr<OpInfo[]> info;
  Entry next[2];  // the observed loop's links: what came last behind a jump, behind the end

  /// Makes room for `count` instructions up to `end`. What they are is still to be filled in.
  void make_room() {
    ops = std::make_unique_for_overwrite<Op[]>(count + 1 + (bytes() + sizeof(Op) - 1) / sizeof(Op));
    info = std::make_unique_for_overwrite<OpInfo[]>(count);
  }
  u64 bytes() const { return end - pc; }
  u8* code() { return reinterpret_cast<u8*>(&ops[count + 1]); }
  const u8* code() const { return reinterpret_cast<const u8*>(&ops[count + 1]); }
  Exits& exits() { return reinterpret_cast<Exits&>(ops[count]); }
  /// The instruction at `pc`; null where none of the block's begins.
  const Op* find(Addr at) const {
    if (!(at < end)) return nullptr;
    const auto offset = static_cast<u32>(at - pc);
    const OpInfo* const last = info.get() + count;
    const OpInfo* const it =
        std::lower_bound(static_cast<const OpInfo*>(info.get()), last, offset,
                         [](const OpInfo& i, u32 wanted) { return i.offset < wanted; });
    return it != last && it->offset == offset ? &ops[static_cast<std::size_t>(it - info.get())]
                                              : nullptr;
  }
  void unlink() { exits().taken = exits().fall = nullptr, next[0] = next[1] = {}; }
  const OpInfo& info_of(const Op* op) const {
    return info[static_cast<std::size_t>(op - ops.get())];
  }
  Addr pc_of(const Op* op) const { return pc + info_of(op).offset; }
};

inline Exits& exits_of(const Op* op) {
  return reinterpret_cast<Exits&>(const_cast<Op&>(op[op->left + 1]));
}
inline Block& block_of(const Op* op) { return *exits_of(op).block; }
/// How many instructions of its block are executed by who enters it at `op`.
inline u32 count_of(const Op* op) { return op->left + 1u; }

}  // namespace emulator::decode
