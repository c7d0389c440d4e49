// pipe(2), eventfd(2), timerfd_create(2).
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/event_calls.hpp"
#include "emulator/kernel/file_records.hpp"

namespace emulator::kernel::calls {
namespace {

SysResult make_pipe(Kernel& k, Addr to, u32 flags) {
  if (flags & ~(kCloseOnExec | kNonBlock | kDirect)) return Errno::einval;
  Files& files = k.files();
  const auto added = files.add_pipe(k);
  if (!added) return added.error();
  const u64 id = *added;
  const bool close_on_exec = (flags & kCloseOnExec) != 0;
  const std::string name = "pipe:[" + std::to_string(16 + id) + "]";
  const auto end = [&](u32 mode) {
    return files.install(k,
                         {.object = PipeEnd{id}, .flags = mode | (flags & kNonBlock), .path = name},
                         close_on_exec);
  };
  const auto reader = end(kReadOnly);
  if (!reader) return files.remove_pipe(id), reader.error();
  const auto writer = end(kWriteOnly);
  if (!writer) {
    (void)files.close(k, *reader);
    return writer.error();
  }
  const std::array<i32, 2> fds{*reader, *writer};
  if (k.memory().copy_out(to, fds)) return u64{0};
  (void)files.close(k, *reader);
  (void)files.close(k, *writer);
  return Errno::efault;
}

SysResult make_event(Kernel& k, u32 initial, u32 flags) {
  constexpr u32 kSemaphore = 1;
  if (flags & ~(kSemaphore | kCloseOnExec | kNonBlock)) return Errno::einval;
  const u64 id = k.files().next_object();
  k.files().events[id] = {.count = initial, .semaphore = (flags & kSemaphore) != 0, .edges = {}};
  const auto fd = k.files().install(k,
                                    {.object = EventFile{id},
                                     .flags = kReadWrite | (flags & kNonBlock),
                                     .path = "anon_inode:[eventfd]"},
                                    (flags & kCloseOnExec) != 0);
  if (!fd) return k.files().events.erase(id), fd.error();
  return static_cast<u64>(*fd);
}

TimerCounter* timer_of(Kernel& k, i32 fd) {
  const Description* d = k.files().find(fd);
  const auto* timer = d ? std::get_if<TimerFile>(&d->object) : nullptr;
  return timer ? &k.files().timers.at(timer->id) : nullptr;
}

Errno no_timer(Kernel& k, i32 fd) { return k.files().find(fd) ? Errno::einval : Errno::ebadf; }

/// What remains, as timerfd_gettime shows it.
Itimerspec remaining(const TimerCounter& timer, Nanos now) {
  if (!timer.next) return {};
  Nanos next = *timer.next;
  if (const u64 expired = timer.expirations(now); expired > 0 && timer.interval.value > 0)
    next = next + Nanos(static_cast<i64>(expired) * timer.interval.value);
  const Nanos left = next > now ? next - now : Nanos();
  return {timespec_of(timer.interval), timespec_of(left)};
}

}  // namespace

SysResult pipe(Kernel& k, Thread&, const Args& a) { return make_pipe(k, a.addr(0), 0); }
SysResult pipe2(Kernel& k, Thread&, const Args& a) { return make_pipe(k, a.addr(0), a.as_uint(1)); }

SysResult eventfd(Kernel& k, Thread&, const Args& a) { return make_event(k, a.as_uint(0), 0); }
SysResult eventfd2(Kernel& k, Thread&, const Args& a) {
  return make_event(k, a.as_uint(0), a.as_uint(1));
}

SysResult timerfd_create(Kernel& k, Thread& t, const Args& a) {
  const auto clock = clock_of(k, t.tid, a.as_int(0));
  if (!clock || clock->is_cpu() || (a.as_uint(1) & ~(kCloseOnExec | kNonBlock)))
    return Errno::einval;
  const u64 id = k.files().next_object();
  k.files().timers[id].clock = a.as_int(0);
  const auto fd = k.files().install(k,
                                    {.object = TimerFile{id},
                                     .flags = kReadWrite | (a.as_uint(1) & kNonBlock),
                                     .path = "anon_inode:[timerfd]"},
                                    (a.as_uint(1) & kCloseOnExec) != 0);
  if (!fd) return k.files().timers.erase(id), fd.error();
  return static_cast<u64>(*fd);
}

SysResult timerfd_settime(Kernel& k, Thread& t, const Args& a) {
  constexpr u32 kAbsolute = 1, kCancelOnSet = 2;
  TimerCounter* timer = timer_of(k, a.fd(0));
  if (timer == nullptr) return no_timer(k, a.fd(0));
  if (a.as_uint(1) & ~(kAbsolute | kCancelOnSet)) return Errno::einval;
  Itimerspec wanted;
  if (!k.memory().copy_in(a.addr(2), wanted)) return Errno::efault;
  const auto value = nanos_of(wanted.value), interval = nanos_of(wanted.interval);
  if (!value || !interval) return Errno::einval;
  const Itimerspec old = remaining(*timer, k.now());
  if (a[3] != 0 && !k.memory().copy_out(a.addr(3), old)) return Errno::efault;
  timer->next.reset();
  timer->interval = *interval;
  ++timer->edges;
  if (value->value != 0) {
    const Nanos offset = clock_offset(*clock_of(k, t.tid, timer->clock));
    const bool absolute = (a.as_uint(1) & kAbsolute) != 0;
    timer->next = absolute ? std::max(*value - offset, Nanos()) : after(k.now(), *value);
  }
  k.changed();
  return u64{0};
}

SysResult timerfd_gettime(Kernel& k, Thread&, const Args& a) {
  const TimerCounter* timer = timer_of(k, a.fd(0));
  if (timer == nullptr) return no_timer(k, a.fd(0));
  if (!k.memory().copy_out(a.addr(1), remaining(*timer, k.now()))) return Errno::efault;
  return u64{0};
}

}  // namespace emulator::kernel::calls
