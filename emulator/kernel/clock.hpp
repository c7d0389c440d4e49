/// The guest's clocks, all made from the virtual one, and the times that guests write.
#pragma once

#include <optional>

#include "emulator/kernel/abi.hpp"
#include "emulator/kernel/errno.hpp"
#include "emulator/kernel/timers.hpp"

namespace emulator::kernel {

class Kernel;

/// CLOCK_REALTIME when the program starts: 2024-01-01T00:00:00Z, always.
inline constexpr Nanos kEpoch{1'704'067'200 * kNanosPerSecond};
/// CLOCK_MONOTONIC when the program starts: the machine "booted" a second before, so that no clock
/// reads 0, which Go takes for "never".
inline constexpr Nanos kUptime{kNanosPerSecond};

/// The virtual clock goes no further: 2^62 ns, so that sums of a time and an epoch stay in range.
inline constexpr Nanos kEndOfTime{i64{1} << 62};

enum ClockId : i32 {
  kClockRealtime = 0,
  kClockMonotonic = 1,
  kClockProcessCpu = 2,
  kClockThreadCpu = 3,
  kClockMonotonicRaw = 4,
  kClockRealtimeCoarse = 5,
  kClockMonotonicCoarse = 6,
  kClockBoottime = 7,
  kClockRealtimeAlarm = 8,
  kClockBoottimeAlarm = 9,
  kClockTai = 11,
};

/// What a clock id measures for a thread that names it; nothing for an id that does not exist
/// (EINVAL), or of a thread that has ended.
std::optional<TimerClock> clock_of(const Kernel& k, Tid caller, i32 id);
/// Nothing when it is that of a thread that has ended.
std::optional<Nanos> read_clock(const Kernel& k, const TimerClock& clock);
/// Time on a timer's own scale: virtual, without an epoch, or CPU time. Nothing as above.
std::optional<Nanos> timer_clock(const Kernel& k, const Timer& timer);
/// How far a clock is ahead of the virtual one (0 for CPU clocks, which are their own).
Nanos clock_offset(const TimerClock& clock);

Timespec timespec_of(Nanos t);
Timeval timeval_of(Nanos t);
/// Nothing when it is not a time: negative, or a fraction of a second or more. Saturates at the end
/// of time.
std::optional<Nanos> nanos_of(const Timespec& t);
std::optional<Nanos> nanos_of(const Timeval& t);
/// start + duration, saturating.
Nanos after(Nanos start, Nanos duration);

/// A struct timespec in guest memory.
struct Duration {
  bool ok = false;
  Nanos value;
  Errno error = Errno::efault;
};
Duration read_duration(Kernel& k, Addr at);

}  // namespace emulator::kernel
