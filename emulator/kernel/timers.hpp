/// Interval timers (setitimer(2)) and POSIX timers (timer_create(2)).
///
/// Timers of real time run on the virtual clock. Timers of CPU time run on executed instructions,
/// one nanosecond each: while every thread sleeps they stand still, so they never keep a deadlocked
/// program alive.
#pragma once

#include <array>
#include <map>
#include <optional>

#include "emulator/base/types.hpp"
#include "emulator/kernel/thread.hpp"

namespace emulator::kernel {

/// What a timer measures.
struct TimerClock {
  enum class Kind : u8 { monotonic, realtime, process_cpu, thread_cpu };
  Kind kind = Kind::monotonic;
  Tid thread = 0;  // thread_cpu
  bool is_cpu() const { return kind == Kind::process_cpu || kind == Kind::thread_cpu; }
};

struct Timer {
  TimerClock clock;
  int signal = 0;      // 0: expires silently (SIGEV_NONE)
  Tid target = 0;      // SIGEV_THREAD_ID; 0: the process
  bool posix = false;  // carries SI_TIMER, its id and `value`
  i32 id = 0;
  u64 value = 0;             // sigev_value
  std::optional<Nanos> due;  // virtual time, or CPU time for CPU clocks; nothing: disarmed
  Nanos interval;            // 0: fires once
  i32 overrun = 0;           // expirations beyond the one that was delivered last
  i32 pending_overrun = 0;   // beyond the one that waits to be delivered
};

enum Itimer : u8 { kItimerReal, kItimerVirtual, kItimerProf, kItimers };

struct Timers {
  std::array<Timer, kItimers> interval;
  std::map<i32, Timer> posix;
  i32 next_id = 0;

  Timers();
  /// Calls visit(timer) for each, in a fixed order.
  template <class Visit>
  void for_each(Visit visit) {
    for (Timer& t : interval) visit(t);
    for (auto& [id, t] : posix) visit(t);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Timer& t : interval) visit(t);
    for (const auto& [id, t] : posix) visit(t);
  }
};

}  // namespace emulator::kernel
