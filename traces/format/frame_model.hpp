/// What the two ends of an rt0t frame remember alike, so that most of an instruction need not be
/// written: the static instructions seen, what each did last time, each thread's registers, and
/// what memory was last seen to hold. All of it starts empty in every frame. It only predicts: any
/// contents are correct as long as both ends have the same.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "traces/format/event.hpp"

namespace traces::format::frame {

/// Columns of a frame, in file order. Like bytes lie together, so that zstd finds them.
enum Column : unsigned {
  kOps,
  kStamps,
  kRefs,
  kStatics,
  kShapes,
  kCodes,
  kAddresses,
  kValues,
  kRegisters,
  kFlags,
  kWide,
  kCycles,
  kLines,
  kColumns
};

/// The first byte of an event: its kind, and what had to be written because it was not as expected.
enum Op : u8 {
  kKindMask = 3,
  kInsn = 0,
  kCall = 1,
  kRet = 2,
  kLine = 3,
  kHasStamp = 4,
  kHasRef = 8,
  kHasShape = 16,
  kHasCodes = 32,
  kHasCycle = 64,
  kHasMore = 128,
};

/// A code says how a value follows from what is known: it is the source; it is the source plus, or
/// xor, a number that follows; its bytes follow. kGpr, kGpr32 (the low half) and kVector have the
/// register's number added.
inline constexpr u8 kZero = 0, kLast = 1, kStepped = 2, kOld = 3, kRead = 4, kReadSigned = 5,
                    kCached = 6, kBase = 7, kGpr = 16, kGpr32 = 32, kVector = 48, kSourceMask = 63;
inline constexpr u8 kExact = 0, kAdd = 64, kXor = 128, kRaw = 192, kHowMask = 192;
constexpr u8 code_of(u8 how, u8 source, unsigned k = 0) {
  return static_cast<u8>(how | (source + k));
}
constexpr u8 how(u8 code) { return code & kHowMask; }

inline constexpr u8 kFlagsCode =
    code_of(kXor, kLast);  ///< rflags: what toggled since this instruction was last here

/// Of a value longer than a register's: 8 bytes follow, which it repeats.
inline constexpr u8 kPatternCode = code_of(kAdd, kZero);

inline constexpr u32 kNone = ~u32{0};
inline constexpr unsigned kMaxStatics =
    1U << 16;                             ///< a frame ends when it has as many, or as many names
inline constexpr unsigned kThreads = 32;  ///< register files kept; threads share them by t mod 32
inline constexpr unsigned kCells = 1U << 12;
inline constexpr unsigned kRegSlots = 3,
                          kMemSlots = 2;  ///< per static instruction; later ones share the last

constexpr u64 zigzag(u64 delta) { return delta << 1 ^ -(delta >> 63); }
constexpr u64 unzigzag(u64 coded) { return coded >> 1 ^ -(coded & 1); }
constexpr u64 mask(u32 size) { return size >= 8 ? ~u64{0} : (u64{1} << (8 * size)) - 1; }
constexpr u64 sign_extend(u64 value, u32 size) {
  const unsigned shift = size == 0 || size >= 8 ? 0 : 64 - 8 * size;
  return static_cast<u64>(static_cast<i64>(value << shift) >> shift);
}
constexpr bool is_scalar(u64 size) { return size == 1 || size == 2 || size == 4 || size == 8; }
constexpr bool is_wide(u64 size) { return size == 16 || size == 32; }

/// What a static instruction did to one register when it was last here.
struct RegSlot {
  u64 last = 0;  ///< the value it wrote (the low word)
  u64 step = 0;  ///< and how far from the register's value before
  Reg reg = Reg::rax;
  u8 code = 0;
};

/// What it did in memory.
struct MemSlot {
  u64 addr = 0;
  u64 step = 0;   ///< distance from the access before
  u64 disp = 0;   ///< distance from general register `base`
  u64 value = 0;  ///< low word
  u32 size = 0;
  Access kind = Access::Read;
  bool valued = false;
  u8 where = 0, what = 0;  ///< codes of address and value
  u8 base = 0;
};

struct Static {
  Addr pc;
  u64 off = 0;
  std::string_view fn, text;
  std::array<u32, 2> next = {kNone,
                             kNone};  ///< static instructions that followed, most recent first
  u32 same_pc = kNone;                ///< writer's chain: another one at this address
  bool shaped = false;                ///< the slots hold a whole shape
  u8 regs = 0, effects = 0;
  std::array<RegSlot, kRegSlots> reg;
  std::array<MemSlot, kMemSlots> mem;

  RegSlot& reg_slot(std::size_t i) { return reg[std::min<std::size_t>(i, kRegSlots - 1)]; }
  MemSlot& mem_slot(std::size_t i) { return mem[std::min<std::size_t>(i, kMemSlots - 1)]; }
  void follow(u32 index) {
    if (next[0] != index) next = {index, next[0]};
  }
};

/// A guest thread's registers as far as the frame has told, and where the thread is.
struct ThreadState {
  std::array<u64, 32> scalar{};  ///< by Reg
  std::array<std::array<u64, 4>, 16> vector{};
  u32 previous = kNone;  ///< static instruction that ran last
};

/// Within one instruction: the registers before it, and its first read.
struct Moment {
  const ThreadState& before;
  std::array<u64, 4> read{};
  u32 read_size = 0;
};

class Model {
 public:
  std::vector<Static> statics;
  std::vector<std::string_view> names;  ///< function names
  u64 n = 0;                            ///< of the event before
  u32 t = 0;
  i64 ns = 0;
  u64 cycle = 0;
  u64 static_pc = 0;  ///< of the newest static instruction

  ThreadState& thread(u32 id) { return threads_[id % kThreads]; }
  void reset();

  /// A source as a number. Sources that make no sense at a place give 0 there.
  static u64 source(u8 code, const RegSlot& slot, const Moment& now);
  static u64 where(u8 code, const MemSlot& slot, const Moment& now);
  u64 what(u8 code, const MemSlot& slot, u64 addr, const Moment& now) const;
  /// Word `i` of a source of a vector register's value, or of a value of 16 or 32 bytes at `addr`.
  u64 wide(u8 code, unsigned i, u64 addr, const Moment& now) const;

  /// Remember what an effect, and then a whole instruction, was. `low` is the value's first word.
  void learn(MemSlot& slot, const MemEffect& effect, std::span<const u8> value, u64 low,
             Moment& now);
  static void learn(Static& at, const Insn& insn, ThreadState& thread);
  u64 cached(u64 addr) const {
    const Cell& cell = cells_[index(addr)];
    return cell.addr == addr ? cell.value : 0;
  }

 private:
  struct Cell {
    u64 addr = 0, value = 0;
  };
  static std::size_t index(u64 addr) { return (addr ^ addr >> 12) % kCells; }

  std::array<ThreadState, kThreads> threads_;
  std::array<Cell, kCells> cells_;
};

/// A slot takes on the place of a newly written shape; what it remembers of values stays.
inline void reshape(RegSlot& slot, Reg reg) {
  slot.reg = reg;
  slot.code = reg == Reg::rflags ? kFlagsCode : code_of(kExact, kLast);
}
inline void reshape(MemSlot& slot, u32 size, Access kind, bool valued) {
  slot.size = size, slot.kind = kind, slot.valued = valued;
  slot.where = code_of(kExact, kBase), slot.what = code_of(kExact, kLast);
}

}  // namespace traces::format::frame
