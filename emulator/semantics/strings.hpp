/// String instructions: SDM vol. 1, 7.3.9. RSI and RDI walk by the element's size, down when DF is
/// set; REP repeats until RCX is zero (for CMPS and SCAS also until ZF says stop). Each iteration
/// commits on its own, so a fault in the middle leaves RCX, RSI and RDI at the element that faulted
/// and the instruction can be restarted.
///
/// A meaning is one element; repeating it, and doing many at once, is common to all. Observed, what
/// a REP does is noted as a whole, by a Walk: how long it is does not matter.
#pragma once

#include <algorithm>
#include <concepts>

#include "emulator/semantics/string_walk.hpp"

namespace emulator::semantics {

inline constexpr u64 kMostRepeats = u64{1} << 33;
[[noreturn]] void repeats_without_end();

template <Word T>
RT0_INLINE u64 stride(auto& c) {
  return c.core().regs.df() ? ~u64{sizeof(T)} + 1 : u64{sizeof(T)};
}

/// Elements that can be done at once from each of these addresses upwards: none reaches beyond its
/// first page. Downwards is too rare to matter.
template <Word T>
RT0_INLINE u64 within_pages(auto& c, u64 left, std::same_as<u64> auto... at) {
  if (c.core().regs.df()) return 0;
  return std::min({left, (base::kPageSize - at % base::kPageSize) / sizeof(T)...});
}

/// Would a copy, element after element, read what it has written?
RT0_INLINE bool feeds_itself(const u8* to, const u8* from, u64 size) {
  return to > from && static_cast<u64>(to - from) < size;
}

/// Runs M with a REP prefix until RCX is zero or ZF says stop. M::at_once may do some iterations
/// that can neither fault nor be told from single ones; it returns how many, 0 when the next has to
/// be done singly.
template <class M, Word T>
void repeat(auto& c, auto& walk) {
  u64 steps = 0;
  while (u64 left = c.template reg<u64>(cpu::rcx)) {
    // It counts as one instruction, and what it only reads takes no memory: nothing else bounds it.
    if (++steps > kMostRepeats) [[unlikely]]
      repeats_without_end();
    if (const u64 done = M::template at_once<T>(c, walk, left)) {
      c.template set_reg<u64>(cpu::rcx, left - done);
      continue;
    }
    M::template element<T>(c, walk);
    c.template set_reg<u64>(cpu::rcx, left - 1);
    // REPE goes on while equal, REPNE while different.
    if (M::kCompares && c.flags().zf() != ((c.op()->bits & decode::kOpRep) != 0)) break;
  }
}

/// A whole string instruction.
template <class M, Word T>
void string_instruction(auto& c) {
  NoWalk none;
  if (!(c.op()->bits & (decode::kOpRep | decode::kOpRepne)))
    return M::template element<T>(c, none);
  if constexpr (std::remove_reference_t<decltype(c)>::kObserved) {
    Access<kAnyForm, false> unobserved(c.core(), c.op());
    Walk<M, T> walk(c.core());
    try {
      repeat<M, T>(unobserved, walk);
    } catch (...) {
      walk.tell(c);
      c.core().partly = true;
      c.finish();
      throw;
    }
    walk.tell(c);
  } else {
    repeat<M, T>(c, none);
  }
}

// The addresses are DS:rSI and ES:rDI; the 67H prefix (32-bit pointers) does not occur in compiled
// code and is not here.

struct Singly {
  static constexpr bool kSource = false, kTarget = false, kStores = false, kLoads = false,
                        kCompares = false;
  template <Word T>
  static u64 at_once(auto&, auto&, u64) {
    return 0;
  }
};

struct Movs : Singly {
  static constexpr bool kSource = true, kStores = true;
  template <Word T>
  static u64 at_once(auto& c, auto& walk, u64 left) {
    const u64 from = c.template reg<u64>(cpu::rsi), to = c.template reg<u64>(cpu::rdi);
    const u64 count = within_pages<T>(c, left, from, to), size = count * sizeof(T);
    if (count == 0) return 0;
    const auto bytes = static_cast<unsigned>(size);
    const u8* const source = memory::Tlb::find(c.core().tlb.read, from, bytes);
    u8* const target = memory::Tlb::find(c.core().tlb.write, to, bytes);
    if (source == nullptr || target == nullptr || feeds_itself(target, source, size)) return 0;
    walk.read_source({source, size}), walk.overwrite({target, size});
    std::memmove(target, source, size);
    c.template set_reg<u64>(cpu::rsi, from + size);
    c.template set_reg<u64>(cpu::rdi, to + size);
    return count;
  }
  template <Word T>
  static void element(auto& c, auto& walk) {
    const u64 from = c.template reg<u64>(cpu::rsi), to = c.template reg<u64>(cpu::rdi),
              by = stride<T>(c);
    const T value = c.template load<T>(from);
    walk.template overwrite<T>(c, to);
    walk.read_source(value);
    c.store(to, value);
    c.template set_reg<u64>(cpu::rsi, from + by);
    c.template set_reg<u64>(cpu::rdi, to + by);
  }
};

struct Stos : Singly {
  static constexpr bool kStores = true;
  template <Word T>
  static u64 at_once(auto& c, auto& walk, u64 left) {
    const u64 to = c.template reg<u64>(cpu::rdi), count = within_pages<T>(c, left, to),
              size = count * sizeof(T);
    if (count == 0) return 0;
    u8* const target =
        memory::Tlb::find(c.core().tlb.write, to, static_cast<unsigned>(size));
    if (target == nullptr) return 0;
    walk.overwrite({target, size});
    const T value = c.template reg<T>(cpu::rax);
    for (u64 at = 0; at < size; at += sizeof(T)) std::memcpy(target + at, &value, sizeof(T));
    c.template set_reg<u64>(cpu::rdi, to + size);
    return count;
  }
  template <Word T>
  static void element(auto& c, auto& walk) {
    const u64 to = c.template reg<u64>(cpu::rdi);
    walk.template overwrite<T>(c, to);
    c.store(to, c.template reg<T>(cpu::rax));
    c.template set_reg<u64>(cpu::rdi, to + stride<T>(c));
  }
};

struct Lods : Singly {
  static constexpr bool kSource = true, kLoads = true;
  template <Word T>
  static void element(auto& c, auto& walk) {
    const u64 from = c.template reg<u64>(cpu::rsi);
    const T value = c.template load<T>(from);
    walk.read_source(value);
    c.template set_reg<T>(cpu::rax, value);
    c.template set_reg<u64>(cpu::rsi, from + stride<T>(c));
  }
};

struct Cmps : Singly {
  static constexpr bool kSource = true, kTarget = true, kCompares = true;
  template <Word T>
  static void element(auto& c, auto& walk) {
    const u64 a = c.template reg<u64>(cpu::rsi), b = c.template reg<u64>(cpu::rdi),
              by = stride<T>(c);
    // Of two faults, an AMD CPU takes this one; the manual does not say.
    const T subtrahend = c.template load<T>(b);
    const T value = c.template load<T>(a);
    walk.read_target(subtrahend), walk.read_source(value);
    const Flags flags = cpu::difference(value, subtrahend).flags;
    c.template set_reg<u64>(cpu::rsi, a + by);
    c.template set_reg<u64>(cpu::rdi, b + by);
    c.write(flags);
  }
};

struct Scas : Singly {
  static constexpr bool kTarget = true, kCompares = true;
  template <Word T>
  static void element(auto& c, auto& walk) {
    const u64 at = c.template reg<u64>(cpu::rdi);
    const T value = c.template load<T>(at);
    walk.read_target(value);
    const Flags flags = cpu::difference(c.template reg<T>(cpu::rax), value).flags;
    c.template set_reg<u64>(cpu::rdi, at + stride<T>(c));
    c.write(flags);
  }
};

template <Word T>
void movs(auto& c) {
  string_instruction<Movs, T>(c);
}
template <Word T>
void stos(auto& c) {
  string_instruction<Stos, T>(c);
}
template <Word T>
void lods(auto& c) {
  string_instruction<Lods, T>(c);
}
template <Word T>
void cmps(auto& c) {
  string_instruction<Cmps, T>(c);
}
template <Word T>
void scas(auto& c) {
  string_instruction<Scas, T>(c);
}

}  // namespace emulator::semantics
