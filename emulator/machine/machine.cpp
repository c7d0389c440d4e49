#include "emulator/machine/machine.hpp"

#include <algorithm>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/base/random.hpp"
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/limits.hpp"

namespace emulator::machine {
namespace {

constexpr u64 kSchedYield = 24;  // its caller gives up the rest of its turn

kernel::Config with_profile(kernel::Config config, const cpu::Profile& profile) {
  config.profile = profile;
  return config;
}

/// Adds to the core's effects what differs between two states: what the kernel did to the
/// registers.
void note_changes(cpu::Effects& effects, const cpu::Registers& before,
                  const cpu::Registers& after) {
  using cpu::PlaceKind;
  const auto note = [&effects](PlaceKind kind, unsigned index, u64 old_value, u64 new_value) {
    if (old_value == new_value) return;
    // What SYSCALL itself has put there is not what was there before.
    const u32 known = effects.count;
    auto& e = effects.add_or_change(kind, static_cast<u8>(index), 8);
    if (effects.count != known) e.before[0] = old_value;
    e.after[0] = new_value;
  };
  for (unsigned i = 0; i < 16; ++i) note(PlaceKind::gpr, i, before.gpr(i), after.gpr(i));
  note(PlaceKind::fs_base, 0, before.fs_base(), after.fs_base());
  note(PlaceKind::gs_base, 0, before.slots[cpu::kSlotGsBase], after.slots[cpu::kSlotGsBase]);
  if (before.rflags() != after.rflags()) {
    auto& e = effects.add(PlaceKind::flags, 0, 8);
    e.before = cpu::Effect::words_of(before.flags, before.other_flags);
    e.after = cpu::Effect::words_of(after.flags, after.other_flags);
  }
  note(PlaceKind::mxcsr, 0, before.mxcsr, after.mxcsr);
  for (unsigned i = 0; i < 16; ++i) {
    if (before.ymm[i] == after.ymm[i]) continue;
    auto& e = effects.add(PlaceKind::ymm, static_cast<u8>(i), 32);
    std::memcpy(e.before.data(), &before.ymm[i], 32);
    std::memcpy(e.after.data(), &after.ymm[i], 32);
  }
}

/// Notes what the kernel writes while it lives.
class Journal {
 public:
  Journal(memory::AddressSpace& memory, KernelWrites* to) : memory_(memory) {
    memory_.journal_copies(to);
  }
  ~Journal() { memory_.journal_copies(nullptr); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

 private:
  memory::AddressSpace& memory_;
};

/// A value that goes back to null at the end of the scope, however that is left.
class Current {
 public:
  Current(kernel::Thread*& place, kernel::Thread* value) : place_(place) { place = value; }
  ~Current() { place_ = nullptr; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  kernel::Thread*& place_;
};

}  // namespace

Machine::Machine(Settings settings, std::shared_ptr<const kernel::ElfImage> image,
                 kernel::Host& host)
    : settings_(std::move(settings)),
      memory_(settings_.memory_limit),
      kernel_(with_profile(settings_.kernel, settings_.profile), memory_, host),
      loop_((core_.profile = settings_.profile, core_), memory_) {
  progress_.schedule_state = settings_.kernel.seed ^ 0x7230;
  hear_kernel();
  kernel_.load(std::move(image));
}

/// Lets the kernel do something to a thread, and reports what it did.
template <class Act>
void Machine::kernel_acts(kernel::Thread& t, Between::Why why, Act act) {
  if (!wants_between()) return act();
  const cpu::Registers before = t.regs;
  KernelWrites writes;
  {
    const Journal journal(memory_, &writes);
    act();
  }
  between_.count = 0;
  note_changes(between_, before, t.regs);
  if (between_.count != 0 || !writes.empty()) tell_between(t, {why, between_, writes});
}

/// What a string instruction did before it was ended in the middle.
void Machine::report_part(const kernel::Thread& t) {
  if (!std::exchange(core_.partly, false) || core_.effects.count == 0) return;
  tell_between(t, {Between::Why::part, core_.effects, KernelWrites()});
}

/// The next thread that can run, round robin by thread id; null when all wait.
kernel::Thread* Machine::next_thread() {
  const kernel::Tid last = progress_.last_tid;
  for (const bool around : {false, true}) {
    kernel::Thread* t = kernel_.next_able(around ? 0 : last);
    for (; t != nullptr && !(around && t->tid > last); t = kernel_.next_able(t->tid)) {
      if (t->state == kernel::ThreadState::waiting)
        kernel_acts(*t, Between::Why::resume, [&] { kernel_.resume(*t); });
      if (kernel_.exit) return nullptr;
      if (t->state == kernel::ThreadState::runnable) return t;
    }
  }
  return nullptr;
}

void Machine::report_deadlock() {
  std::string text = "guest deadlock: every thread waits and nothing can wake one:";
  for (const auto& t : kernel_.threads()) {
    const auto* row = kernel::find_syscall(t->syscall_number);
    text +=
        fmt::format("\n  thread {} in {} at {}, futex {}", t->tid,
                    row != nullptr ? row->name : "no system call", base::hex(t->regs.rip),
                    t->wait.kind == kernel::Wait::Kind::futex ? base::hex(t->wait.key) : "none");
  }
  throw base::LimitReached(text);
}

void Machine::jump_to_next_deadline() {
  const auto deadline = kernel_.next_deadline();
  if (!deadline || ++progress_.idle_expirations > kernel::limits::kIdleExpirations)
    report_deadlock();
  if (*deadline > kernel::kEndOfTime)
    throw base::LimitReached(
        "every thread sleeps beyond the end of virtual time, 146 years after the start");
  if (*deadline > now()) progress_.clock_offset += (*deadline - now()).value;
  kernel_.set_time(now());
}

/// Between half and one and a half quanta, from the seeded stream.
u64 Machine::slice_length() {
  constexpr u64 kEndless = u64{1} << 62;  // in years 146: more is the same, and fits the budget
  const u64 q = std::clamp<u64>(settings_.quantum, 1, kEndless);
  return std::max<u64>(1, q / 2 + base::next_random(progress_.schedule_state) % (q + 1));
}

/// Adds what the core has retired since the last time to the totals.
void Machine::account(kernel::Thread& t) {
  const u64 done = core_.goal - static_cast<u64>(core_.budget) - slice_start_;
  slice_start_ += done;
  progress_.retired += done;
  if (done != 0) progress_.idle_expirations = 0, progress_.faulted = false;
  kernel_.ran(t, done);
  progress_.slice_left -= std::min(progress_.slice_left, done);
  if (burst_.left > 0) {
    burst_.left -= std::min(burst_.left, done);
    burst_.ended = progress_.retired;
  }
  kernel_.set_time(Nanos(static_cast<i64>(progress_.retired) + progress_.clock_offset), &t);
}

bool Machine::system_call(kernel::Thread& t) {
  const u64 number = core_.regs[cpu::rax];
  tell(&Hooks::system_call, t, number);
  if (stop_requested_) return true;
  if (number == kSchedYield) progress_.slice_left = 0;
  t.regs = core_.regs;
  KernelWrites writes;
  const bool report = loop_.syscall.has_value();
  {
    const Journal journal(memory_, report ? &writes : nullptr);
    kernel_.syscall(t);
  }
  if (report) {
    note_changes(core_.effects, core_.regs, t.regs);
    core_.regs = t.regs;
    Retired what = *loop_.syscall;
    loop_.syscall.reset();
    what.kernel_writes = &writes;
    what.next = Addr(t.regs.rip);
    core_.taken = what.next != what.end();
    tell_retired(t, what);
  }
  core_.regs = t.regs;
  return t.state == kernel::ThreadState::runnable;
}

/// The next instruction accesses a watched page: it is observed, and those behind it when the last
/// such access is not long ago.
void Machine::begin_burst() {
  constexpr u64 kRare = 1000, kLongest = 16384;
  const bool again = burst_.ended != 0 && progress_.retired - burst_.ended < kRare;
  burst_.length = again ? std::min(burst_.length * 4, kLongest) : 1;
  burst_.left = burst_.length;
  // It was passed, or reported, when the fast loop came here.
  if (loop_.probes().contains(core_.regs.rip)) loop_.pass_probe();
}

/// For a SYSCALL that the fast loop retired, as the observed loop would; only its own effects on
/// registers are missing.
void Machine::note_syscall() {
  static constexpr std::array<u8, 2> kCode = {0x0f, 0x05};
  if (!syscall_facts_) syscall_facts_ = loop_.facts_of(kCode);
  const Addr next(core_.regs.rip);
  core_.effects.count = 0;
  const Addr pc = next - kCode.size();
  core_.taken = false;
  loop_.syscall.emplace(Retired{progress_.retired - 1, pc, &*syscall_facts_, next, core_.taken,
                                core_.effects, pc, kCode.data()});
}

/// What the loop stopped for. False: the thread's turn is over.
bool Machine::handle(kernel::Thread& t, Stop stop) {
  switch (stop) {
    case Stop::budget:
      return true;
    case Stop::syscall:
      if (memory_.has_watches() && !loop_.syscall) note_syscall();
      return system_call(t);
    case Stop::watched:
      begin_burst();
      return true;
    case Stop::fault:
      report_part(t);
      tell(&Hooks::faulted, t, loop_.fault);
      t.regs = core_.regs;
      // An INT3 has retired.
      progress_.faulted = loop_.fault.kind != cpu::FaultKind::breakpoint;
      kernel_.fault(t, loop_.fault);
      core_.regs = t.regs;
      return t.state == kernel::ThreadState::runnable;
    case Stop::probe:
      probed(t);
      return true;
  }
  return true;
}

/// Executes with the budget that was set; what retired is accounted for even when it throws.
Stop Machine::run_loop(kernel::Thread& t) {
  try {
    const Stop stop = in_observed_loop() ? run_observed(t) : loop_.run();
    account(t);
    return stop;
  } catch (...) {
    account(t);
    t.regs = core_.regs;
    report_part(t);
    throw;
  }
}

/// Lets a thread run until its turn is over, it waits, it dies or the process ends.
void Machine::run_slice(kernel::Thread& t) {
  core_.regs = t.regs;
  const Current current(current_, &t);
  while (!kernel_.exit && !stop_requested_ && progress_.slice_left > 0) {
    if (kernel_.has_deliverable_signal(t)) {
      t.regs = core_.regs;
      kernel_acts(t, Between::Why::signal, [&] {
        kernel_.deliver_signals(t);
        core_.regs = t.regs;
      });
      if (kernel_.exit || t.state != kernel::ThreadState::runnable) break;
    }
    u64 allowed = std::min(progress_.slice_left,
                           std::min(stop_at_, settings_.max_instructions) - progress_.retired);
    if (const auto deadline = kernel_.next_deadline())
      allowed = std::min(allowed, static_cast<u64>(std::max<i64>(1, (*deadline - now()).value)));
    if (allowed == 0) {
      if (progress_.retired >= stop_at_) {
        stop_requested_ = true;
        break;
      }
      t.regs = core_.regs;
      throw base::LimitReached(
          fmt::format("stopped after {} instructions (--max-instructions)", progress_.retired));
    }
    if (burst_.left > 0) allowed = std::min(allowed, burst_.left);
    core_.budget = static_cast<i64>(allowed);
    core_.goal = progress_.retired + allowed;
    slice_start_ = progress_.retired;
    core_.clock_offset = progress_.clock_offset;
    tell(&Hooks::resuming, t);
    if (stop_requested_) break;
    if (!handle(t, run_loop(t))) break;
  }
  t.regs = core_.regs;
}

std::optional<kernel::ProcessExit> Machine::run() {
  stop_requested_ = false;
  while (!kernel_.exit && !stop_requested_) {
    kernel::Thread* t =
        progress_.slice_left > 0 ? kernel_.find_thread(progress_.last_tid) : nullptr;
    if (t == nullptr || t->state != kernel::ThreadState::runnable) {
      kernel_.remove_ended();
      t = next_thread();
      if (kernel_.exit) break;
      if (t == nullptr) {
        jump_to_next_deadline();
        continue;
      }
      progress_.slice_left = slice_length();
      if (t->tid != progress_.last_tid)
        tell(&Hooks::switched, kernel_.find_thread(progress_.last_tid), *t);
      progress_.last_tid = t->tid;
    }
    run_slice(*t);
  }
  if (kernel_.exit) return kernel_.exit;
  return std::nullopt;
}

std::optional<decode::InsnFacts> Machine::facts_at(Addr pc) {
  std::array<u8, decode::kMaxInsnBytes> code;
  std::size_t there = code.size();
  while (there > 0 && !memory_.peek(pc, std::span(code).first(there))) --there;
  return loop_.facts_of(std::span(code).first(there));
}

Machine::Checkpoint Machine::checkpoint() {
  return {memory_.snapshot(), kernel_.checkpoint(), progress_};
}

void Machine::restore(const Checkpoint& c) {
  RT0_CHECK(current_ == nullptr, "restore of a machine that runs");
  memory_.restore(c.memory);
  kernel_.restore(c.kernel);
  progress_ = c.progress;
  burst_.left = burst_.ended = 0;
  core_.budget = 0;
  core_.goal = slice_start_ = 0;
  loop_.reset();
}

}  // namespace emulator::machine
