/// Runs models beside the real code and compares what both did.
///
/// At each entry of a modelled function its model runs on a shadow of memory, at once, up to where
/// it needs real code; there it waits until the real function has come to the same call, goes on
/// when that returns, and so on to its end. When the real function returns, or leaves through
/// gogo, every byte that either side changed is compared. The guest is only watched: what it does
/// is the same as without a Checker.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "emulator/machine/machine.hpp"
#include "runtime_model/golang/inlined.hpp"
#include "runtime_model/model/activation.hpp"
#include "runtime_model/model/comparison.hpp"
#include "runtime_model/model/peek.hpp"
#include "runtime_model/model/report.hpp"
#include "runtime_model/model/told.hpp"

namespace runtime_model::model {

class Checker {
 public:
  /// `name_of` says what lies at an address; all outlive the checker.
  Checker(const Guest& guest, const Registry& registry, emulator::machine::Machine& machine,
          std::function<std::string(Addr)> name_of);
  ~Checker();

  /// Begins to listen to the machine. Only while a model waits is every instruction observed;
  /// otherwise the machine runs at full speed, unless others observe, from one probe to the next.
  void attach();
  /// Entries of the modelled functions: where its probes are.
  std::set<u64> probes() const;
  /// The program is over: what still waits counts as unfinished.
  void finish();

  /// Whatever is told from now on has a number that is at least this.
  u64 told_up_to() const;
  const CheckReport& report() const { return report_; }
  /// Hears the steps of outermost models, in the order in which the real code was through.
  Listener listener;
  /// Hears once of each reason for which a model left the work to the real code.
  std::function<void(std::string_view function, const std::string& reason)> declined;

 private:
  using Tid = emulator::kernel::Tid;
  using Registers = emulator::cpu::Registers;

  /// What may begin or go on at an address.
  struct Point {
    const Registration* model = nullptr;
    Abi abi = Abi::internal;
    bool wanted = false;  ///< some model waits for it, or did
    bool leaves = false;  ///< runtime.gogo
    bool grows = false;   ///< runtime.morestack: the function that calls it starts over
    bool aside = false;   ///< morestack itself: what follows, up to gogo, is nobody's own work
  };
  /// A function that parked: its model starts afresh when the wait is over.
  struct Restart {
    Addr pc;
    u64 sp;
    const Registration* model;
    Registers entry;
    Addr return_pc;
  };
  struct Lane {
    Tid tid = 0;
    std::vector<std::unique_ptr<Activation>> stack;
    u64 next_pc = 0;
    /// Signal handlers that are running, and stacks that are growing: work that comes between the
    /// instructions of a function.
    unsigned signals = 0;
    unsigned growing = 0;  ///< of these, the stacks
    StandingWatch standing;
    u64 stand_version = 0;  ///< counts its changes
    u64 epoch = 0;          ///< of observation, in which the two were last right
    bool fresh = false;     ///< `signals` was just read off the stack pointer
  };

  struct Result {
    u64 model, real;
    unsigned bytes;
  };

  void probe(const emulator::kernel::Thread& t, Addr at);
  void retired(const emulator::kernel::Thread& t, const emulator::machine::Retired& r);
  Lane& lane_of(Tid tid, const Registers& regs);
  void observe_while_needed();
  bool enters_again(const Lane& lane, const Registration& model, const Registers& regs) const;
  void note_writes(Lane& lane, const emulator::machine::Retired& r);
  void note_write(Lane& lane, const RealWrite& w);
  void note_reads(Lane& lane, const emulator::machine::Retired& r);
  void note_standing(Lane& lane, u64 number, const Registers& regs);
  void first_standing(Lane& lane, u64 number);
  static void foreign_write(Activation& a, const RealWrite& w);
  void transferred(Lane& lane, const emulator::machine::Retired& r, const Registers& regs);
  void arrive_and_leave(Lane& lane, const Point& point, u64 number, const Registers& regs);
  void restart(Lane& lane, u64 number, const Registers& regs);
  void returned(Lane& lane, u64 number, const Registers& regs);
  void begin(Lane& lane, const Registration& model, Abi abi, u64 number, const Registers& entry,
             Addr return_pc, bool woke = false);
  bool matches(Activation& a, const Registers& regs) const;
  void arrived(Lane& lane, std::size_t index, u64 number, const Registers& regs);
  void settle(Activation& a);
  std::optional<std::vector<ResultWord>> results_or_trouble(Activation& a, const Frame& frame);
  bool finish_inlined(Activation& a);
  void enter_inlined(Lane& lane, const Registers& regs);
  void arrived_inlined(Activation& a, const Registers& regs);
  void leave_window(Activation& a, const Registers& regs);
  static std::string inlined_reason(const Activation& a);
  bool passed_inlined(const Activation& a);
  golang::InlinedBodies& inlined_bodies();
  void note_declined(const Registration& model, const std::string& reason);
  void set_aside(Lane& lane, std::size_t index, u64 number, const Registers& regs);
  void wake(Lane& lane, u64 number, const Registers& regs);
  void resume(Activation& a, const Registers& regs);
  unsigned depth_around(const Lane& lane, const Activation& a) const;
  void want(Activation& a);
  void close(Lane& lane, std::size_t index, u64 number, const Registers& regs);
  void wait_for_return(const Activation& a, const Registers& regs);
  void abandon(Lane& lane, std::size_t index);
  void drop_stale(Lane& lane, const Registers& regs);
  void start_over(Lane& lane, const Registers& regs);
  void judge(Activation& a, u64 number, const Registers& regs, FunctionReport& f);
  std::vector<Result> results_of(const Activation& a, const Registers& regs) const;
  void count(const Activation& a, const Field& field, u64 number, FunctionReport& f);
  void tell(Activation& a, const std::vector<Field>& fields);
  std::vector<Range> dead_ranges(const Activation& a) const;
  u64 depth_below(Addr g, u64 sp) const;
  FunctionReport& report_of(const Registration& model);
  void differ(FunctionReport& f, Difference d);
  Addr current_g(const Registers& regs) const { return model::current_g(machine_.memory(), regs); }
  template <class T>
  T peek(Addr a) const {
    return model::peek<T>(machine_.memory(), a);
  }

  const Guest& guest_;
  emulator::machine::Machine& machine_;
  std::optional<emulator::machine::Observer> observer_;
  std::function<std::string(Addr)> name_of_;
  std::unordered_map<u64, Point> points_;
  std::map<Tid, Lane> lanes_;
  std::map<std::string_view, const Registration*> models_;  ///< those of this release
  std::optional<golang::InlinedBodies> inlined_;            ///< read when it is first asked for
  std::vector<Restart> restarts_;
  /// Models in a long call: their goroutine may come back on another thread.
  std::vector<std::unique_ptr<Activation>> aside_;
  Lane* last_lane_ = nullptr;
  u64 sequence_ = 0;
  u64 epoch_ = 0;
  bool observing_ = false;
  std::size_t live_ = 0;  ///< activations on all threads, without those set aside
  CheckReport report_;
  std::set<std::pair<std::string, std::string>> told_reasons_;
  std::set<u64> handlers_;  ///< entries of runtime.sigtramp and its kin
};

}  // namespace runtime_model::model
