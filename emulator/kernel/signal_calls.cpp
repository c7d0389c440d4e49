// System calls on signals (rt_sigaction(2), sigaltstack(2), kill(2) …; Linux kernel/signal.c).
#include <algorithm>

#include "emulator/kernel/abi.hpp"
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/signal_frame.hpp"

namespace emulator::kernel {
namespace {

constexpr u64 kSigSetSize = 8;
constexpr u32 kSsOnStack = 1, kSsDisable = 2, kSsAutodisarm = u32{1} << 31;

bool valid(int signal) { return signal >= 1 && signal <= sig::max; }

/// After a signal became ignored nothing of it stays pending, not even blocked (POSIX 3.3.1.2).
void flush_ignored(Kernel& k, int signal) {
  if (!k.signals().ignored(signal)) return;
  forget_signals(k.signals().pending, sig_bit(signal));
  for (const auto& t : k.threads()) forget_signals(t->pending, sig_bit(signal));
}

SysResult rt_sigaction(Kernel& k, Thread&, const Args& a) {
  const int signal = a.as_int(0);
  if (a[3] != kSigSetSize) return Errno::einval;
  SigactionT wanted;
  if (a[1] != 0 && !k.memory().copy_in(a.addr(1), wanted)) return Errno::efault;
  if (!valid(signal) || (a[1] != 0 && (sig_bit(signal) & kUnblockable) != 0)) return Errno::einval;
  SigAction& action = k.signals().action(signal);
  const SigactionT old{action.handler, action.flags, action.restorer, action.mask};
  if (a[1] != 0) {
    action = {wanted.handler, wanted.flags, wanted.restorer, wanted.mask & ~kUnblockable};
    flush_ignored(k, signal);
  }
  if (a[2] != 0 && !k.memory().copy_out(a.addr(2), old)) return Errno::efault;
  return 0;
}

SysResult rt_sigprocmask(Kernel& k, Thread& t, const Args& a) {
  enum How { kBlock, kUnblock, kSetMask };
  if (a[3] != kSigSetSize) return Errno::einval;
  const SigSet old = t.mask;
  if (a[1] != 0) {
    SigSet set = 0;
    if (!k.memory().copy_in(a.addr(1), set)) return Errno::efault;
    set &= ~kUnblockable;
    switch (a.as_int(0)) {
      case kBlock:
        t.mask |= set;
        break;
      case kUnblock:
        t.mask &= ~set;
        break;
      case kSetMask:
        t.mask = set;
        break;
      default:
        return Errno::einval;
    }
  }
  if (a[2] != 0 && !k.memory().copy_out(a.addr(2), old)) return Errno::efault;
  return 0;
}

SysResult rt_sigpending(Kernel& k, Thread& t, const Args& a) {
  if (a[1] > kSigSetSize) return Errno::einval;
  const SigSet pending = (set_of(t.pending) | set_of(k.signals().pending)) & t.mask;
  const std::span bytes(reinterpret_cast<const u8*>(&pending), a[1]);
  if (!k.memory().copy_out(a.addr(0), bytes)) return Errno::efault;
  return 0;
}

SysResult wait_for_signal(Kernel& k, Thread& t, SigSet set, std::optional<Nanos> deadline) {
  Wait w;
  w.kind = Wait::Kind::signal;
  w.set = set;
  w.deadline = deadline;
  return k.wait(t, w);
}

SysResult rt_sigsuspend(Kernel& k, Thread& t, const Args& a) {
  SigSet set = 0;
  if (a[1] != kSigSetSize) return Errno::einval;
  if (!k.memory().copy_in(a.addr(0), set)) return Errno::efault;
  k.set_temporary_mask(t, set);
  return wait_for_signal(k, t, 0, std::nullopt);
}

SysResult pause(Kernel& k, Thread& t, const Args&) {
  return wait_for_signal(k, t, 0, std::nullopt);
}

/// siginfo_t of a signal that another thread sent, as far as the receiver may look at it.
struct SentInfo {
  i32 signo = 0, error = 0, code = 0, padding = 0, pid = 0, uid = 0;
  u64 value = 0;
  u8 rest[96] = {};
};
static_assert(sizeof(SentInfo) == 128);

SysResult rt_sigtimedwait(Kernel& k, Thread& t, const Args& a) {
  SigSet set = 0;
  if (a[3] != kSigSetSize) return Errno::einval;
  if (!k.memory().copy_in(a.addr(0), set)) return Errno::efault;
  set &= ~kUnblockable;
  std::optional<Nanos> deadline = t.wait.deadline;
  if (a[2] != 0 && !t.in_syscall) {
    const auto timeout = read_duration(k, a.addr(2));
    if (!timeout.ok) return timeout.error;
    deadline = after(k.now(), timeout.value);
  }
  if (const auto info = k.take_signal(t, set)) {
    SentInfo out;
    out.signo = info->signal, out.error = info->error, out.code = info->code;
    const bool timer = info->code == code::timer;
    out.pid = timer ? info->timer_id : info->pid;
    out.uid = timer ? info->overrun : info->uid;
    out.value = info->value;
    if (a[1] != 0 && !k.memory().copy_out(a.addr(1), out)) return Errno::efault;
    return static_cast<u64>(info->signal);
  }
  if (t.wait.timed_out || (deadline && *deadline <= k.now())) return Errno::eagain;
  return wait_for_signal(k, t, set, deadline);
}

SysResult rt_sigreturn(Kernel& k, Thread& t, const Args&) {
  if (!pop_signal_frame(k.config().profile, k.memory(), t)) {
    SigInfo info;
    info.signal = sig::segv, info.code = code::kernel;
    k.force_signal(t, info);
  }
  return SysResult::none();
}

SysResult sigaltstack(Kernel& k, Thread& t, const Args& a) {
  const u64 rsp = t.regs[cpu::rsp];
  const StackT old{t.alt_stack.base.value,
                   static_cast<i32>(alt_stack_state(t, rsp) | (t.alt_stack.flags & kSsAutodisarm)),
                   0, t.alt_stack.size};
  if (a[0] != 0) {
    StackT wanted;
    if (!k.memory().copy_in(a.addr(0), wanted)) return Errno::efault;
    if (on_alt_stack(t, rsp)) return Errno::eperm;
    const u32 flags = static_cast<u32>(wanted.flags), mode = flags & ~kSsAutodisarm;
    if (mode != kSsDisable && mode != kSsOnStack && mode != 0) return Errno::einval;
    if (mode == kSsDisable)
      t.alt_stack = {Addr(), 0, flags};
    else if (wanted.size < kMinAltStack)
      return Errno::enomem;
    else
      t.alt_stack = {Addr(wanted.base), wanted.size, flags};
  }
  if (a[1] != 0 && !k.memory().copy_out(a.addr(1), old)) return Errno::efault;
  return 0;
}

SigInfo sent_by(Kernel& k, int signal, int code) {
  SigInfo info;
  info.signal = signal, info.code = code, info.pid = k.pid(), info.uid = kUserId;
  return info;
}

/// Real-time signals queue up, and RLIMIT_SIGPENDING bounds the queues; of the others at most one
/// of each waits (signal(7)). Linux drops only what comes with a kill of one of these (EAGAIN for
/// the rest).
SysResult post(Kernel& k, Thread* to, const SigInfo& info) {
  constexpr std::size_t kSigPending = 11;
  const u64 most = k.rlimit(kSigPending).current;
  if (info.signal >= sig::rtmin && k.queued_signals() >= most)
    return k.refuse("queued signals", most, Errno::eagain);
  if (info.signal != 0) k.post_signal(to, info);
  return 0;
}

/// The box holds one process: itself, its group and "every process" but itself are all that kill
/// can name.
SysResult kill(Kernel& k, Thread&, const Args& a) {
  const i32 pid = a.as_int(0), signal = a.as_int(1);
  if (pid != k.pid() && pid != 0 && pid != -k.pid()) return Errno::esrch;
  if (signal < 0 || signal > sig::max) return Errno::einval;
  return post(k, nullptr, sent_by(k, signal, code::user));
}

SysResult send_to_thread(Kernel& k, i32 pid, i32 tid, const SigInfo& info) {
  if (tid <= 0) return Errno::einval;
  Thread* target = k.find_thread(tid);
  if (target == nullptr || (pid != k.pid() && pid != -1)) return Errno::esrch;
  if (info.signal < 0 || info.signal > sig::max) return Errno::einval;
  return post(k, target, info);
}

SysResult tkill(Kernel& k, Thread&, const Args& a) {
  return send_to_thread(k, -1, a.as_int(0), sent_by(k, a.as_int(1), code::tkill));
}

SysResult tgkill(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) <= 0) return Errno::einval;
  return send_to_thread(k, a.as_int(0), a.as_int(1), sent_by(k, a.as_int(2), code::tkill));
}

