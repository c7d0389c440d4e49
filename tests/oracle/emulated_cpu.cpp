#include "tests/oracle/emulated_cpu.hpp"

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstring>
#include <utility>

#include "emulator/base/error.hpp"
#include "emulator/machine/run_loop.hpp"
#include "emulator/memory/address_space.hpp"
#include "tests/oracle/facts_laws.hpp"

namespace tests::oracle {
namespace {

using emulator::machine::RunLoop;
using emulator::semantics::Core;
namespace cpu = emulator::cpu;
namespace memory = emulator::memory;

constexpr u64 kMemoryLimit = 64u << 20;

void load(const CpuState& state, cpu::Registers& regs) {
  std::copy(state.gpr.begin(), state.gpr.end(), regs.slots.begin());
  regs.fs_base() = state.fs_base;
  regs.rip = state.rip;
  regs.set_rflags(state.rflags);
  regs.mxcsr = state.mxcsr;
  static_assert(sizeof regs.ymm == sizeof state.ymm);
  regs.ymm = std::bit_cast<decltype(regs.ymm)>(state.ymm);
}

void save(const cpu::Registers& regs, CpuState& state) {
  std::copy_n(regs.slots.begin(), 16, state.gpr.begin());
  state.fs_base = regs.fs_base();
  state.rip = regs.rip;
  state.rflags = regs.rflags() & kComparedFlags;
  state.mxcsr = regs.mxcsr;
  std::memcpy(state.ymm.data(), regs.ymm.data(), sizeof state.ymm);
}

/// The signal that Linux makes of a fault (arch/x86/kernel/traps.c, arch/x86/mm/fault.c).
Fault signal_of(const cpu::GuestFault& fault, u64 rip) {
  switch (fault.kind) {
    case cpu::FaultKind::page:
      return {SIGSEGV, fault.present ? SEGV_ACCERR : SEGV_MAPERR, fault.address.value};
    case cpu::FaultKind::bus:
      return {SIGBUS, BUS_ADRERR, fault.address.value};
    case cpu::FaultKind::general_protection:
      return {SIGSEGV, SI_KERNEL, 0};
    case cpu::FaultKind::stack:
      return {SIGBUS, SI_KERNEL, 0};
    case cpu::FaultKind::divide:
      return {SIGFPE, FPE_INTDIV, rip};
    case cpu::FaultKind::invalid_opcode:
      return {SIGILL, ILL_ILLOPN, rip};
    case cpu::FaultKind::breakpoint:
      return {SIGTRAP, SI_KERNEL, 0};
    case cpu::FaultKind::simd:
      return {SIGFPE, 0, rip};
  }
  return {-1, 0, 0};
}

/// Carries out an instruction's recorded effects on a state, to see whether they are all of them.
void apply(const cpu::Effects& effects, CpuState& state, DataImage& data) {
  for (const cpu::Effect& e : effects) {
    switch (e.kind) {
      case cpu::PlaceKind::gpr:
        state.gpr[e.index & 15] = e.after[0];
        break;
      case cpu::PlaceKind::ymm:
        state.ymm[e.index & 15] = e.after;
        break;
      case cpu::PlaceKind::flags:
        state.rflags = e.value_after() & kComparedFlags;
        break;
      case cpu::PlaceKind::fs_base:
        state.fs_base = e.after[0];
        break;
      case cpu::PlaceKind::mxcsr:
        state.mxcsr = static_cast<u32>(e.after[0]);
        break;
      case cpu::PlaceKind::memory_write:
        for (u64 i = 0; i < e.size; ++i) {
          const u64 at = e.address.value + i - kDataBase;
          if (at < kDataSize) effects.copy_after(e, i, {&data[at], 1});
        }
        break;
      default:
        break;
    }
  }
}

class Rt0Cpu final : public EmulatedCpu {
 public:
  explicit Rt0Cpu(Loop loop) : which_(loop), loop_(*core_, memory_) {
    const auto map = [&](u64 start, u64 size, u8 protection) {
      memory::Region region;
      region.end = start + size;
      region.protection = protection;
      memory_.map(Addr(start), size, region);
    };
    map(kDataBase, kDataSize, memory::kRead | memory::kWrite);
    map(kCodeBase, kPage, memory::kRead | memory::kExec);
    memory_.poke(Addr(kDataBase), *initial_);
    memory_.protect(Addr(kDataBase + kReadOnlyPage * kPage), kPage, memory::kRead);
    code_.fill(0xcc);
    memory_.poke(Addr(kCodeBase), code_);
  }

