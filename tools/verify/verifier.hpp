/// Lockstep: the emulator executes an instruction, the host's CPU executes the same one, and all
/// that they left behind is compared. What comes from outside of the CPU (system calls, signals,
/// the clock, CPUID) is given to the host as the emulator had it.
#pragma once

#include <functional>
#include <optional>

#include "emulator/machine/machine.hpp"
#include "tools/verify/host_memory.hpp"

namespace rt0::verify {

/// One instruction of the history.
struct Step {
  u64 number = 0;
  emulator::kernel::Tid thread = 0;
  Addr pc;
  std::array<u8, 15> bytes{};
  u8 length = 0;
};

/// Something that is not the same on both sides. Texts, ready to print; `before` where it is known.
struct Difference {
  std::string what, before, emulator, host;
};

struct Divergence {
  Step step;
  std::string found;  // "after it ran", "by the comparison of all memory …"
  std::vector<Difference> differences;
  std::vector<Step> last;  // oldest first; ends with `step`
};

/// One kind of instruction, "add r64, m64", and how often it was compared.
struct FormCount {
  std::string name;
  u64 count = 0;
};

struct Options {
  /// All touched memory is compared after so many instructions, and at the end.
  u64 all_memory_every = 100'000;
  /// For tests: may spoil the machine's state before it is compared.
  std::function<void(const emulator::kernel::Thread&, const emulator::machine::Retired&)> plant;
};

struct Counts {
  u64 compared = 0;    // executed on both sides
  u64 given = 0;       // their results came from the emulator
  u64 faults = 0;      // raised on both sides
  u64 switches = 0;    // of the guest's threads
  u64 all_memory = 0;  // comparisons of all memory
};

class Verifier {
 public:
  /// Listens to the machine, which has not run yet. Throws base::UserError when the host
  /// refuses.
  Verifier(emulator::machine::Machine& machine, Options options);
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  /// Runs `run` (which runs the machine) to its end or to the first divergence.
  std::optional<Divergence> check(const std::function<void()>& run);

  const Counts& counts() const { return counts_; }
  /// By instruction form, most frequent first.
  std::vector<FormCount> forms() const;

 private:
  using InsnFacts = emulator::decode::InsnFacts;
  using Thread = emulator::kernel::Thread;
  using Retired = emulator::machine::Retired;
  static constexpr std::size_t kHistory = 20;

  void resuming(const Thread& t);
  void retired(const Thread& t, const Retired& r);
  void faulted(const Thread& t, const emulator::cpu::GuestFault& fault);
  Trap execute(const Retired& r);
  Trap step(const InsnFacts& f);
  void give(const InsnFacts& f, const emulator::cpu::Registers& regs);
  void compare_general(const InsnFacts& f, std::span<const u8> code,
                       const emulator::cpu::Registers& regs);
  void compare_vectors(const emulator::cpu::Registers& regs, bool ask_host);
  void compare_stores(const Retired& r);
  void compare_all_memory();
  void undo_trace_flag(const emulator::cpu::Registers& regs);
  void remember(const Thread& t, u64 number, Addr pc, std::span<const u8> code);
  [[noreturn]] void diverged(std::string found, std::vector<Difference> differences);
  [[noreturn]] void memory_differs(const MemoryDifference& d, std::string found);
  [[noreturn]] void trap_differs(const Trap& host, const std::string& emulator);

  emulator::machine::Machine& machine_;
  emulator::machine::Observer observer_;
  Options options_;
  HostFiles files_;
  HostProcess process_;
  HostMemory memory_;
  Counts counts_;
  std::vector<u64> by_form_;  // how often each form retired
  std::array<Step, kHistory> history_;
  u64 steps_ = 0;
  emulator::kernel::Tid thread_ = 0;  // whose registers the host holds
  General before_;                    // the state before the instruction under way
  Vectors vectors_;                   // of the host, as last known
  u64 all_memory_at_ = 0;
};

}  // namespace rt0::verify
