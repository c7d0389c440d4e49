/// Looks out for Conditions while a machine runs: one observer of it among others.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "emulator/machine/conditions.hpp"
#include "emulator/machine/machine.hpp"

namespace emulator::machine {

class Lookout {
 public:
  explicit Lookout(Machine& machine);
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  enum class Want : u8 {
    first,  // stop the machine where the first condition holds
    last,   // run on, and keep what held last
  };
  /// `from`: where the search began; what holds at that position already does not count when the
  /// first is wanted. `conditions` outlives the search.
  void arm(const Conditions& conditions, Want want, u64 from);
  void disarm();
  /// Probes of earlier searches slow the machine down where it passes them often, but what was
  /// decoded around them is lost when they are set again.
  void drop_probes() { observer_.set_probes({}); }
  bool needs_probes() const { return armed() && !conditions_->addresses.empty(); }
  /// The values of watched places are taken anew: they were changed by the user.
  void refresh();
  /// The machine has stopped: has the kernel changed what is watched since the last instruction?
  void look_again();

  /// What was found. `position` is where a forward search stops; see at_position().
  const std::optional<StopEvent>& found() const { return found_; }
  /// It has stopped the machine.
  bool stopped() const { return armed() && want_ == Want::first && found_; }
  /// A stop before an instruction, not between two positions (conditions.hpp).
  static bool at_position(const StopEvent& e) {
    return e.reason == StopReason::breakpoint || e.reason == StopReason::syscall_entry ||
           e.at_fault;
  }

  /// Called before a thread executes (Hooks::resuming), armed or not.
  std::function<void()> on_turn;
  /// A thread gets its turn (Hooks::switched), armed or not.
  std::function<void(const kernel::Thread&)> on_switch;
  /// The observed loop reports here, when it is set before the machine runs, armed or not.
  std::function<void(const kernel::Thread&, const Retired&)> on_retired;
  /// Chooses the loop: call it when what is armed, or on_retired, has changed.
  void choose_loop();

 private:
  void probe(const kernel::Thread& t, Addr at);
  void retired(const kernel::Thread& t, const Retired& what);
  void memory_effects(const kernel::Thread& t, const Retired& what, std::size_t index);
  void register_effects(const kernel::Thread& t, const Retired& what, std::size_t index);
  void kernel_changes(const kernel::Thread* t);
  void offer(StopEvent event);
  bool armed() const { return conditions_ != nullptr; }
  StopEvent event(StopReason reason, const kernel::Thread& t) const;
  std::vector<u8> value(const MemoryWatch& watch) const;

  Machine& machine_;
  Observer observer_;
  const Conditions* conditions_ = nullptr;
  Want want_ = Want::first;
  u64 from_ = 0;
  std::optional<StopEvent> found_;
  std::vector<std::vector<u8>> memory_values_;  // as they were last seen, a watch each
  // Of register watches: as each thread was last seen.
  std::vector<std::map<kernel::Tid, std::vector<u8>>> register_values_;
};

}  // namespace emulator::machine
