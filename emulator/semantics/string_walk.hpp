/// What a repeated string instruction does, noted while it goes on and told as a whole: one range
/// of memory for each pointer that walks, and the registers as they were and as they have become,
/// also when a fault ends it in the middle.
#pragma once

#include "emulator/semantics/access.hpp"

namespace emulator::semantics {

/// Of who is not to note anything, or whose Access does.
struct NoWalk {
  void read_source(auto) const {}
  void read_source(std::span<const u8>) const {}
  void read_target(auto) const {}
  void overwrite(std::span<const u8>) const {}
  template <Word T>
  void overwrite(auto&, u64) const {}
};

/// M says which pointers walk (kSource: RSI; kTarget: RDI, to be read; kStores: RDI, to be written)
/// and what else is written (kLoads: RAX; kCompares: flags).
template <class M, Word T>
class Walk {
 public:
  explicit Walk(Core& core)
      : core_(core), before_(core.regs.slots), flags_(core.regs.flags) {
    for (auto& range : core.effects.ranges) range.clear();
  }

  void read_source(std::span<const u8> bytes) { range(kSource).append(bytes); }
  void read_source(T v) { read_source(bytes_of(v)); }
  void read_target(T v) { range(kTarget).append(bytes_of(v)); }
  void overwrite(std::span<const u8> bytes) { range(kTarget).append(bytes); }
  /// Before a store: it will not fault.
  template <Word>
  void overwrite(auto& c, u64 to) {
    if (memory::Tlb::find(core_.tlb.write, to, sizeof(T)) == nullptr)
      require_writable(core_, c.op(), to, sizeof(T));
    overwrite(bytes_of(c.template load<T>(to)));
  }

  /// Notes the effects of the iterations that are done.
  void tell(auto& c) {
    const auto& now = core_.regs.slots;
    const u64 count = before_[cpu::rcx] - now[cpu::rcx];
    if (count == 0) return;
    size_ = count * sizeof(T);
    if (core_.regs.df())
      for (auto& range : core_.effects.ranges) range.reverse(sizeof(T));
    if constexpr (M::kTarget) memory(c, cpu::PlaceKind::memory_read, cpu::rdi, kTarget, kTarget);
    if constexpr (M::kSource) memory(c, cpu::PlaceKind::memory_read, cpu::rsi, kSource, kSource);
    if constexpr (M::kStores) {
      if (!M::kSource) range(kFilled).append_repeated(pattern(now[cpu::rax]), size_);
      memory(c, cpu::PlaceKind::memory_write, cpu::rdi, kTarget, M::kSource ? kSource : kFilled);
    }
    for (const unsigned number : {cpu::rax, cpu::rsi, cpu::rdi, cpu::rcx})
      if (before_[number] != now[number] || (M::kLoads && number == cpu::rax)) {
        auto& e = c.note(cpu::PlaceKind::gpr, number, 8);
        e.before[0] = before_[number], e.after[0] = now[number];
      }
    if constexpr (M::kCompares) {
      auto& e = c.note(cpu::PlaceKind::flags, 0, 8);
      e.before = cpu::Effect::words_of(flags_, core_.regs.other_flags);
      e.after = cpu::Effect::words_of(core_.regs.flags, core_.regs.other_flags);
    }
  }

 private:
  // Of Effects::ranges: what was read at RSI; what was read, or overwritten, at RDI; what was
  // written there, unless it is what was read.
  static constexpr unsigned kSource = 0, kTarget = 1, kFilled = 2;

  cpu::ByteRuns& range(unsigned which) { return core_.effects.ranges[which]; }
  static std::span<const u8> bytes_of(const T& v) {
    return {reinterpret_cast<const u8*>(&v), sizeof v};
  }
  /// The lowest element of a register's value, over and over.
  static u64 pattern(u64 value) {
    u64 word = 0;
    for (unsigned i = 0; i < 8; i += sizeof(T)) word |= u64{static_cast<T>(value)} << (8 * i);
    return word;
  }
  void memory(auto& c, cpu::PlaceKind kind, unsigned pointer, unsigned before, unsigned after) {
    const u64 first = before_[pointer];
    auto& e = c.note(kind, 0, size_, core_.regs.df() ? first - (size_ - sizeof(T)) : first);
    if (e.is_range()) {
      e.before[0] = before, e.after[0] = after;
      return;
    }
    range(before).copy(0, {reinterpret_cast<u8*>(e.before.data()), size_});
    range(after).copy(0, {reinterpret_cast<u8*>(e.after.data()), size_});
  }

  Core& core_;
  decltype(cpu::Registers::slots) before_;
  Flags flags_;
  u64 size_ = 0;
};

}  // namespace emulator::semantics
