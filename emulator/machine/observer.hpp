/// Whoever listens to a machine: any number at once, each of whom says what it needs. What the
/// machine observes is the union of that; what each hears is what it would hear alone.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "emulator/kernel/kernel.hpp"
#include "emulator/machine/retired.hpp"

namespace emulator::machine {

class Machine;

/// What one may listen to. Unset ones cost nothing.
struct Hooks {
  using Thread = kernel::Thread;

  /// About to execute an address that the observer has a probe at. Once one hook has moved RIP,
  /// those of later observers do not hear of it.
  std::function<void(const Thread&, Addr)> probe;
  /// Needs observe(true); with watch_pages(), instructions that access those pages, others as it
  /// happens, and every SYSCALL, are reported too (of a REP, what was left to do when it came to
  /// such a page).
  std::function<void(const Thread&, const Retired&)> retired;
  /// Needs observe(true). With `retired`, and `clone`, everything that changes a thread's registers
  /// or memory's contents.
  std::function<void(const Thread&, const Between&)> between;
  std::function<void(const Thread* from, const Thread& to)> switched;
  /// The kernel and the schedule have acted; its next instruction follows.
  std::function<void(const Thread&)> resuming;
  /// An instruction did, before the kernel acts.
  std::function<void(const Thread&, const cpu::GuestFault&)> faulted;
  /// A SYSCALL has retired and the kernel is about to act; RAX is the call's number. After
  /// Machine::stop() it does not: the machine is then good only for restore().
  std::function<void(const Thread&, u64 number)> system_call;
  /// The kernel is through with a system call. `row` is null for one that it does not know.
  std::function<void(const Thread&, const kernel::SyscallRow* row, u64 number, const kernel::Args&,
                     const kernel::SysResult&)>
      served;
  std::function<void(const Thread&, const kernel::SigInfo&, u64 handler)> signal;
  std::function<void(const Thread& parent, const Thread& child)> clone;
  std::function<void(const Thread&)> thread_exit;  // by exit(2), not with all others
  /// See AddressSpace::on_change.
  std::function<void(memory::Change what, Addr start, u64 length)> changed;
};

/// One who listens, from its construction to its end. Observers are told in the order in which they
/// were made. Made and destroyed while the machine does not run, and not after it.
class Observer {
 public:
  explicit Observer(Machine& machine);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  Hooks on;

  /// Every instruction is to be reported, or not any more, from the next one on.
  void observe(bool wanted);
  /// What is done to these pages is to be reported, writes or, with `true`, reads as well, though
  /// the fast loop runs.
  void watch_pages(std::map<u64, bool> pages);
  /// Also from a hook. Taking a probe away leaves what was decoded as it is.
  void add_probe(Addr a);
  void remove_probe(Addr a);
  void set_probes(std::set<u64> addresses);
  const std::set<u64>& probes() const { return probes_; }

 private:
  friend class Machine;
  /// Of every instruction that the observed loop executes.
  bool hears_instructions() const { return on.retired && (observing_ || !pages_.empty()); }

  Machine& machine_;
  std::set<u64> probes_;
  std::map<u64, bool> pages_;
  bool observing_ = false;
};

}  // namespace emulator::machine
