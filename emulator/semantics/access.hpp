/// How a meaning reaches the machine. A meaning is written once, as a template over `c`; this class
/// is every `c`.
///
/// A Form fixes at compile time how operands are found, so that the fast loop's handlers are
/// straight code; Kind::any leaves it to the Op. With Observed every write and every memory access
/// is recorded in Core::effects, and nothing is chained. Laziness, caches and dispatch live here
/// and in the loop, never in a meaning.
#pragma once

#include <cstring>
#include <type_traits>

#include "emulator/semantics/core.hpp"
#include "emulator/semantics/operand.hpp"
#include "emulator/semantics/slow_paths.hpp"

namespace emulator::semantics {

template <Form F, bool Observed, bool Probed = false>
class Access {
 public:
  static constexpr bool kObserved = Observed;

  RT0_INLINE Access(Core& core, const Op* op) : core_(core), op_(op) {}
  /// The instruction is done.
  RT0_INLINE void finish() {
    if constexpr (Observed) core_.effects.count = noted_;
  }

  Core& core() { return core_; }
  const Op* op() const { return op_; }

  // -- operands --

  RT0_INLINE bool is_mem(unsigned i) const {
    if constexpr (F.operand[0] == Place::any) return op_->kind(i) == decode::Kind::mem;
    return F.operand[i] == Place::mem;
  }
  RT0_INLINE bool is_imm(unsigned i) const {
    if constexpr (F.operand[0] == Place::any) return op_->kind(i) == decode::Kind::imm;
    return F.operand[i] == Place::imm;
  }
  RT0_INLINE bool is_reg(unsigned i) const { return !is_mem(i) && !is_imm(i); }

  /// A general register, memory or immediate (sign-extended) operand.
  template <Word T>
  RT0_INLINE T read(unsigned i) {
    if (is_mem(i)) return load<T>(address());
    if (is_imm(i)) return static_cast<T>(immediate());
    T v;
    std::memcpy(&v, reinterpret_cast<const u8*>(core_.regs.slots.data()) + op_->reg[i], sizeof v);
    return v;
  }
  /// An XMM/YMM register or memory operand. Legacy SSE requires memory to be aligned (#GP); VEX
  /// does not.
  template <Vector T>
  RT0_INLINE T read(unsigned i) {
    if (is_mem(i) && !(op_->bits & decode::kOpVex)) return read_aligned<T>(i);
    return read_unaligned<T>(i);
  }
  template <Vector T>
  RT0_INLINE T read_unaligned(unsigned i) {
    if (is_mem(i)) return load<T>(address());
    T v;
    copy_value<T>(v.bytes.data(), core_.regs.ymm[op_->reg[i]].bytes.data());
    return v;
  }
  template <Vector T>
  RT0_INLINE T read_aligned(unsigned i) {
    if (is_mem(i)) require_aligned(sizeof(T));
    return read_unaligned<T>(i);
  }
  /// The low lane of an XMM register, or memory of the lane's size.
  template <Low T>
  RT0_INLINE T read(unsigned i) {
    using Bits = decltype(T::bits);
    if (is_mem(i)) return {load<Bits>(address())};
    Bits v;
    std::memcpy(&v, &core_.regs.ymm[op_->reg[i]], sizeof v);
    return {v};
  }

  /// 32-bit register writes clear the upper half; 8- and 16-bit ones keep the rest (SDM vol.
  /// 1, 3.4.1.1).
  template <Word T>
  RT0_INLINE void write(unsigned i, T v) {
    if (is_mem(i)) return store<T>(address(), v);
    u8* const place = reinterpret_cast<u8*>(core_.regs.slots.data()) + op_->reg[i];
    if constexpr (sizeof(T) >= 4)
      write_slot(place, op_->reg[i] / 8, u64{v});
    else if constexpr (Observed)
      set_slot(op_->reg[i] / 8, merged(op_->reg[i], v));
    else
      std::memcpy(place, &v, sizeof v);
  }
  /// Legacy SSE keeps bits above the operand; VEX clears them (SDM vol. 1, 14.1.4).
  template <Vector T>
  RT0_INLINE void write(unsigned i, const T& v) {
    if (is_mem(i)) return store<T>(address(), v);
    write_ymm(op_->reg[i], v, (op_->bits & decode::kOpVex) != 0);
  }
  template <Vector T>
  RT0_INLINE void write_aligned(unsigned i, const T& v) {
    if (is_mem(i)) require_aligned(sizeof(T));
    write(i, v);
  }
  template <Low T>
  RT0_INLINE void write_mem(const T& v) {
    store(address(), v.bits);
  }

