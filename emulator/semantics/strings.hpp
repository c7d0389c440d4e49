/// String instructions: SDM vol. 1, 7.3.9. RSI and RDI walk by the element's size, down when DF is set; REP repeats
/// until RCX is zero (for CMPS and SCAS also until ZF says stop). Each iteration commits on its own, so a fault in the
/// middle leaves RCX, RSI and RDI at the element that faulted and the instruction can be restarted.
#pragma once

#include "emulator/semantics/access.hpp"

namespace emulator::semantics {

enum class Repeat : u8 { none, rep, repne };

RT0_INLINE Repeat repeat_of(auto& c) {
  return c.op()->bits & decode::kOpRep ? Repeat::rep : c.op()->bits & decode::kOpRepne ? Repeat::repne : Repeat::none;
}

template <Word T> RT0_INLINE u64 stride(auto& c) { return c.core().regs.df() ? ~u64{sizeof(T)} + 1 : u64{sizeof(T)}; }

/// Runs `step` once, or with a REP prefix until RCX is zero or `again` says no.
template <class Step, class Again> void repeated(auto& c, Step step, Again again) {
  const Repeat repeat = repeat_of(c);
  if (repeat == Repeat::none) return step();
  while (u64 left = c.template reg<u64>(cpu::rcx)) {
    step();
    c.template set_reg<u64>(cpu::rcx, left - 1);
    if (!again(repeat)) break;
  }
}
inline constexpr auto kAlways = [](Repeat) { return true; };

/// The address of DS:rSI or ES:rDI; the 67H prefix (32-bit pointers) does not occur in compiled code and is not here.
template <Word T> void movs(auto& c) {
  repeated(c, [&] {
    const u64 from = c.template reg<u64>(cpu::rsi), to = c.template reg<u64>(cpu::rdi), by = stride<T>(c);
    c.store(to, c.template load<T>(from));
    c.template set_reg<u64>(cpu::rsi, from + by);
    c.template set_reg<u64>(cpu::rdi, to + by);
  }, kAlways);
}

template <Word T> void stos(auto& c) {
  repeated(c, [&] {
    const u64 to = c.template reg<u64>(cpu::rdi);
    c.store(to, c.template reg<T>(cpu::rax));
    c.template set_reg<u64>(cpu::rdi, to + stride<T>(c));
  }, kAlways);
}

template <Word T> void lods(auto& c) {
  repeated(c, [&] {
    const u64 from = c.template reg<u64>(cpu::rsi);
    c.template set_reg<T>(cpu::rax, c.template load<T>(from));
    c.template set_reg<u64>(cpu::rsi, from + stride<T>(c));
  }, kAlways);
}

/// REPE goes on while equal, REPNE while different.
RT0_INLINE auto while_zf(auto& c) {
  return [&c](Repeat repeat) { return c.flags().zf() == (repeat == Repeat::rep); };
}

template <Word T> void cmps(auto& c) {
  repeated(c, [&] {
    const u64 a = c.template reg<u64>(cpu::rsi), b = c.template reg<u64>(cpu::rdi), by = stride<T>(c);
    const T subtrahend = c.template load<T>(b);  // of two faults, an AMD CPU takes this one; the manual does not say
    const Flags flags = cpu::difference(c.template load<T>(a), subtrahend).flags;
    c.template set_reg<u64>(cpu::rsi, a + by);
    c.template set_reg<u64>(cpu::rdi, b + by);
    c.write(flags);
  }, while_zf(c));
}

template <Word T> void scas(auto& c) {
  repeated(c, [&] {
    const u64 at = c.template reg<u64>(cpu::rdi);
    const Flags flags = cpu::difference(c.template reg<T>(cpu::rax), c.template load<T>(at)).flags;
    c.template set_reg<u64>(cpu::rdi, at + stride<T>(c));
    c.write(flags);
  }, while_zf(c));
}

}  // namespace emulator::semantics
