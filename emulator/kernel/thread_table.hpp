/// The threads of the process, and what they wait for, kept so that no question costs a look at all
/// of them: who may run next, who is first in line for a futex word, whose deadline is next. It
/// alone changes Thread::state, and a thread's wait while it waits.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "emulator/kernel/thread.hpp"

namespace emulator::kernel {

class ThreadTable {
 public:
  /// Ascending by id; those that have ended are in it until remove_ended().
  using List = std::vector<std::unique_ptr<Thread>>;
  const List& list() const { return list_; }
  /// Null when it has ended or never was.
  Thread* find(Tid tid) const;
  std::size_t live() const { return list_.size() - ended_.size(); }

  /// Ids must grow.
  Thread& add(std::unique_ptr<Thread> thread);
  /// The thread waits from here on.
  void block(Thread& t, const Wait& wait);
  /// It may run; its wait stays to be looked at.
  void unblock(Thread& t);
  void end(Thread& t);
  void end_all();
  void remove_ended();
  /// All threads anew, from a checkpoint; `events` is Kernel::events.
  void restore(const std::vector<Thread>& threads, u64 events);

  // -- what ends a wait --

  /// The first in line for the futex word at `key`, after the one of `order`, that has not been
  /// woken.
  Thread* next_waiter(u64 key, u64 order = 0) const;
  void wake(Thread& t);
  /// Puts a waiter of one futex word in the line for another.
  void requeue(Thread& t, u64 key, u64 order);
  /// What waits for Wait::Kind::event is to be tried again.
  void event();
  /// A signal was queued for the thread.
  void signalled(Thread& t) { candidates_.insert(t.tid); }
  /// Waits whose deadline has come have timed out.
  void expire(Nanos now);
  /// The earliest deadline of a wait that has not timed out.
  std::optional<Nanos> next_deadline() const;

  // -- who may run --

  /// The first thread with an id above `after` that may be able to run: every one is that is
  /// runnable, woken, timed out, worth another try or has a signal of its own pending; others may
  /// be. Null when there is none.
  Thread* next_candidate(Tid after) const;
  /// It turned out not to be able to: it is no candidate until something happens to it.
  void not_yet(const Thread& t);
  /// Threads that wait for a signal (rt_sigtimedwait …).
  const std::set<Tid>& signal_waiters() const { return signal_waiters_; }

 private:
  List::const_iterator position(Tid tid) const;
  void enter(Thread& t, u64 events);
  void leave(Thread& t);
  void leave_line(const Thread& t);

  List list_;
  std::vector<Tid> ended_;
  std::set<Tid> candidates_, event_waiters_, signal_waiters_;
  std::set<std::pair<Nanos, Tid>> deadlines_;
  std::map<u64, std::map<u64, Thread*>> lines_;  // futex word → order → who waits
};

}  // namespace emulator::kernel