  template <Vector T>
  RT0_INLINE T ymm(unsigned number) const {
    T v;
    copy_value<T>(v.bytes.data(), core_.regs.ymm[number].bytes.data());
    return v;
  }
  template <Vector T>
  RT0_INLINE void write_ymm(unsigned number, const T& v, bool clear_above) {
    V256& place = core_.regs.ymm[number];
    note_ymm(number, [&] {
      copy_value<T>(place.bytes.data(), v.bytes.data());
      if (sizeof(T) == 16 && clear_above) std::memset(place.bytes.data() + 16, 0, 16);
    });
  }

  /// The effective address of the memory operand, segment base included.
  RT0_INLINE u64 address() const {
    const auto slot = [this](u8 offset) {
      u64 v;
      std::memcpy(&v, reinterpret_cast<const u8*>(core_.regs.slots.data()) + offset, 8);
      return v;
    };
    if constexpr (F.addressing == Addressing::absolute) return op_->target;
    if constexpr (F.addressing == Addressing::base)
      return slot(op_->base) + static_cast<u64>(i64{op_->disp});
    if constexpr (F.addressing == Addressing::any) {
      if (op_->bits & decode::kOpAbsolute) return op_->target;
    }
    const u64 sum =
        slot(op_->base) + (slot(op_->index) << op_->scale) + static_cast<u64>(i64{op_->disp});
    if constexpr (F.addressing == Addressing::any) {
      if (op_->bits & (decode::kOpAddress32 | decode::kOpFs | decode::kOpGs)) [[unlikely]]
        return linear(sum);
    }
    return sum;
  }
  /// The linear address of an effective address that the meaning itself adds up.
  u64 linear(u64 sum) const {
    return (op_->bits & decode::kOpAddress32 ? static_cast<u32>(sum) : sum) + segment_base();
  }
  /// The address `offset` bytes from the memory operand: with 32-bit addresses the sum wraps before
  /// a segment base is added.
  u64 address_at(u64 offset) const {
    if (!(op_->bits & decode::kOpAddress32)) return address() + offset;
    const u64 segment = segment_base();
    return static_cast<u32>(address() - segment + offset) + segment;
  }
  RT0_INLINE i64 immediate() const {
    if constexpr (F.addressing == Addressing::absolute) return op_->disp;
    if constexpr (F.addressing == Addressing::any) {
      if (op_->bits & decode::kOpAbsolute) return op_->disp;
    }
    return op_->imm;
  }
  bool vex() const { return op_->bits & decode::kOpVex; }

  // -- registers by name --

  template <Word T>
  RT0_INLINE T reg(unsigned number) const {
    return static_cast<T>(core_.regs.slots[number]);
  }
  template <Word T>
  RT0_INLINE void set_reg(unsigned number, T v) {
    set_slot(number, sizeof(T) >= 4 ? u64{v} : merged(8 * number, v));
  }
  RT0_INLINE const Flags& flags() const { return core_.regs.flags; }
  RT0_INLINE void write(const Flags& f) {
    if constexpr (Observed) {
      auto& e = note(cpu::PlaceKind::flags, 0, 8);
      const u64 other = alone(core_.regs.other_flags);
      note_flags(e.before, core_.regs.flags, other);
      note_flags(e.after, f, other);
    }
    core_.regs.flags = f;
  }
  u64 rflags() const { return core_.regs.rflags(); }
  void set_rflags(u64 f) {
    const Flags old = core_.regs.flags;
    const u64 old_other = core_.regs.other_flags;
    core_.regs.set_rflags(f);
    if constexpr (Observed) {
      auto& e = note(cpu::PlaceKind::flags, 0, 8);
      e.before = cpu::Effect::words_of(old, old_other);
      e.after = cpu::Effect::words_of(core_.regs.flags, core_.regs.other_flags);
    }
  }
  u32 mxcsr() const { return core_.regs.mxcsr; }
  void set_mxcsr(u32 v) {
    if constexpr (Observed) {
      if (v != core_.regs.mxcsr) {
        auto& e = note(cpu::PlaceKind::mxcsr, 0, 4);
        e.before[0] = core_.regs.mxcsr, e.after[0] = v;
      }
    }
    core_.regs.mxcsr = v;
  }

