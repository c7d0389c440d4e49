/// A guest thread: its registers while it does not run, its signal state, and what it waits for.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "emulator/base/types.hpp"
#include "emulator/cpu/registers.hpp"

namespace emulator::kernel {

using Tid = i32;

/// A signal set as the kernel lays it out: bit n-1 is signal n.
using SigSet = u64;
constexpr SigSet sig_bit(int signal) { return SigSet{1} << (signal - 1); }

/// What a signal carries into siginfo_t (sigaction(2)).
struct SigInfo {
  int signal = 0;
  int code = 0;  // SI_USER, SI_TKILL, SEGV_MAPERR …
  int error = 0;
  Addr address;          // faults
  i32 pid = 0, uid = 0;  // kill, tgkill
  u64 value = 0;         // timers: sigev_value
  i32 timer_id = 0, overrun = 0;
  Tid first_choice = 0;  // for the process: the thread that takes it if it does not block it
};

/// What a blocked thread waits for. A plain value, so that checkpoints are copies.
///
/// A call that blocks returns kernel.wait(t, …) and is made again, with the same arguments, when
/// the wait may be over. It then finds t.in_syscall set and t.wait as it left it, with `woken`,
/// `timed_out` or `interrupted` telling why; if its condition still does not hold it waits again
/// (kernel.wait(t, t.wait) keeps deadline and place in line). A call that ends up waiting although
/// `interrupted` is restarted or fails with EINTR, as signal(7) says: only calls with something to
/// do in that case (nanosleep writes what remains) look at the flag.
struct Wait {
  enum class Kind : u8 {
    none,
    futex,   // `key` is the futex word's address; woken in FIFO order
    event,   // any change of a file or pipe: the call is tried again
    sleep,   // only the deadline
    signal,  // rt_sigsuspend, pause, rt_sigtimedwait: a signal in `set`
  };
  Kind kind = Kind::none;
  u64 key = 0;
  u32 bitset = 0;
  SigSet set = 0;
  std::optional<Nanos> deadline;
  u64 order = 0;             // when it began to wait: who is first in line
  u64 seen_events = 0;       // Kernel::events when it was last tried
  bool woken = false;        // by a futex wake
  bool timed_out = false;    // the deadline passed
  bool interrupted = false;  // a signal is about to be delivered
};

enum class ThreadState : u8 { runnable, waiting, dead };

/// Instructions that a thread has retired: its CPU time, a nanosecond each. Only Kernel::ran
/// counts, for the thread and the process in one, so that the process's time goes with no thread.
class CpuTime {
 public:
  operator u64() const { return retired_; }

 private:
  friend class Kernel;
  u64 retired_ = 0;
};

struct Thread {
  Tid tid = 0;
  cpu::Registers regs;
  ThreadState state = ThreadState::runnable;  // changed by ThreadTable alone
  Wait wait;                                  // while it waits, too
  bool in_syscall = false;  // blocked inside the call that RAX names; tried again when woken
  u64 syscall_number = 0;   // of that call: RAX may change hands, this does not
  u64 syscall_rip = 0;      // of the SYSCALL instruction itself, for restarts

  SigSet mask = 0;
  std::optional<SigSet>
      saved_mask;  // rt_sigsuspend, epoll_pwait, ppoll: to restore after the handler
  std::deque<SigInfo> pending;
  struct AltStack {
    Addr base;
    u64 size = 0;
    u32 flags = 2;  // SS_DISABLE
  } alt_stack;

  Addr clear_child_tid;  // set_tid_address, CLONE_CHILD_CLEARTID
  Addr robust_list;
  std::string name;     // prctl(PR_SET_NAME)
  int exit_status = 0;  // once dead

  // What the last fault left behind; signal frames carry it (arch/x86 thread_struct).
  u64 trap_number = 0, error_code = 0, fault_address = 0;

  CpuTime instructions;
};

}  // namespace emulator::kernel
