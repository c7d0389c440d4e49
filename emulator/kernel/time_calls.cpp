// System calls that read clocks and sleep (clock_gettime(2), nanosleep(2) …).
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

namespace {

constexpr i64 kTicksPerSecond = 100;  // AT_CLKTCK

SysResult clock_gettime(Kernel& k, Thread& t, const Args& a) {
  const auto clock = clock_of(k, t.tid, a.as_int(0));
  const auto time = clock ? read_clock(k, *clock) : std::nullopt;
  if (!time) return Errno::einval;
  if (!k.memory().copy_out(a.addr(1), timespec_of(*time))) return Errno::efault;
  return 0;
}

SysResult clock_getres(Kernel& k, Thread& t, const Args& a) {
  if (!clock_of(k, t.tid, a.as_int(0))) return Errno::einval;
  if (a[1] != 0 && !k.memory().copy_out(a.addr(1), Timespec{0, 1})) return Errno::efault;
  return 0;
}

SysResult clock_settime(Kernel&, Thread&, const Args&) { return Errno::eperm; }

SysResult gettimeofday(Kernel& k, Thread&, const Args& a) {
  struct Timezone {
    i32 minutes_west = 0, dst = 0;
  };
  if (a[0] != 0 && !k.memory().copy_out(a.addr(0), timeval_of(k.now() + kEpoch)))
    return Errno::efault;
  if (a[1] != 0 && !k.memory().copy_out(a.addr(1), Timezone{})) return Errno::efault;
  return 0;
}

SysResult time(Kernel& k, Thread&, const Args& a) {
  const i64 seconds = timespec_of(k.now() + kEpoch).seconds;
  if (a[0] != 0 && !k.memory().copy_out(a.addr(0), seconds)) return Errno::efault;
  return static_cast<u64>(seconds);
}

SysResult times(Kernel& k, Thread&, const Args& a) {
  struct Tms {
    i64 user, system, children_user, children_system;
  };
  constexpr i64 kTick = kNanosPerSecond / kTicksPerSecond;
  const Tms spent{k.cpu_time().value / kTick, 0, 0, 0};
  if (a[0] != 0 && !k.memory().copy_out(a.addr(0), spent)) return Errno::efault;
  return static_cast<u64>((k.now() + kUptime).value / kTick);
}

/// Until `deadline`; a handler ends it with EINTR and, of a relative sleep, what was left at
/// `remaining`.
SysResult sleep_until(Kernel& k, Thread& t, Nanos deadline, Addr remaining) {
  if (t.wait.timed_out || deadline <= k.now()) return 0;
  if (t.wait.interrupted) {
    if (remaining.value != 0 && !k.memory().copy_out(remaining, timespec_of(deadline - k.now())))
      return Errno::efault;
    return Errno::eintr;
  }
  Wait w;
  w.kind = Wait::Kind::sleep;
  w.deadline = deadline;
  return k.wait(t, w);
}

SysResult sleep_for(Kernel& k, Thread& t, Addr request, Addr remaining) {
  if (t.in_syscall) return sleep_until(k, t, *t.wait.deadline, remaining);
  const Duration d = read_duration(k, request);
  if (!d.ok) return d.error;
  return sleep_until(k, t, after(k.now(), d.value), remaining);
}

SysResult nanosleep(Kernel& k, Thread& t, const Args& a) {
  return sleep_for(k, t, a.addr(0), a.addr(1));
}

SysResult clock_nanosleep(Kernel& k, Thread& t, const Args& a) {
  constexpr u32 kAbsolute = 1;  // TIMER_ABSTIME
  const auto clock = clock_of(k, t.tid, a.as_int(0));
  if (!clock) return Errno::einval;
  if (clock->is_cpu()) return Errno::eopnotsupp;
  if ((a.as_uint(1) & kAbsolute) == 0) return sleep_for(k, t, a.addr(2), a.addr(3));
  const Duration d = read_duration(k, a.addr(2));
  if (!d.ok) return d.error;
  return sleep_until(k, t, d.value - clock_offset(*clock), Addr());
}

constexpr SyscallRow kRows[] = {
    {35, "nanosleep", "req:ptr rem:ptr", nanosleep},
    {96, "gettimeofday", "tv:ptr tz:ptr", gettimeofday},
    {100, "times", "buf:ptr", times},
    {201, "time", "tloc:ptr", time},
    {227, "clock_settime", "clockid:int tp:ptr", clock_settime},
    {228, "clock_gettime", "clockid:int tp:ptr", clock_gettime},
    {229, "clock_getres", "clockid:int res:ptr", clock_getres},
    {230, "clock_nanosleep", "clockid:int flags:hex request:ptr remain:ptr", clock_nanosleep},
};

}  // namespace

std::span<const SyscallRow> time_calls() { return kRows; }

}  // namespace emulator::kernel
