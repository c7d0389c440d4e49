/// What one retired instruction did: the single record that traces, watchpoints, model checks,
/// timing and tests read.
#pragma once

#include <array>

#include "emulator/base/error.hpp"
#include "emulator/base/types.hpp"
#include "emulator/cpu/byte_runs.hpp"
#include "emulator/cpu/registers.hpp"

namespace emulator::cpu {

enum class PlaceKind : u8 { gpr, ymm, flags, fs_base, gs_base, mxcsr, memory_read, memory_write };

/// A register or a span of memory, its old and its new value (little-endian 64-bit words; `size`
/// bytes count, what lies behind them is undefined). Of flags the words are what RFLAGS follows
/// from: ask value_before() and value_after(). For memory_read old and new are what was read. Of a
/// range, more bytes of memory than the words hold, they are elsewhere: ask Effects.
struct Effect {
  PlaceKind kind;
  u8 index;      // which gpr or ymm
  u64 size;      // bytes: 1 to 32; of a range more
  Addr address;  // memory, the lowest
  std::array<u64, 4> before;
  std::array<u64, 4> after;

  bool is_range() const { return size > sizeof after; }
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

/// The effects of one instruction: all of them. What a string instruction does, however often it
/// repeats, is at most two ranges of memory and four registers; of all others XRSTOR has the most,
/// 36, and a SYSCALL whose kernel sets every register as many.
struct Effects {
  static constexpr std::size_t kMost = 40;
  std::array<Effect, kMost> list;
  u32 count = 0;
  /// What the ranges hold: word 0 of `before` and of `after` says which of these it is.
  std::array<ByteRuns, 3> ranges;

  const Effect* begin() const { return list.data(); }
  const Effect* end() const { return list.data() + count; }
  Effect& add(PlaceKind kind, u8 index, u64 size, Addr address = {}) {
    RT0_CHECK(count < kMost, "an instruction with more effects than any has");
    Effect& e = list[count++];
    e.kind = kind, e.index = index, e.size = size, e.address = address;
    return e;
  }
  /// Registers: the effect on this one, when there is one already, keeps its `before`.
  Effect& add_or_change(PlaceKind kind, u8 index, u64 size) {
    for (u32 i = 0; i < count; ++i)
      if (list[i].kind == kind && list[i].index == index) return list[i];
    return add(kind, index, size);
  }

  /// Bytes of an effect on memory, from `offset` on, as they were before, as they are after.
  void copy_before(const Effect& e, u64 offset, std::span<u8> to) const {
    copy(e, e.before, offset, to);
  }
  void copy_after(const Effect& e, u64 offset, std::span<u8> to) const {
    copy(e, e.after, offset, to);
  }
  const ByteRuns& before(const Effect& range) const { return ranges[range.before[0]]; }
  const ByteRuns& after(const Effect& range) const { return ranges[range.after[0]]; }

 private:
  void copy(const Effect& e, const std::array<u64, 4>& words, u64 offset, std::span<u8> to) const {
    RT0_CHECK(offset + to.size() <= e.size, "bytes beyond an effect");
    if (e.is_range()) return ranges[words[0]].copy(offset, to);
    std::memcpy(to.data(), reinterpret_cast<const u8*>(words.data()) + offset, to.size());
  }
};

}  // namespace emulator::cpu