  // -- memory --

  /// False when the memory operand, if there is one, takes the slow path.
  RT0_INLINE bool probe(unsigned size) {
    constexpr bool kStores = F.operand[0] == Place::mem;
    if constexpr (!kStores && F.operand[1] != Place::mem && F.operand[2] != Place::mem) return true;
    host_ = memory::Tlb::find(kStores ? core_.tlb.write : core_.tlb.read, address(), size);
    return host_ != nullptr;
  }
  template <class T>
  RT0_INLINE T load(u64 a) {
    T v;
    if constexpr (Probed) {
      copy_value<T>(&v, host_);
      return v;
    }
    if (const u8* host = memory::Tlb::find(core_.tlb.read, a, sizeof(T))) [[likely]]
      std::memcpy(&v, host, sizeof v);
    else
      v = load_slow<T>(core_, op_, a);
    if constexpr (Observed) {
      auto& e = note(cpu::PlaceKind::memory_read, 0, sizeof(T), a);
      note_value(e.before, v), note_value(e.after, v);
    }
    return v;
  }
  template <class T>
  RT0_INLINE void store(u64 a, T v) {
    if constexpr (Probed) {
      copy_value<T>(host_, &v);
      return;
    }
    u8* const host = memory::Tlb::find(core_.tlb.write, a, sizeof(T));
    if constexpr (Observed) {
      T old;
      if (host != nullptr) [[likely]] {
        std::memcpy(&old, host, sizeof old);
      } else {
        require_writable(core_, op_, a, sizeof(T));
        old = load_slow<T>(core_, op_, a);
      }
      auto& e = note(cpu::PlaceKind::memory_write, 0, sizeof(T), a);
      note_value(e.before, old), note_value(e.after, v);
    }
    if (host != nullptr) [[likely]]
      std::memcpy(host, &v, sizeof v);
    else
      store_slow<T>(core_, op_, a, v);
  }
  template <Word T>
  RT0_INLINE void push(T v) {
    const u64 sp = core_.regs[cpu::rsp] - sizeof(T);
    store<T>(sp, v);
    set_reg<u64>(cpu::rsp, sp);
  }
  template <Word T>
  RT0_INLINE T pop() {
    const u64 sp = core_.regs[cpu::rsp];
    const T v = load<T>(sp);
    set_reg<u64>(cpu::rsp, sp + sizeof(T));
    return v;
  }
  RT0_INLINE void require_aligned(u64 size) {
    if (address() % size != 0) [[unlikely]]
      raise(core_, op_, cpu::FaultKind::general_protection);
  }
  /// Typed so that a meaning that transfers control can `return c.raise_fault(…)`.
  [[noreturn]] const Op* raise_fault(cpu::FaultKind kind) { raise(core_, op_, kind); }

  // -- effects (Observed); what goes through this class is noted by itself --

  /// The next effect of this instruction. Their number is kept here until the instruction is done,
  /// where the compiler knows it: each effect's place is then a constant.
  RT0_INLINE cpu::Effect& note(cpu::PlaceKind kind, unsigned index, u64 size, u64 address = 0) {
    if (noted_ == cpu::Effects::kMost) [[unlikely]]
      too_many_effects();
    cpu::Effect& e = core_.effects.list[noted_++];
    // Kind and index with what pads them, in one store; only memory has an address.
    const u64 head = static_cast<u64>(kind) | u64{index} << 8;
    std::memcpy(static_cast<void*>(&e), &head, sizeof head);
    e.size = size;
    if (kind >= cpu::PlaceKind::memory_read) e.address = Addr(address);
    return e;
  }

  // -- the flow of control: a meaning that leaves the straight line returns one of these --

