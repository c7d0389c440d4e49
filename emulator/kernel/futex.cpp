// futex(2) (Linux kernel/futex/): FIFO queues, one per word. All threads share one address space,
// so a word's address is its key, private or not.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/futex.hpp"

namespace emulator::kernel {
namespace {

enum FutexOp : u32 {
  kFutexWait = 0,
  kFutexWake = 1,
  kFutexRequeue = 3,
  kFutexCmpRequeue = 4,
  kFutexWakeOp = 5,
  kFutexWaitBitset = 9,
  kFutexWakeBitset = 10,
};
constexpr u32 kPrivate = 128, kRealtime = 256, kCommandMask = ~(kPrivate | kRealtime);

/// FUTEX_WAIT's timeout is a duration, FUTEX_WAIT_BITSET's an instant of the monotonic or the
/// real-time clock.
Duration read_deadline(Kernel& k, Addr at, u32 op) {
  Duration d = read_duration(k, at);
  if (!d.ok) return d;
  if ((op & kCommandMask) == kFutexWait)
    d.value = after(k.now(), d.value);
  else
    d.value = d.value - ((op & kRealtime) != 0 ? kEpoch : kUptime);
  return d;
}

SysResult futex_wait(Kernel& k, Thread& t, const Args& a, u32 bitset) {
  if (t.wait.woken) return 0;
  if (t.wait.timed_out) return Errno::etimedout;
  if (t.in_syscall) return k.wait(t, t.wait);
  Wait w;
  w.kind = Wait::Kind::futex;
  w.key = a[0];
  w.bitset = bitset;
  if (a[3] != 0) {
    const Duration deadline = read_deadline(k, a.addr(3), a.as_uint(1));
    if (!deadline.ok) return deadline.error;
    w.deadline = deadline.value;
  }
  u32 word = 0;
  if (bitset == 0 || a[0] % sizeof(word) != 0) return Errno::einval;
  if (!k.memory().copy_in(a.addr(0), word)) return Errno::efault;
  if (word != a.as_uint(2)) return Errno::eagain;
  if (w.deadline && *w.deadline <= k.now()) return Errno::etimedout;
  return k.wait(t, w);
}

SysResult futex_wake(Kernel& k, const Args& a, u32 bitset) {
  if (bitset == 0 || a[0] % sizeof(u32) != 0) return Errno::einval;
  // The kernel wakes at least one, whatever the count.
  return k.wake_futex(a[0], static_cast<u64>(std::max(a.as_int(2), 1)), bitset);
}

SysResult futex_requeue(Kernel& k, const Args& a, bool compare) {
  const i32 wake = a.as_int(2), move = a.as_int(3);
  if (wake < 0 || move < 0 || a[0] % sizeof(u32) != 0 || a[4] % sizeof(u32) != 0)
    return Errno::einval;
  u32 word = 0;
  if (compare && !k.memory().copy_in(a.addr(0), word)) return Errno::efault;
  if (compare && word != a.as_uint(5)) return Errno::eagain;
  const u64 woken = wake == 0 ? 0 : k.wake_futex(a[0], static_cast<u64>(wake));
  return woken +
         k.requeue_futex(a[0], a[4], static_cast<u64>(wake) + static_cast<u64>(move) - woken);
}

/// FUTEX_WAKE_OP: change *uaddr2, wake waiters of uaddr, and those of uaddr2 if its old value
/// compares as asked.
SysResult futex_wake_op(Kernel& k, const Args& a) {
  const u32 code = a.as_uint(5);
  const auto signed12 = [](u32 v) { return static_cast<i32>(v << 20) >> 20; };
  i32 operand = signed12((code >> 12) & 0xfff);
  const i32 against = signed12(code & 0xfff);
  if (a[0] % sizeof(u32) != 0 || a[4] % sizeof(u32) != 0) return Errno::einval;
  if ((code >> 28 & 8) != 0) operand = static_cast<i32>(u32{1} << (operand & 31));
  i32 old = 0;
  if (!k.memory().copy_in(a.addr(4), old)) return Errno::efault;
  i32 changed = 0;
  switch (code >> 28 & 7) {
    case 0:
      changed = operand;
      break;
    case 1:
      changed = static_cast<i32>(static_cast<u32>(old) + static_cast<u32>(operand));
      break;
    case 2:
      changed = old | operand;
      break;
    case 3:
      changed = old & ~operand;
      break;
    case 4:
      changed = old ^ operand;
      break;
    default:
      return Errno::enosys;
  }
  bool also = false;
  switch (code >> 24 & 15) {
    case 0:
      also = old == against;
      break;
    case 1:
      also = old != against;
      break;
    case 2:
      also = old < against;
      break;
    case 3:
      also = old <= against;
      break;
    case 4:
      also = old > against;
      break;
    case 5:
      also = old >= against;
      break;
    default:
      return Errno::enosys;
  }
  if (!k.memory().copy_out(a.addr(4), changed)) return Errno::efault;
  u64 woken = k.wake_futex(a[0], static_cast<u64>(std::max(a.as_int(2), 1)));
  if (also) woken += k.wake_futex(a[4], static_cast<u64>(std::max(a.as_int(3), 1)));
  return woken;
}

}  // namespace

u64 Kernel::wake_futex(u64 key, u64 count, u32 bitset) {
  u64 woken = 0, order = 0;
  while (woken < count) {
    Thread* const t = threads_.next_waiter(key, order);
    if (t == nullptr) break;
    order = t->wait.order;
    if ((t->wait.bitset & bitset) == 0) continue;
    threads_.wake(*t);
    ++woken;
  }
  return woken;
}

u64 Kernel::requeue_futex(u64 from, u64 to, u64 count) {
  const u64 last = state_.wait_order;  // who is moved to the end of the same line moves once
  u64 moved = 0;
  while (moved < count) {
    Thread* const t = threads_.next_waiter(from);
    if (t == nullptr || t->wait.order > last) break;
    threads_.requeue(*t, to, next_wait_order());
    ++moved;
  }
  return moved;
}

SysResult futex(Kernel& k, Thread& t, const Args& a) {
  constexpr u32 kAny = ~u32{0};
  const u32 command = a.as_uint(1) & kCommandMask;
  if ((a.as_uint(1) & kRealtime) != 0 && command != kFutexWaitBitset) return Errno::enosys;
  switch (command) {
    case kFutexWait:
      return futex_wait(k, t, a, kAny);
    case kFutexWaitBitset:
      return futex_wait(k, t, a, a.as_uint(5));
    case kFutexWake:
      return futex_wake(k, a, kAny);
    case kFutexWakeBitset:
      return futex_wake(k, a, a.as_uint(5));
    case kFutexRequeue:
      return futex_requeue(k, a, false);
    case kFutexCmpRequeue:
      return futex_requeue(k, a, true);
    case kFutexWakeOp:
      return futex_wake_op(k, a);
    default:
      k.notice_once(fmt::format("futex operation {} is not modelled: answers ENOSYS", command));
      return Errno::enosys;
  }
}

}  // namespace emulator::kernel
