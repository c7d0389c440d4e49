/// Where findrunnable looks for a goroutine, source by source; findrunnable.cpp has the order of
/// each release. Go: runtime/proc.go.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/sched/steal.hpp"

namespace runtime_model::sched {

/// What was found: null, or a goroutine and how it is to run.
struct Found {
  golang::G gp;
  bool inherit_time = false;
  bool wake = false;  ///< one of the runtime's own: another P is to be woken for the program's
  explicit operator bool() const { return static_cast<bool>(gp); }
};

/// What a search knows at a point.
struct Search {
  golang::M mp;
  golang::P pp;
  i64 now = 0;         ///< 0: not read yet
  i64 next_timer = 0;  ///< when the next timer of any P looked at is due; 0: none
  bool was_spinning = false;
  bool again = false;  ///< begin anew: something changed
  // As they were while there still was a P: nobody changes their arrays, but their lengths.
  model::SliceWords allp{}, idle_mask{}, timer_mask{};
};

/// While the world is to stop, stop; and run what every P has to run once.
Part<> obey(Runtime& rt, Search& s);
/// Timers of the own P that are due.
Part<> own_timers(Runtime& rt, Search& s);
Part<Found> gc_worker(Runtime& rt, Search& s);
/// This P's share of the global queue, and releases sched.lock, which is held.
Part<golang::G> take_share(Runtime& rt, golang::P pp);
/// Every 61st tick.
Part<Found> global_for_fairness(Runtime& rt, golang::P pp);
Part<> wake_finalizer(Runtime& rt);
/// go1.25 on: functions that AddCleanup registered are due, and goroutines for them sleep, or more
/// of them may be made.
Part<> wake_cleanups(Runtime& rt);
Part<Found> own_queue(Runtime& rt, Search& s);
Part<Found> global_queue(Runtime& rt, Search& s);
/// Goroutines whose files or timers are ready, without waiting.
Part<Found> network(Runtime& rt);
Part<Found> steal(Runtime& rt, Search& s);
Part<Found> idle_gc(Runtime& rt, Search& s);

/// Gives up the P, unless there is something to do after all.
Part<Found> surrender(Runtime& rt, Search& s);
/// An M that stops spinning looks once more at everything that may have come up meanwhile.
Part<Found> look_again(Runtime& rt, Search& s);
/// Waits for the network, if nobody does, until the next timer.
Part<Found> wait_for_network(Runtime& rt, Search& s);

/// The first P that is not idle and has something in its queue makes an idle P available.
Model<golang::P> checkRunqsNoP(Runtime& rt, model::SliceWords allp, model::SliceWords idle_mask);
/// The next timer of any P.
Model<i64> checkTimersNoP(Runtime& rt, model::SliceWords allp, model::SliceWords timer_mask,
                          i64 next);

/// What netpoll returns: goroutines that wait no longer, and from go1.22 on by how much fewer now
/// wait for the network.
struct Ready {
  Addr head;
  i32 size = 0;
  i32 delta = 0;
};
/// The words that netpoll returned, in the release at hand.
Ready ready_of(Runtime& rt, Addr head);
/// The head of a list of waiting goroutines becomes runnable, to be run here; the others are
/// queued.
Part<Found> first_of(Runtime& rt, Ready list);
Part<> injectglist(Runtime& rt, Ready list);
/// go1.25 on: the M keeps hold of the slice of Ps that it looks through without a P.
void forget_snapshot(Runtime& rt, const golang::M& mp);
void start_spinning(Runtime& rt, const golang::M& mp);

}  // namespace runtime_model::sched