  /// The address after this instruction. Only for instructions that end a block.
  RT0_INLINE u64 next_pc() const {
    if constexpr (Observed) return core_.regs.rip;  // the observed loop has advanced it
    return exits().block->end.value;
  }
  /// To the encoded target, or on to the next instruction.
  RT0_INLINE const Op* branch(bool taken) {
    if constexpr (Observed) {
      core_.taken = taken;
      if (taken) core_.regs.rip = op_->target;
      return nullptr;
    } else {
      decode::Exits& e = exits();
      const Op*& to = taken ? e.taken : e.fall;
      if (to == nullptr) [[unlikely]]
        return unlinked(to, taken);
      return enter(core_, to);
    }
  }
  RT0_INLINE const Op* jump(u64 target) {
    if constexpr (Observed) {
      core_.taken = true;
      core_.regs.rip = target;
      return nullptr;
    } else {
      const JumpCache::Entry& e = core_.jumps.at(target);
      if (e.pc == target) [[likely]]
        return enter(core_, e.op);
      core_.regs.rip = target;
      core_.unlinked = nullptr;
      return nullptr;
    }
  }
  /// Stop the loop after this instruction, for a reason that the machine handles.
  const Op* stop(Trap trap) {
    core_.regs.rip = next_pc();
    core_.trap = trap;
    core_.unlinked = nullptr;
    return nullptr;
  }
  /// The number of this instruction: how many retired before it.
  u64 instruction_number() const {
    const u64 not_yet = Observed ? 0 : op_->left + 1u;
    return core_.goal - (static_cast<u64>(core_.budget) + not_yet);
  }

 private:
  u64 segment_base() const {
    return op_->bits & decode::kOpFs   ? core_.regs.slots[cpu::kSlotFsBase]
           : op_->bits & decode::kOpGs ? core_.regs.slots[cpu::kSlotGsBase]
                                       : 0;
  }

  decode::Exits& exits() const { return decode::exits_of(op_); }

  [[gnu::noinline]] const Op* unlinked(const Op*& exit, bool taken) {
    core_.regs.rip = taken ? op_->target : next_pc();
    core_.unlinked = &exit;
    return nullptr;
  }

  /// A general register with the part at a byte offset replaced.
  template <Word T>
  RT0_INLINE u64 merged(unsigned offset, T v) const {
    const unsigned shift = 8 * (offset % 8);
    return (core_.regs.slots[offset / 8] & ~(u64{static_cast<T>(~T{0})} << shift)) |
           (u64{v} << shift);
  }
  RT0_INLINE void set_slot(unsigned number, u64 v) {
    write_slot(reinterpret_cast<u8*>(&core_.regs.slots[number]), number, v);
  }
  RT0_INLINE void write_slot(u8* place, unsigned number, u64 v) {
    if constexpr (Observed) {
      auto& e = note(cpu::PlaceKind::gpr, number, 8);
      std::memcpy(e.before.data(), place, 8);
      e.after[0] = v;
    }
    std::memcpy(place, &v, 8);
  }

  // -- effects --

  /// The words of an effect that a value fills; a short one is widened, so that its word can be
  /// read whole.
  template <class T>
  RT0_INLINE static void note_value(std::array<u64, 4>& words, const T& v) {
    if constexpr (sizeof(T) < 8)
      words[0] = v;
    else
      std::memcpy(words.data(), &v, sizeof v);
  }
  RT0_INLINE static void note_flags(std::array<u64, 4>& words, const Flags& f, u64 other) {
    words[0] = alone(f.result), words[1] = alone(f.carries), words[2] = alone(f.patch);
    words[3] = other;
  }
  RT0_INLINE void note_vector(std::array<u64, 4>& words, const V256& v) {
    for (unsigned i = 0; i < 4; ++i) {
      u64 word;
      std::memcpy(&word, v.bytes.data() + 8 * i, 8);
      words[i] = alone(word);
    }
  }
  template <class Change>
  RT0_INLINE void note_ymm(unsigned number, Change change) {
    if constexpr (Observed) {
      auto& e = note(cpu::PlaceKind::ymm, number, 32);
      note_vector(e.before, core_.regs.ymm[number]);
      change();
      note_vector(e.after, core_.regs.ymm[number]);
    } else {
      change();
    }
  }

  Core& core_;
  const Op* op_;
  u8* host_ = nullptr;  // Probed: where the memory operand lies
  u32 noted_ = 0;       // Observed: effects so far
};

}  // namespace emulator::semantics
