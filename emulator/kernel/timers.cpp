// What happens when a timer expires (setitimer(2), timer_create(2); Linux
// kernel/time/posix-timers.c).
#include "emulator/kernel/timers.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
Timers::Timers() {
  interval[kItimerReal].clock.kind = TimerClock::Kind::monotonic;
  interval[kItimerReal].signal = sig::alrm;
  interval[kItimerVirtual].clock.kind = TimerClock::Kind::process_cpu;
  interval[kItimerVirtual].signal = sig::vtalrm;
  interval[kItimerProf].clock.kind = TimerClock::Kind::process_cpu;
  interval[kItimerProf].signal = sig::prof;
}

/// One signal for however many expirations; the rest is overrun (timer_getoverrun(2)).
void Kernel::expire_timer(Timer& timer, Nanos now, const Thread* running) {
  i64 times = 1;
  if (timer.interval > Nanos()) {
    const i64 more = (now - *timer.due).value / timer.interval.value;
    times += more;
    timer.due = after(*timer.due + Nanos(more * timer.interval.value), timer.interval);
  } else {
    timer.due.reset();
  }
  if (timer.signal == 0) return;
  SigInfo info;
  info.signal = timer.signal;
  info.code = timer.posix ? code::timer : code::kernel;
  info.timer_id = timer.id;
  info.value = timer.value;
  info.first_choice = running != nullptr ? running->tid : 0;
  Thread* target = timer.target != 0 ? find_thread(timer.target) : nullptr;
  if (timer.target != 0 && target == nullptr) return;
  const bool queued = post_timer_signal(target, info);
  const i64 missed = queued ? times - 1 : timer.pending_overrun + times;
  timer.pending_overrun = static_cast<i32>(std::min<i64>(missed, std::numeric_limits<i32>::max()));
}

/// A POSIX timer has at most one signal queued, real-time signals too.
bool Kernel::post_timer_signal(Thread* target, const SigInfo& info) {
  const auto& queue = target != nullptr ? target->pending : state_.signals.pending;
  const auto same = [&](const SigInfo& q) {
    return q.code == code::timer && q.timer_id == info.timer_id;
  };
  if (info.code == code::timer && std::ranges::any_of(queue, same)) return false;
  return post_signal(target, info);
}

/// The overrun count is that of the moment of delivery.
void Kernel::collect_overrun(SigInfo& info) {
  if (info.code != code::timer) return;
  const auto it = state_.timers.posix.find(info.timer_id);
  if (it == state_.timers.posix.end()) return;
  info.overrun = it->second.overrun = std::exchange(it->second.pending_overrun, 0);
}

}  // namespace emulator::kernel
