// System calls that set timers (setitimer(2), alarm(2), timer_create(2)).
#include <algorithm>

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

/// What is left; an armed timer never reads 0, which would mean disarmed. One that counts the time
/// of a thread that has ended is not armed any more.
Nanos left(const Kernel& k, const Timer& timer) {
  const auto now = timer_clock(k, timer);
  if (!timer.due || !now) return {};
  return std::max(Nanos(1), *timer.due - *now);
}

// -- interval timers --

SysResult getitimer(Kernel& k, Thread&, const Args& a) {
  if (a.as_uint(0) >= kItimers) return Errno::einval;
  const Timer& timer = k.timers().interval[a.as_uint(0)];
  const Itimerval out{timeval_of(timer.interval), timeval_of(left(k, timer))};
  if (!k.memory().copy_out(a.addr(1), out)) return Errno::efault;
  return 0;
}

SysResult setitimer(Kernel& k, Thread&, const Args& a) {
  if (a.as_uint(0) >= kItimers) return Errno::einval;
  Timer& timer = k.timers().interval[a.as_uint(0)];
  Itimerval wanted;  // a null pointer disarms
  if (a[1] != 0 && !k.memory().copy_in(a.addr(1), wanted)) return Errno::efault;
  const auto value = nanos_of(wanted.value), interval = nanos_of(wanted.interval);
  if (!value || !interval) return Errno::einval;
  const Itimerval old{timeval_of(timer.interval), timeval_of(left(k, timer))};
  timer.interval = *value == Nanos() ? Nanos() : *interval;
  timer.due.reset();
  if (*value != Nanos()) timer.due = after(*timer_clock(k, timer), *value);
  if (a[2] != 0 && !k.memory().copy_out(a.addr(2), old)) return Errno::efault;
  return 0;
}

SysResult alarm(Kernel& k, Thread&, const Args& a) {
  Timer& timer = k.timers().interval[kItimerReal];
  const Nanos rest = left(k, timer);
  timer.interval = {};
  timer.due.reset();
  if (a.as_uint(0) != 0) timer.due = after(k.now(), Nanos(i64{a.as_uint(0)} * kNanosPerSecond));
  const i64 rounded = (rest.value + kNanosPerSecond / 2) / kNanosPerSecond;
  return static_cast<u64>(rest.value > 0 ? std::max<i64>(rounded, 1) : 0);
}

// -- POSIX timers --

enum Notify : i32 { kNotifySignal = 0, kNotifyNone = 1, kNotifyThread = 2, kNotifyThreadId = 4 };

/// struct sigevent
struct Sigevent {
  u64 value = 0;
  i32 signal = sig::alrm, notify = kNotifySignal;
  i32 thread = 0;
  u8 rest[44] = {};
};
static_assert(sizeof(Sigevent) == 64);

Timer* find_timer(Kernel& k, i32 id) {
  const auto it = k.timers().posix.find(id);
  return it == k.timers().posix.end() ? nullptr : &it->second;
}

Itimerspec remaining(const Kernel& k, const Timer& timer) {
  return {timespec_of(timer.interval), timespec_of(left(k, timer))};
}

SysResult timer_create(Kernel& k, Thread& t, const Args& a) {
  const auto clock = clock_of(k, t.tid, a.as_int(0));
  if (!clock) return Errno::einval;
  Timer timer;
  timer.clock = *clock;
  timer.posix = true;
  timer.id = k.timers().next_id;
  Sigevent event;
  event.value = static_cast<u64>(timer.id);
  if (a[1] != 0 && !k.memory().copy_in(a.addr(1), event)) return Errno::efault;
  const bool names_thread = event.notify == kNotifyThreadId;
  if (event.notify != kNotifySignal && event.notify != kNotifyNone &&
      event.notify != kNotifyThread && !names_thread)
    return Errno::einval;
  if (names_thread && k.find_thread(event.thread) == nullptr) return Errno::einval;
  if (event.notify != kNotifyNone && (event.signal < 1 || event.signal > sig::max))
    return Errno::einval;
  constexpr std::size_t kSigPending = 11;
  const u64 most = k.rlimit(kSigPending).current;
  if (k.queued_signals() >= most) return k.refuse("timers and queued signals", most, Errno::eagain);
  timer.signal = event.notify == kNotifyNone ? 0 : event.signal;
  timer.target = names_thread ? event.thread : 0;
  timer.value = event.value;
  if (!k.memory().copy_out(a.addr(2), timer.id)) return Errno::efault;
  ++k.timers().next_id;
  k.timers().posix.emplace(timer.id, timer);
  return 0;
}

SysResult timer_settime(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kAbsolute = 1;
  Itimerspec wanted;
  if (a[2] == 0) return Errno::einval;
  if (!k.memory().copy_in(a.addr(2), wanted)) return Errno::efault;
  const auto value = nanos_of(wanted.value), interval = nanos_of(wanted.interval);
  Timer* timer = find_timer(k, a.as_int(0));
  if (!value || !interval || timer == nullptr) return Errno::einval;
  const auto now = timer_clock(k, *timer);
  if (!now) return Errno::esrch;
  const Itimerspec old = remaining(k, *timer);
  timer->interval = *interval;
  timer->overrun = timer->pending_overrun = 0;
  timer->due.reset();
  if (*value != Nanos())
    timer->due =
        (a.as_uint(1) & kAbsolute) != 0 ? *value - clock_offset(timer->clock) : after(*now, *value);
  if (a[3] != 0 && !k.memory().copy_out(a.addr(3), old)) return Errno::efault;
  return 0;
}

SysResult timer_gettime(Kernel& k, Thread&, const Args& a) {
  const Timer* timer = find_timer(k, a.as_int(0));
  if (timer == nullptr) return Errno::einval;
  if (!k.memory().copy_out(a.addr(1), remaining(k, *timer))) return Errno::efault;
  return 0;
}

SysResult timer_getoverrun(Kernel& k, Thread&, const Args& a) {
  const Timer* timer = find_timer(k, a.as_int(0));
  if (timer == nullptr) return Errno::einval;
  return static_cast<u64>(timer->overrun);
}

SysResult timer_delete(Kernel& k, Thread&, const Args& a) {
  return k.timers().posix.erase(a.as_int(0)) != 0 ? SysResult(0) : SysResult(Errno::einval);
}

constexpr SyscallRow kRows[] = {
    {36, "getitimer", "which:int curr_value:ptr", getitimer},
    {37, "alarm", "seconds:uint", alarm},
    {38, "setitimer", "which:int new_value:ptr old_value:ptr", setitimer},
    {222, "timer_create", "clockid:int sevp:ptr timerid:ptr", timer_create},
    {223, "timer_settime", "timerid:int flags:hex new_value:ptr old_value:ptr", timer_settime},
    {224, "timer_gettime", "timerid:int curr_value:ptr", timer_gettime},
    {225, "timer_getoverrun", "timerid:int", timer_getoverrun},
    {226, "timer_delete", "timerid:int", timer_delete},
};

}  // namespace

std::span<const SyscallRow> timer_calls() { return kRows; }

}  // namespace emulator::kernel
