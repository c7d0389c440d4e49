/// A machine: one core that executes the guest's threads in turn, the memory they share, and the
/// kernel under them.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "emulator/kernel/kernel.hpp"
#include "emulator/machine/observer.hpp"
#include "emulator/machine/run_loop.hpp"

namespace emulator::machine {

struct Settings {
  kernel::Config kernel;
  cpu::Profile profile;
  u64 quantum = 10'000;  // instructions a thread runs before the next one's turn, on average
  u64 max_instructions = ~u64{0};   // reaching it throws base::LimitReached
  u64 memory_limit = u64{4} << 30;  // bytes of guest pages
};

class Machine {
 public:
  /// Maps the program and makes its first thread. Throws base::UserError for an image that cannot
  /// be run.
  Machine(Settings settings, std::shared_ptr<const kernel::ElfImage> image, kernel::Host& host);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Runs to the end of the process, or until stop() is called from an observer's hook (then
  /// nothing is returned). When it throws (base::Unimplemented, base::LimitReached), what has
  /// retired before is accounted for and the thread's registers are where it came to.
  std::optional<kernel::ProcessExit> run();
  /// From a hook: return from run() before the next instruction. From `probe`, the next run()
  /// begins with the instruction that the probe stands at.
  void stop() {
    stop_requested_ = true;
    loop_.leave();
  }
  /// From the hook `probe`: the current thread's registers, to be changed. Where RIP is moved to, a
  /// probe counts again, unless pass_probe() is called.
  cpu::Registers& edit_registers() { return core_.regs; }
  void pass_probe() { loop_.pass_probe(); }
  /// Stop (as by stop()) when this many instructions have retired.
  void stop_at(u64 number) { stop_at_ = number; }

  u64 retired() const {
    return progress_.retired + (core_.goal - static_cast<u64>(core_.budget) - slice_start_);
  }
  /// An instruction has faulted since the last one retired: the kernel has made a signal of it.
  bool has_faulted() const { return progress_.faulted; }
  Nanos now() const { return Nanos(static_cast<i64>(retired()) + progress_.clock_offset); }
  const kernel::Thread* current() const { return current_; }
  /// Whose turn it is, also while nobody runs.
  kernel::Tid turn() const { return progress_.last_tid; }
  /// The registers of a thread, wherever they are: in the core while it runs.
  const cpu::Registers& registers(const kernel::Thread& t) const {
    return &t == current_ ? core_.regs : t.regs;
  }
  kernel::Kernel& kernel() { return kernel_; }
  const kernel::Kernel& kernel() const { return kernel_; }
  memory::AddressSpace& memory() { return memory_; }
  const memory::AddressSpace& memory() const { return memory_; }
  const decode::Decoder& decoder() const { return loop_.decoder(); }
  /// What stands at an address says of itself, whether it is ever executed or not; nothing where
  /// there is no instruction.
  std::optional<decode::InsnFacts> facts_at(Addr pc);
  /// Of all instructions that were reported, and the forms that they have.
  const decode::FactsTable& facts() const { return loop_.facts(); }
  const RunLoop& loop() const { return loop_; }

  /// All of the machine as a value, but for host and observers. Only while it does not run.
  struct Checkpoint;
  Checkpoint checkpoint();
  /// Pointers to kernel::Threads are no longer valid then. Decoded code stays as far as it can.
  void restore(const Checkpoint& c);

 private:
  /// Where the schedule and the clocks have got to.
  struct Progress {
    kernel::Tid last_tid = 0;
    u64 retired = 0;       // up to the start of what the core is running
    i64 clock_offset = 0;  // virtual ns = retired + this
    u64 schedule_state = 0;
    u64 slice_left = 0;
    u64 idle_expirations = 0;  // jumps of the clock since an instruction retired
    bool faulted = false;      // since an instruction retired
  };

  kernel::Thread* next_thread();
  void jump_to_next_deadline();
  void run_slice(kernel::Thread& t);
  bool handle(kernel::Thread& t, Stop stop);
  bool system_call(kernel::Thread& t);
  void account(kernel::Thread& t);
  u64 slice_length();
  Stop run_loop(kernel::Thread& t);
  Stop run_observed(kernel::Thread& t);
  template <class Act>
  void kernel_acts(kernel::Thread& t, Between::Why why, Act act);
  void report_part(const kernel::Thread& t);
  void probed(const kernel::Thread& t);
  void hear_kernel();
  /// Calls a hook of every observer who has set it.
  template <class Hook, class... Arguments>
  void tell(Hook Hooks::*hook, const Arguments&... arguments) const {
    for (const Observer* o : observers_)
      if (o->on.*hook) (o->on.*hook)(arguments...);
  }
  void tell_retired(const kernel::Thread& t, const Retired& what) const;
  void tell_between(const kernel::Thread& t, const Between& what) const;
  bool in_observed_loop() const;
  bool wants_between() const;
  // For observers.
  friend class Observer;
  void choose_loop() { loop_.leave(); }
  void unite_pages();
  void count_probe(Addr a, bool wanted);
  void begin_burst();
  void note_syscall();
  [[noreturn]] void report_deadlock();

  Settings settings_;
  memory::AddressSpace memory_;
  kernel::Kernel kernel_;
  std::unique_ptr<Core> core_owner_ = std::make_unique<Core>();
  Core& core_ = *core_owner_;
  RunLoop loop_;
  std::vector<Observer*> observers_;                // in the order in which they came
  std::vector<Observer*> followers_;                // of the observed loop that runs
  std::map<u64, u32> probes_;                       // how many observers want each
  cpu::Effects between_;                            // of what is being reported
  std::optional<decode::InsnFacts> syscall_facts_;  // once one is needed
  kernel::Thread* current_ = nullptr;
  Progress progress_;
  u64 slice_start_ = 0;  // core_.goal - budget at progress_.retired
  u64 stop_at_ = ~u64{0};
  /// Observed instructions where a watched page is accessed: one, when that is rare, many at once
  /// when one access follows another.
  struct Burst {
    u64 left = 0;    // instructions of it
    u64 length = 1;  // of the last one
    u64 ended = 0;   // progress_.retired there
  } burst_;
  bool stop_requested_ = false;
};

struct Machine::Checkpoint {
  memory::Snapshot memory;
  kernel::Kernel::Checkpoint kernel;
  Progress progress;
};

}  // namespace emulator::machine
