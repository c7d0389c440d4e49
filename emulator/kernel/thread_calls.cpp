// System calls on threads and their scheduling (clone(2), exit(2), sched_setaffinity(2) …).
// futex(2) has its own file.
#include <algorithm>
#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/kernel/clone_flags.hpp"
#include "emulator/kernel/futex.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

SysResult no_processes(Kernel& k, const char* call) {
  k.notice_once(
      fmt::format("{}: the box holds one process and starts no other: answers ENOSYS", call));
  return Errno::enosys;
}

SysResult clone(Kernel& k, Thread& t, const Args& a) {
  const u64 flags = a[0];
  constexpr u64 kThread = kCloneVm | kCloneSighand | kCloneThread;
  if ((flags & kCloneThread) != 0 && (flags & kCloneSighand) == 0) return Errno::einval;
  if ((flags & kCloneSighand) != 0 && (flags & kCloneVm) == 0) return Errno::einval;
  if ((flags & kThread) != kThread) return no_processes(k, "clone");
  if ((flags & kCloneSetTls) != 0 && a[4] >= memory::kUserEnd) return Errno::eperm;
  Thread* child = k.clone_thread(t, flags, a.addr(1), a.addr(4));
  if (child == nullptr) return k.refuse("threads", k.config().max_threads, Errno::eagain);
  const auto store = [&](u64 flag, Addr to) {
    return (flags & flag) == 0 || k.memory().copy_out(to, child->tid);
  };
  // Neither store can fail the call once the child exists (kernel/fork.c, copy_process;
  // schedule_tail).
  static_cast<void>(store(kCloneParentSetTid, a.addr(2)) && store(kCloneChildSetTid, a.addr(3)));
  if ((flags & kCloneChildClearTid) != 0) child->clear_child_tid = a.addr(3);
  if (k.on.clone) k.on.clone(t, *child);
  return static_cast<u64>(child->tid);
}

/// Go asks for it never, glibc falls back to clone.
SysResult clone3(Kernel&, Thread&, const Args&) { return Errno::enosys; }
SysResult fork(Kernel& k, Thread&, const Args&) { return no_processes(k, "fork"); }
SysResult vfork(Kernel& k, Thread&, const Args&) { return no_processes(k, "vfork"); }

SysResult execve(Kernel& k, Thread&, const Args&) {
  k.notice_once("execve: the box runs the one program that it was given: answers EACCES");
  return Errno::eacces;
}

SysResult exit(Kernel& k, Thread& t, const Args& a) {
  k.exit_thread(t, a.as_int(0) & 0xff);
  return SysResult::none();
}

SysResult exit_group(Kernel& k, Thread&, const Args& a) {
  k.exit_group(a.as_int(0) & 0xff);
  return SysResult::none();
}

SysResult gettid(Kernel&, Thread& t, const Args&) { return static_cast<u64>(t.tid); }

SysResult set_tid_address(Kernel&, Thread& t, const Args& a) {
  t.clear_child_tid = a.addr(0);
  return static_cast<u64>(t.tid);
}

constexpr u64 kRobustHeadSize = 24;

SysResult set_robust_list(Kernel&, Thread& t, const Args& a) {
  if (a[1] != kRobustHeadSize) return Errno::einval;
  t.robust_list = a.addr(0);
  return 0;
}

SysResult get_robust_list(Kernel& k, Thread& t, const Args& a) {
  const Thread* of = a.as_int(0) == 0 ? &t : k.find_thread(a.as_int(0));
  if (of == nullptr) return Errno::esrch;
  if (!k.memory().copy_out(a.addr(2), kRobustHeadSize) ||
      !k.memory().copy_out(a.addr(1), of->robust_list.value))
    return Errno::efault;
  return 0;
}

/// The machine gives the turn to another thread: it sees the call's event.
SysResult sched_yield(Kernel&, Thread&, const Args&) { return 0; }

bool names_thread(Kernel& k, i32 tid) { return tid == 0 || k.find_thread(tid) != nullptr; }

/// The kernel's mask has room for 256 CPUs (what a distribution kernel answers), more when the box
/// has more cores.
SysResult sched_getaffinity(Kernel& k, Thread&, const Args& a) {
  const u64 cores = k.config().cores, length = a.as_uint(1);
  const u64 mask_size = std::max<u64>(32, (cores + 63) / 64 * 8);
  if (length * 8 < cores || length % 8 != 0) return Errno::einval;
  if (!names_thread(k, a.as_int(0))) return Errno::esrch;
  std::vector<u8> mask(std::min(length, mask_size));
  for (u64 core = 0; core < cores; ++core)
    mask[core / 8] = static_cast<u8>(mask[core / 8] | 1u << core % 8);
  if (!k.memory().copy_out(a.addr(2), mask)) return Errno::efault;
  return mask.size();
}

