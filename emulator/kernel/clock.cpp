#include "emulator/kernel/clock.hpp"

#include <limits>

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

/// What times that a guest writes saturate at.
constexpr Nanos kForever{std::numeric_limits<i64>::max()};

/// seconds and a fraction, or nothing when that is no time.
std::optional<Nanos> join(i64 seconds, i64 fraction, i64 fractions_per_second) {
  if (seconds < 0 || fraction < 0 || fraction >= fractions_per_second) return std::nullopt;
  if (seconds >= kForever.value / kNanosPerSecond) return kForever;
  return Nanos(seconds * kNanosPerSecond + fraction * (kNanosPerSecond / fractions_per_second));
}

/// CPU clocks of a process or thread by number: ~id << 3, with bit 2 for a thread
/// (clock_getcpuclockid(3)).
std::optional<TimerClock> cpu_clock_of(const Kernel& k, i32 id) {
  const i32 owner = ~(id >> 3);
  if ((id & 3) == 3) return std::nullopt;
  if ((id & 4) == 0) {
    if (owner != 0 && owner != k.pid()) return std::nullopt;
    return TimerClock{TimerClock::Kind::process_cpu, 0};
  }
  if (owner != 0 && k.find_thread(owner) == nullptr) return std::nullopt;
  return TimerClock{TimerClock::Kind::thread_cpu, owner};
}

std::optional<Nanos> cpu_clock(const Kernel& k, const TimerClock& clock) {
  if (clock.kind == TimerClock::Kind::process_cpu) return k.cpu_time();
  const Thread* const t = k.find_thread(clock.thread);
  return t != nullptr ? std::optional(k.cpu_time(*t)) : std::nullopt;
}

}  // namespace

std::optional<TimerClock> clock_of(const Kernel& k, Tid caller, i32 id) {
  using Kind = TimerClock::Kind;
  if (id < 0) {
    auto clock = cpu_clock_of(k, id);
    if (clock && clock->kind == Kind::thread_cpu && clock->thread == 0) clock->thread = caller;
    return clock;
  }
  switch (id) {
    case kClockRealtime:
    case kClockRealtimeCoarse:
    case kClockRealtimeAlarm:
    case kClockTai:
      return TimerClock{Kind::realtime, 0};
    case kClockMonotonic:
    case kClockMonotonicRaw:
    case kClockMonotonicCoarse:
    case kClockBoottime:
    case kClockBoottimeAlarm:
      return TimerClock{Kind::monotonic, 0};
    case kClockProcessCpu:
      return TimerClock{Kind::process_cpu, 0};
    case kClockThreadCpu:
      return TimerClock{Kind::thread_cpu, caller};
    default:
      return std::nullopt;
  }
}

Nanos clock_offset(const TimerClock& clock) {
  switch (clock.kind) {
    case TimerClock::Kind::realtime:
      return kEpoch;
    case TimerClock::Kind::monotonic:
      return kUptime;
    default:
      return {};
  }
}

std::optional<Nanos> read_clock(const Kernel& k, const TimerClock& clock) {
  if (clock.is_cpu()) return cpu_clock(k, clock);
  return k.now() + clock_offset(clock);
}

std::optional<Nanos> timer_clock(const Kernel& k, const Timer& timer) {
  return timer.clock.is_cpu() ? cpu_clock(k, timer.clock) : k.now();
}

Timespec timespec_of(Nanos t) { return {t.value / kNanosPerSecond, t.value % kNanosPerSecond}; }
Timeval timeval_of(Nanos t) {
  return {t.value / kNanosPerSecond, t.value % kNanosPerSecond / 1000};
}
std::optional<Nanos> nanos_of(const Timespec& t) {
  return join(t.seconds, t.nanoseconds, kNanosPerSecond);
}
std::optional<Nanos> nanos_of(const Timeval& t) {
  return join(t.seconds, t.microseconds, 1'000'000);
}

Nanos after(Nanos start, Nanos duration) {
  const bool beyond = start > Nanos() && duration.value > kForever.value - start.value;
  return beyond ? kForever : start + duration;
}

Duration read_duration(Kernel& k, Addr at) {
  Timespec t;
  if (!k.memory().copy_in(at, t)) return {false, {}, Errno::efault};
  const auto value = nanos_of(t);
  return value ? Duration{true, *value, {}} : Duration{false, {}, Errno::einval};
}

}  // namespace emulator::kernel
