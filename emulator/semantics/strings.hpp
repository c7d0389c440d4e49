/// String instructions: SDM vol. 1, 7.3.9. RSI and RDI walk by the element's size, down when DF is
/// set; REP repeats until RCX is zero (for CMPS and SCAS also until ZF says stop). Each iteration
/// commits on its own, so a fault in the middle leaves RCX, RSI and RDI at the element that faulted
/// and the instruction can be restarted.
#pragma once

#include <algorithm>
#include <concepts>

#include "emulator/semantics/access.hpp"

namespace emulator::semantics {

enum class Repeat : u8 { none, rep, repne };

RT0_INLINE Repeat repeat_of(auto& c) {
  return c.op()->bits & decode::kOpRep     ? Repeat::rep
         : c.op()->bits & decode::kOpRepne ? Repeat::repne
                                           : Repeat::none;
}

template <Word T>
RT0_INLINE u64 stride(auto& c) {
  return c.core().regs.df() ? ~u64{sizeof(T)} + 1 : u64{sizeof(T)};
}

/// Runs `step` once, or with a REP prefix until RCX is zero or `again` says no. `bulk(left)` may do
/// some iterations at once that can neither fault nor be told from single ones; it returns how
/// many, 0 when the next has to be a step.
inline constexpr u64 kMostRepeats = u64{1} << 33;
[[noreturn]] void repeats_without_end();

template <class Step, class Again, class Bulk>
void repeated(auto& c, Step step, Again again, Bulk bulk) {
  const Repeat repeat = repeat_of(c);
  if (repeat == Repeat::none) return step();
  u64 steps = 0;
  while (u64 left = c.template reg<u64>(cpu::rcx)) {
    // It counts as one instruction, and what it only reads takes no memory: nothing else bounds it.
    if (++steps > kMostRepeats) [[unlikely]]
      repeats_without_end();
    if (const u64 done = bulk(left)) {
      c.template set_reg<u64>(cpu::rcx, left - done);
      continue;
    }
    step();
    c.template set_reg<u64>(cpu::rcx, left - 1);
    if (!again(repeat)) break;
  }
}
inline constexpr auto kAlways = [](Repeat) { return true; };
inline constexpr auto kSingly = [](u64) { return u64{0}; };

/// Elements that can be done at once from each of these addresses upwards: none reaches beyond its
/// first page.
template <Word T>
RT0_INLINE u64 within_pages(u64 left, std::same_as<u64> auto... at) {
  return std::min({left, (base::kPageSize - at % base::kPageSize) / sizeof(T)...});
}
/// Observed, every element is told by itself; downwards is too rare to matter.
RT0_INLINE bool at_once(auto& c) {
  return !std::remove_reference_t<decltype(c)>::kObserved && !c.core().regs.df();
}

/// Would a copy, element after element, read what it has written?
RT0_INLINE bool feeds_itself(const u8* to, const u8* from, u64 size) {
  return to > from && static_cast<u64>(to - from) < size;
}

template <Word T>
u64 movs_at_once(auto& c, u64 left) {
  if (!at_once(c)) return 0;
  const u64 from = c.template reg<u64>(cpu::rsi), to = c.template reg<u64>(cpu::rdi);
  const u64 count = within_pages<T>(left, from, to), size = count * sizeof(T);
  if (count == 0) return 0;
  const u8* const source = memory::Tlb::find(c.core().tlb.read, from, static_cast<unsigned>(size));
  u8* const target = memory::Tlb::find(c.core().tlb.write, to, static_cast<unsigned>(size));
  if (source == nullptr || target == nullptr || feeds_itself(target, source, size)) return 0;
  std::memmove(target, source, size);
  c.template set_reg<u64>(cpu::rsi, from + size);
  c.template set_reg<u64>(cpu::rdi, to + size);
  return count;
}

/// The address of DS:rSI or ES:rDI; the 67H prefix (32-bit pointers) does not occur in compiled
/// code and is not here.
template <Word T>
void movs(auto& c) {
  repeated(
      c,
      [&] {
        const u64 from = c.template reg<u64>(cpu::rsi), to = c.template reg<u64>(cpu::rdi),
                  by = stride<T>(c);
        c.store(to, c.template load<T>(from));
        c.template set_reg<u64>(cpu::rsi, from + by);
        c.template set_reg<u64>(cpu::rdi, to + by);
      },
      kAlways, [&](u64 left) { return movs_at_once<T>(c, left); });
}

template <Word T>
u64 stos_at_once(auto& c, u64 left) {
  if (!at_once(c)) return 0;
  const u64 to = c.template reg<u64>(cpu::rdi), count = within_pages<T>(left, to),
            size = count * sizeof(T);
  if (count == 0) return 0;
  u8* const target = memory::Tlb::find(c.core().tlb.write, to, static_cast<unsigned>(size));
  if (target == nullptr) return 0;
  const T value = c.template reg<T>(cpu::rax);
  for (u64 at = 0; at < size; at += sizeof(T)) std::memcpy(target + at, &value, sizeof(T));
  c.template set_reg<u64>(cpu::rdi, to + size);
  return count;
}

template <Word T>
void stos(auto& c) {
  repeated(
      c,
      [&] {
        const u64 to = c.template reg<u64>(cpu::rdi);
        c.store(to, c.template reg<T>(cpu::rax));
        c.template set_reg<u64>(cpu::rdi, to + stride<T>(c));
      },
      kAlways, [&](u64 left) { return stos_at_once<T>(c, left); });
}

template <Word T>
void lods(auto& c) {
  repeated(
      c,
      [&] {
        const u64 from = c.template reg<u64>(cpu::rsi);
        c.template set_reg<T>(cpu::rax, c.template load<T>(from));
        c.template set_reg<u64>(cpu::rsi, from + stride<T>(c));
      },
      kAlways, kSingly);
}

/// REPE goes on while equal, REPNE while different.
RT0_INLINE auto while_zf(auto& c) {
  return [&c](Repeat repeat) { return c.flags().zf() == (repeat == Repeat::rep); };
}

template <Word T>
void cmps(auto& c) {
  repeated(
      c,
      [&] {
        const u64 a = c.template reg<u64>(cpu::rsi), b = c.template reg<u64>(cpu::rdi),
                  by = stride<T>(c);
        const T subtrahend = c.template load<T>(
            b);  // of two faults, an AMD CPU takes this one; the manual does not say
        const Flags flags = cpu::difference(c.template load<T>(a), subtrahend).flags;
        c.template set_reg<u64>(cpu::rsi, a + by);
        c.template set_reg<u64>(cpu::rdi, b + by);
        c.write(flags);
      },
      while_zf(c), kSingly);
}

template <Word T>
void scas(auto& c) {
  repeated(
      c,
      [&] {
        const u64 at = c.template reg<u64>(cpu::rdi);
        const Flags flags =
            cpu::difference(c.template reg<T>(cpu::rax), c.template load<T>(at)).flags;
        c.template set_reg<u64>(cpu::rdi, at + stride<T>(c));
        c.write(flags);
      },
      while_zf(c), kSingly);
}

}  // namespace emulator::semantics
