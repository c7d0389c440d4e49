/// Runs models in place of the real functions: the C++ code drives the real program.
///
/// A probe stands at the entry of each function that is replaced. There the model runs on live
/// memory; what it has real code do runs on the guest's stack and comes back through the gate, an
/// address where no code is. When the model is through, the guest goes on in the caller with the
/// model's results.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "emulator/machine/machine.hpp"
#include "runtime_model/model/registry.hpp"
#include "runtime_model/model/shadow_memory.hpp"
#include "runtime_model/model/told.hpp"

namespace runtime_model::model {

class Driver {
 public:
  /// Where real code that a model called returns to. Below vm.mmap_min_addr: never mapped.
  static constexpr u64 kGate = 0x1000;

  /// Replaces every function that has a model for this release.
  Driver(const Guest& guest, const Registry& registry, emulator::machine::Machine& machine);
  ~Driver();

  /// Begins to stand in for the real functions. Whoever only listens comes before: it hears of a
  /// function's entry, and the driver leaves it.
  void attach();
  /// Entries of the functions that are replaced, and the gate: where its probes are.
  std::set<u64> probes() const;

  Listener listener;
  /// Hears once of each reason for which a model left the work to the real code.
  std::function<void(std::string_view function, const std::string& reason)> declined;
  /// Function → how often its model stood in.
  const std::map<std::string_view, u64>& calls() const { return calls_; }

 private:
  using Registers = emulator::cpu::Registers;

  struct Place {
    const Registration* model;
    Abi abi;
    std::string_view missing;  ///< what it needs and the program does not have
  };
  /// A step that waits to be told: what it names gets its lasting name by the end.
  struct Pending {
    Step step;
    unsigned depth;
    u64 number, sequence;
    Standing standing;
  };
  struct Active {
    Active(const Guest& guest, emulator::memory::AddressSpace& live, const Registration& what,
           const Registers& registers)
        : model(what), memory(live), rt(guest, memory, registers), entry(registers) {}
    const Registration& model;
    LiveMemory memory;
    Runtime rt;
    std::unique_ptr<Frame> frame;
    Registers entry;
    Addr g;
    unsigned base_depth = 0;
    u64 gate_sp = 0;  ///< RSP when the code that it called has returned
    Abi call_abi = Abi::internal;
    std::vector<Pending> pending;
  };
  /// A function that parked: its model starts afresh when the real code returns to the gate.
  struct Restart {
    u64 gate_sp;
    const Registration* model;
    Registers entry;
  };

  void probe(const emulator::kernel::Thread& t, Addr at);
  void begin(const emulator::kernel::Thread& t, const Registration& model, Abi abi,
             const Registers& entry, bool woke = false);
  bool on_g0(const Registers& regs) const;
  void settle(Active& a, const emulator::kernel::Thread& t);
  void back_through_gate(const emulator::kernel::Thread& t);
  void finish(Active& a, const emulator::kernel::Thread& t);
  void note_declined(const Registration& model, const std::string& reason);
  void leave_to_real_code(Active& a, const std::string& reason);
  void undo(Active& a);
  void leave_stack(Active& a);
  static emulator::u64 label_on_stack_of(Active& a);
  void go_to(Active& a, bool returns);
  void collect(Active& a, const emulator::kernel::Thread& t);
  void tell(Active& a, const emulator::kernel::Thread& t);
  void forget(const Active& a);

  const Guest& guest_;
  emulator::machine::Machine& machine_;
  std::optional<emulator::machine::Observer> observer_;
  std::map<u64, Place> places_;
  // A goroutine may come back on another thread than it left, so what waits is found by its stack.
  std::vector<std::unique_ptr<Active>> active_;
  std::vector<Restart> restarts_;
  u64 sequence_ = 0;
  std::map<std::string_view, u64> calls_;
  std::set<std::pair<std::string, std::string>> told_reasons_;
};

}  // namespace runtime_model::model
