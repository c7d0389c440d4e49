// poll(2) and select(2).
#include <algorithm>

#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/event_calls.hpp"
#include "emulator/kernel/file_records.hpp"

namespace emulator::kernel::calls {
namespace {

/// Fills in what each descriptor is ready for; how many are.
u64 look(Kernel& k, std::vector<PollRecord>& records, EventWait& wait) {
  u64 ready = 0;
  for (PollRecord& r : records) {
    r.revents = 0;
    if (r.fd < 0) continue;
    const Description* d = k.files().find(r.fd);
    u32 events = kPollNval;
    if (d != nullptr) {
      const u32 wanted = static_cast<u16>(r.events) | kPollErr | kPollHup;
      events = k.files().readiness(k, *d).events & wanted;
      wait.until(k.files().next_event(*d, k.now()));
    }
    r.revents = static_cast<i16>(events);
    ready += events != 0;
  }
  return ready;
}

SysResult poll_records(Kernel& k, Thread& t, const Args& a, Timeout timeout) {
  const u64 count = a.as_uint(1);
  if (count > k.rlimit(kLimitOpenFiles).current) return Errno::einval;
  std::vector<PollRecord> records(count);
  const std::span<u8> bytes(reinterpret_cast<u8*>(records.data()), count * sizeof(PollRecord));
  if (count > 0 && !k.memory().copy_in(a.addr(0), bytes)) return Errno::efault;
  EventWait wait(k, t, timeout);
  const u64 ready = look(k, records, wait);
  if (ready == 0 && !wait.over()) return wait.wait();
  if (count > 0 && !k.memory().copy_out(a.addr(0), std::span<const u8>(bytes)))
    return Errno::efault;
  return ready;
}

// -- select --

constexpr u32 kSelectRead = kPollIn | kPollRdNorm | kPollRdBand | kPollHup | kPollErr;
constexpr u32 kSelectWrite = kPollOut | kPollWrNorm | kPollWrBand | kPollErr;
constexpr u32 kSelectUrgent = kPollPri;

/// The three fd_sets of a select call.
struct Sets {
  static constexpr u64 kMaxFds = 1024;
  using Words = std::vector<u64>;
  struct Set {
    Addr at;
    u32 events;
    Words wanted, ready;
  };
  u64 fds = 0;
  std::array<Set, 3> sets;

  static Result<Sets> read(Kernel& k, const Args& a) {
    Sets s;
    if (a.as_int(0) < 0) return Errno::einval;
    s.fds = std::min<u64>(a.as_uint(0), kMaxFds);
    const std::array<u32, 3> events{kSelectRead, kSelectWrite, kSelectUrgent};
    for (std::size_t i = 0; i < 3; ++i) {
      Set& set = s.sets[i];
      set = {a.addr(i + 1), events[i], Words((s.fds + 63) / 64), Words((s.fds + 63) / 64)};
      if (set.at.value != 0 && s.fds > 0 && !k.memory().copy_in(set.at, bytes(set.wanted)))
        return Errno::efault;
    }
    return s;
  }
  bool write(Kernel& k) const {
    return std::ranges::all_of(sets, [&](const Set& set) {
      const std::span<const u8> out(reinterpret_cast<const u8*>(set.ready.data()),
                                    set.ready.size() * 8);
      return set.at.value == 0 || out.empty() || k.memory().copy_out(set.at, out);
    });
  }
  static std::span<u8> bytes(Words& words) {
    return {reinterpret_cast<u8*>(words.data()), words.size() * 8};
  }
};

/// EBADF, or how many bits are set in the answer.
Result<u64> look(Kernel& k, Sets& s, EventWait& wait) {
  u64 ready = 0;
  for (auto& set : s.sets) {
    if (set.at.value == 0) continue;
    for (u64 fd = 0; fd < s.fds; ++fd) {
      const u64 bit = u64{1} << (fd % 64);
      if (!(set.wanted[fd / 64] & bit)) continue;
      const Description* d = k.files().find(static_cast<i32>(fd));
      if (d == nullptr) return Errno::ebadf;
      wait.until(k.files().next_event(*d, k.now()));
      if (!(k.files().readiness(k, *d).events & set.events)) continue;
      set.ready[fd / 64] |= bit;
      ++ready;
    }
  }
  return ready;
}

SysResult select_sets(Kernel& k, Thread& t, const Args& a, Timeout timeout) {
  auto sets = Sets::read(k, a);
  if (!sets) return sets.error();
  EventWait wait(k, t, timeout);
  const auto ready = look(k, *sets, wait);
  if (!ready) return ready.error();
  if (*ready == 0 && !wait.over()) return wait.wait();
  if (!sets->write(k)) return Errno::efault;
  return *ready;
}

}  // namespace

SysResult poll(Kernel& k, Thread& t, const Args& a) {
  return poll_records(k, t, a, milliseconds(a.as_int(2)));
}

SysResult ppoll(Kernel& k, Thread& t, const Args& a) {
  const auto timeout = timespec_at(k, a.addr(2));
  if (!timeout) return timeout.error();
  if (const auto failure = mask_for_wait(k, t, a.addr(3), a[4])) return *failure;
  return poll_records(k, t, a, *timeout);
}

SysResult select(Kernel& k, Thread& t, const Args& a) {
  Timeout timeout;
  if (a[4] != 0) {
    Timeval time;
    if (!k.memory().copy_in(a.addr(4), time)) return Errno::efault;
    timeout = nanos_of(time);
    if (!timeout) return Errno::einval;
  }
  return select_sets(k, t, a, timeout);
}

/// The sixth argument is the address of a mask's address and size.
SysResult pselect6(Kernel& k, Thread& t, const Args& a) {
  const auto timeout = timespec_at(k, a.addr(4));
  if (!timeout) return timeout.error();
  if (a[5] != 0) {
    std::array<u64, 2> mask;
    if (!k.memory().copy_in(a.addr(5), mask)) return Errno::efault;
    if (const auto failure = mask_for_wait(k, t, Addr(mask[0]), mask[1])) return *failure;
  }
  return select_sets(k, t, a, *timeout);
}

}  // namespace emulator::kernel::calls