/// What sigqueue(3) hands over. The receiver is always the sender's own process, so any si_code may
/// be claimed.
struct QueuedInfo {
  bool ok = false;
  SigInfo info;
};
QueuedInfo read_queued(Kernel& k, Addr at, int signal) {
  SentInfo in;
  if (!k.memory().copy_in(at, in)) return {};
  SigInfo info;
  info.signal = signal, info.error = in.error, info.code = in.code;
  info.pid = in.pid, info.uid = in.uid, info.value = in.value;
  return {true, info};
}

SysResult rt_sigqueueinfo(Kernel& k, Thread&, const Args& a) {
  const QueuedInfo queued = read_queued(k, a.addr(2), a.as_int(1));
  if (!queued.ok) return Errno::efault;
  if (a.as_int(0) != k.pid()) return Errno::esrch;
  if (queued.info.signal < 0 || queued.info.signal > sig::max) return Errno::einval;
  return post(k, nullptr, queued.info);
}

SysResult rt_tgsigqueueinfo(Kernel& k, Thread&, const Args& a) {
  const QueuedInfo queued = read_queued(k, a.addr(3), a.as_int(2));
  if (!queued.ok) return Errno::efault;
  if (a.as_int(0) <= 0) return Errno::einval;
  return send_to_thread(k, a.as_int(0), a.as_int(1), queued.info);
}