  Outcome run(const Case& one) override {
    Outcome outcome;
    const u64 room = std::min<u64>(one.length, kCodeEnd - one.before.rip);
    memory_.poke(Addr(one.before.rip), one.bytes().first(room));
    for (const Patch& patch : one.data()) lay(patch, {patch.bytes.data(), patch.size});
    load(one.before, core_->regs);
    outcome.ending = Ending::kRan;
    try {
      execute(one, outcome);
    } catch (const emulator::base::Unimplemented&) {
      outcome.ending = Ending::kUnimplemented;
    }
    save(core_->regs, outcome.after);
    finish(one, room, outcome);
    return outcome;
  }

 private:
  void execute(const Case& one, Outcome& outcome) {
    using emulator::machine::Stop;
    core_->budget = 1;
    core_->goal = 1;
    replayed_ = retired_ = false;
    const auto retired = [&](const emulator::machine::Retired& r) {
      replayed_ = retired_ = true;
      told_ = {*r.facts, r.effects, r.next.value, r.taken,
               std::ranges::equal(r.bytes(), one.bytes())};
    };
    const Stop stop = which_ == Loop::kFast ? loop_.run() : loop_.run_observed(retired);
    if (stop == Stop::fault) outcome.fault = signal_of(loop_.fault, one.before.rip);
    if (std::exchange(core_->partly, false)) told_.effects = core_->effects, replayed_ = true;
    if (stop == Stop::fault && loop_.fault.kind != cpu::FaultKind::invalid_opcode &&
        one.before.rip + one.length <= kCodeEnd) {
      const auto facts = loop_.facts_of(one.bytes());
      if (facts && !facts->is(emulator::decode::InsnFacts::kMayFault))
        outcome.complaint = "its facts say that it cannot fault";
    }
  }

  /// What changed in the data; then everything is put back.
  void finish(const Case& one, u64 room, Outcome& outcome) {
    memory_.peek(Addr(kDataBase), *after_);
    if (!find_written(before_->data(), after_->data(), outcome.written))
      outcome.ending = Ending::kLost;
    if (replayed_) check_effects(one, outcome);
    if (retired_ && outcome.complaint == nullptr)
      outcome.complaint = broken_law(one, told_, outcome.after);
    const Written& w = outcome.written;
    if (outcome.ending == Ending::kLost) memory_.poke(Addr(kDataBase), *before_);
    memory_.poke(Addr(kDataBase + w.offset), {before_->data() + w.offset, w.size});
    if (retired_ && outcome.complaint == nullptr && ++turn_ % kTurns == 0)
      execute_otherwise(one, outcome);
    for (const Patch& patch : one.data()) lay(patch, {initial_->data() + patch.offset, patch.size});
    memory_.poke(Addr(one.before.rip), std::span<const u8>(code_).first(room));
  }

  /// What an instruction does not read, by its facts, makes no difference to what it does.
  void execute_otherwise(const Case& one, Outcome& outcome) {
    if (told_.facts.is(emulator::decode::InsnFacts::kOutside) || outcome.ending != Ending::kRan)
      return;
    const ToldInsn told = told_;
    Case other = one;
    other.before = with_unread_changed(told.facts, one.before, turn_ / kTurns);
    load(other.before, core_->regs);
    Outcome again;
    execute(other, again);
    CpuState after;
    save(core_->regs, after);
    std::unique_ptr<DataImage> data = std::make_unique<DataImage>();
    memory_.peek(Addr(kDataBase), *data);
    if (!retired_ || *data != *after_ ||
        !did_the_same(told.facts, one.before, outcome.after, other.before, after))
      outcome.complaint = "it reads what its facts do not say";
    memory_.poke(Addr(kDataBase), *before_);
  }

  void check_effects(const Case& one, Outcome& outcome) {
    CpuState state = one.before;
    state.rip = outcome.after.rip;
    DataImage data = *before_;
    apply(told_.effects, state, data);
    if (state != outcome.after || data != *after_)
      outcome.complaint = "the recorded effects do not add up to the state after";
  }

  void lay(const Patch& patch, std::span<const u8> bytes) {
    memory_.poke(Addr(kDataBase + patch.offset), bytes);
    std::copy(bytes.begin(), bytes.end(), before_->begin() + patch.offset);
  }

  Loop which_;
  std::unique_ptr<Core> core_ = std::make_unique<Core>();
  memory::AddressSpace memory_{kMemoryLimit};
  RunLoop loop_;
  std::unique_ptr<DataImage> initial_ = std::make_unique<DataImage>(initial_data());
  std::unique_ptr<DataImage> before_ = std::make_unique<DataImage>(*initial_);
  std::unique_ptr<DataImage> after_ = std::make_unique<DataImage>();
  std::array<u8, kPage> code_{};
  ToldInsn told_;
  bool replayed_ = false;  // its effects are in told_
  bool retired_ = false;
  static constexpr u64 kTurns = 3;  // every so many cases another execution
  u64 turn_ = 0;
};

}  // namespace

std::unique_ptr<EmulatedCpu> make_emulated_cpu(Loop loop) { return std::make_unique<Rt0Cpu>(loop); }

}  // namespace tests::oracle
