/// What one retired instruction did: the single record that traces, watchpoints, model checks,
/// timing and tests read.
#pragma once

#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/types.hpp"
#include "emulator/cpu/registers.hpp"

namespace emulator::cpu {

enum class PlaceKind : u8 { gpr, ymm, flags, fs_base, gs_base, mxcsr, memory_read, memory_write };

/// A register or a span of memory, its old and its new value (little-endian 64-bit words; `size`
/// bytes count, what lies behind them is undefined). Of flags the words are what RFLAGS follows
/// from: ask value_before() and value_after(). For memory_read old and new are what was read.
struct Effect {
  PlaceKind kind;
  u8 index;      // which gpr or ymm
  u16 size;      // bytes: 1 to 32
  Addr address;  // memory
  std::array<u64, 4> before;
  std::array<u64, 4> after;

  /// Of a register of one word: its value; of flags: the RFLAGS bits.
  u64 value_before() const { return kind == PlaceKind::flags ? rflags_of(before) : before[0]; }
  u64 value_after() const { return kind == PlaceKind::flags ? rflags_of(after) : after[0]; }

  static std::array<u64, 4> words_of(const Flags& f, u64 other) {
    return {f.result, f.carries, f.patch, other};
  }

 private:
  static u64 rflags_of(const std::array<u64, 4>& w) {
    return Flags{w[0], w[1], w[2]}.bits() | w[3];
  }
};

/// The effects of one instruction. 24 hold the worst of them (VZEROUPPER: 16 registers); a REP
/// string instruction that touches more memory than fits reports its first iterations and sets
/// `truncated`.
struct Effects {
  std::array<Effect, 24> list;
  u32 count = 0;
  bool truncated = false;

  const Effect* begin() const { return list.data(); }
  const Effect* end() const { return list.data() + count; }
  Effect& add(PlaceKind kind, u8 index, u16 size, Addr address = {}) {
    if (count == list.size()) {
      truncated = true;
      --count;
    }
    Effect& e = list[count++];
    e.kind = kind, e.index = index, e.size = size, e.address = address;
    return e;
  }
};

}  // namespace emulator::cpu
