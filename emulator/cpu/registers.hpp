/// The architectural state of one amd64 thread (SDM vol. 1, chapter 3 and 10.2).
#pragma once

#include <array>
#include <cstring>
#include <string_view>

#include "emulator/base/types.hpp"
#include "emulator/cpu/flags.hpp"

namespace emulator::cpu {

enum Gpr : u8 { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 };

/// What an effective address may add up: the 16 general registers and three slots that are not
/// operands. Slots are 8 bytes apart, so a byte offset names any register and the high bytes ah,
/// ch, dh, bh as well.
enum Slot : u8 { kSlotZero = 16, kSlotFsBase = 17, kSlotGsBase = 18, kSlots = 19 };

/// One vector register as bytes, lowest lane first. `lanes<T>()` reads it as an array.
template <std::size_t N>
struct alignas(16) Vec {
  std::array<u8, N> bytes{};

  static constexpr std::size_t kBytes = N;
  template <class T>
  using Lanes = std::array<T, N / sizeof(T)>;
  template <class T>
  Lanes<T> lanes() const {
    return std::bit_cast<Lanes<T>>(bytes);
  }
  template <class T>
  static Vec of(const Lanes<T>& lanes) {
    return {std::bit_cast<std::array<u8, N>>(lanes)};
  }
  friend bool operator==(const Vec&, const Vec&) = default;
};
using V128 = Vec<16>;
using V256 = Vec<32>;

inline constexpr u32 kMxcsrDefault = 0x1f80;  // all exceptions masked, round to nearest even

/// Everything that an instruction may change besides memory. A flat block, so that a thread switch
/// is a copy.
struct Registers {
  std::array<u64, kSlots> slots{};  // general registers, then the constant zero, FS base, GS base
  u64 rip = 0;
  Flags flags;
  u64 other_flags =
      kFixedFlags;  // RFLAGS bits that are not status flags: DF, AC, ID and the fixed ones
  u32 mxcsr = kMxcsrDefault;
  std::array<V256, 16> ymm{};

  u64& gpr(unsigned i) { return slots[i]; }
  u64 gpr(unsigned i) const { return slots[i]; }
  u64& operator[](Gpr r) { return slots[r]; }
  u64 operator[](Gpr r) const { return slots[r]; }
  u64& fs_base() { return slots[kSlotFsBase]; }
  u64 fs_base() const { return slots[kSlotFsBase]; }
  bool df() const { return other_flags & kDF; }
  u64 rflags() const { return flags.bits() | other_flags; }
  void set_rflags(u64 f) {
    flags = Flags::from_bits(f);
    other_flags = (f & (kDF | kAC | kID)) | kFixedFlags;
  }
};

/// "rax" … "r15"
std::string_view gpr_name(unsigned index);

}  // namespace emulator::cpu