/// Accepted and without effect when it leaves any core: the schedule is the machine's own.
SysResult sched_setaffinity(Kernel& k, Thread&, const Args& a) {
  if (!names_thread(k, a.as_int(0))) return Errno::esrch;
  std::vector<u8> mask(std::min<u64>(a.as_uint(1), 1024));
  if (!k.memory().copy_in(a.addr(2), mask)) return Errno::efault;
  for (u64 core = 0; core < std::min<u64>(k.config().cores, mask.size() * 8); ++core)
    if ((mask[core / 8] >> core % 8 & 1) != 0) return 0;
  return Errno::einval;
}

SysResult sched_getscheduler(Kernel& k, Thread&, const Args& a) {
  return names_thread(k, a.as_int(0)) ? SysResult(0) : SysResult(Errno::esrch);  // SCHED_OTHER
}

SysResult sched_getparam(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) < 0 || a[1] == 0) return Errno::einval;
  if (!names_thread(k, a.as_int(0))) return Errno::esrch;
  if (!k.memory().copy_out(a.addr(1), i32{0})) return Errno::efault;
  return 0;
}

/// SCHED_OTHER with priority 0 is what every thread has; the rest would need a privilege.
SysResult sched_setscheduler(Kernel& k, Thread&, const Args& a) {
  i32 priority = 0;
  if (a.as_int(1) < 0 || a[2] == 0) return Errno::einval;
  if (!k.memory().copy_in(a.addr(2), priority)) return Errno::efault;
  if (!names_thread(k, a.as_int(0))) return Errno::esrch;
  if (a.as_int(1) != 0) return Errno::eperm;
  return priority == 0 ? SysResult(0) : SysResult(Errno::einval);
}

SysResult sched_setparam(Kernel& k, Thread& t, const Args& a) {
  return sched_setscheduler(k, t, Args{{a[0], 0, a[1], 0, 0, 0}});
}

SysResult sched_get_priority_max(Kernel&, Thread&, const Args& a) {
  const i32 policy = a.as_int(0);
  if (policy == 1 || policy == 2) return 99;
  return policy == 0 || policy == 3 || policy == 5 || policy == 6 ? SysResult(0)
                                                                  : SysResult(Errno::einval);
}

SysResult sched_get_priority_min(Kernel&, Thread&, const Args& a) {
  const i32 policy = a.as_int(0);
  if (policy == 1 || policy == 2) return 1;
  return policy == 0 || policy == 3 || policy == 5 || policy == 6 ? SysResult(0)
                                                                  : SysResult(Errno::einval);
}

/// One thread executes at a time; which core that would be is not modelled.
SysResult getcpu(Kernel& k, Thread&, const Args& a) {
  if (a[0] != 0 && !k.memory().copy_out(a.addr(0), u32{0})) return Errno::efault;
  if (a[1] != 0 && !k.memory().copy_out(a.addr(1), u32{0})) return Errno::efault;
  return 0;
}

/// A kernel without restartable sequences: programs that know them ask first.
SysResult rseq(Kernel&, Thread&, const Args&) { return Errno::enosys; }

constexpr SyscallRow kRows[] = {
    {24, "sched_yield", "", sched_yield},
    {56, "clone", "flags:hex stack:addr parent_tid:ptr child_tid:ptr tls:addr", clone},
    {57, "fork", "", fork},
    {58, "vfork", "", vfork},
    {59, "execve", "pathname:string argv:ptr envp:ptr", execve},
    {60, "exit", "status:int", exit},
    {142, "sched_setparam", "pid:int param:ptr", sched_setparam},
    {143, "sched_getparam", "pid:int param:ptr", sched_getparam},
    {144, "sched_setscheduler", "pid:int policy:int param:ptr", sched_setscheduler},
    {145, "sched_getscheduler", "pid:int", sched_getscheduler},
    {146, "sched_get_priority_max", "policy:int", sched_get_priority_max},
    {147, "sched_get_priority_min", "policy:int", sched_get_priority_min},
    {186, "gettid", "", gettid},
    {202, "futex", "uaddr:addr op:hex val:uint timeout:ptr uaddr2:addr val3:hex", futex},
    {203, "sched_setaffinity", "pid:int cpusetsize:size mask:ptr", sched_setaffinity},
    {204, "sched_getaffinity", "pid:int cpusetsize:size mask:ptr", sched_getaffinity},
    {218, "set_tid_address", "tidptr:ptr", set_tid_address},
    {231, "exit_group", "status:int", exit_group},
    {273, "set_robust_list", "head:ptr len:size", set_robust_list},
    {274, "get_robust_list", "pid:int head:ptr len:ptr", get_robust_list},
    {309, "getcpu", "cpu:ptr node:ptr", getcpu},
    {322, "execveat", "dirfd:fd pathname:string argv:ptr envp:ptr flags:hex", execve},
    {334, "rseq", "rseq:ptr rseq_len:size flags:hex sig:hex", rseq},
    {435, "clone3", "cl_args:ptr size:size", clone3},
};

}  // namespace

std::span<const SyscallRow> thread_calls() { return kRows; }

}  // namespace emulator::kernel