constexpr SyscallRow kRows[] = {
    {13, "rt_sigaction", "signum:signal act:ptr oldact:ptr sigsetsize:size", rt_sigaction},
    {14, "rt_sigprocmask", "how:int set:ptr oldset:ptr sigsetsize:size", rt_sigprocmask},
    {15, "rt_sigreturn", "", rt_sigreturn},
    {34, "pause", "", pause},
    {62, "kill", "pid:int sig:signal", kill},
    {127, "rt_sigpending", "set:ptr sigsetsize:size", rt_sigpending},
    {128, "rt_sigtimedwait", "set:ptr info:ptr timeout:ptr sigsetsize:size", rt_sigtimedwait},
    {129, "rt_sigqueueinfo", "tgid:int sig:signal info:ptr", rt_sigqueueinfo},
    {130, "rt_sigsuspend", "mask:ptr sigsetsize:size", rt_sigsuspend},
    {131, "sigaltstack", "ss:ptr old_ss:ptr", sigaltstack},
    {200, "tkill", "tid:int sig:signal", tkill},
    {234, "tgkill", "tgid:int tid:int sig:signal", tgkill},
    {297, "rt_tgsigqueueinfo", "tgid:int tid:int sig:signal info:ptr", rt_tgsigqueueinfo},
};

}  // namespace

std::span<const SyscallRow> signal_calls() { return kRows; }

}  // namespace emulator::kernel
