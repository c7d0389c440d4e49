/// The simulated Linux kernel: one process, its threads, memory, files, signals and virtual clock.
/// Plain state: a checkpoint is a copy. It never looks at the host but through Host, and the
/// machine decides which thread runs.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/cpu/cpuid.hpp"
#include "emulator/cpu/fault.hpp"
#include "emulator/kernel/abi.hpp"
#include "emulator/kernel/elf.hpp"
#include "emulator/kernel/files.hpp"
#include "emulator/kernel/mapped_files.hpp"
#include "emulator/kernel/signals.hpp"
#include "emulator/kernel/syscall.hpp"
#include "emulator/kernel/thread.hpp"
#include "emulator/kernel/thread_table.hpp"
#include "emulator/kernel/timers.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::kernel {

/// What the user may decide about the guest's world.
struct Config {
  std::vector<std::string> argv;
  std::vector<std::string> environment;       // "K=V"; empty unless given
  std::string program_path = "/rt0/program";  // what /proc/self/exe and AT_EXECFN say
  std::vector<Mount> mounts;
  std::string working_directory = "/";
  unsigned cores = 2;
  cpu::Profile profile;  // AT_HWCAP, and whether signal frames carry AVX state
  u64 seed = 0;          // AT_RANDOM, getrandom, /dev/urandom
  u64 max_threads = 10000;
  u64 max_open_files = 1024;
  std::array<bool, 3> streams = {true, true, true};  // which of descriptors 0 to 2 it starts with
};

/// How the process ended: a status, or the signal that killed it.
struct ProcessExit {
  int status = 0;
  int signal = 0;
  int as_shell_status() const { return signal != 0 ? 128 + signal : status; }
};

/// Things worth telling the user once or recording in a trace.
struct KernelEvents {
  std::function<void(const std::string&)>
      notice;  // "rt0: system call 41 (socket) …": one sentence on stderr
  std::function<void(const Thread&, const SyscallRow*, u64 number, const Args&, const SysResult&)>
      syscall;
  std::function<void(const Thread&, const SigInfo&, u64 handler)> signal;
  std::function<void(const Thread& parent, const Thread& child)> clone;
  std::function<void(const Thread&)> thread_exit;  // by exit(2), not with all others
};

class Kernel {
 public:
  Kernel(Config config, memory::AddressSpace& memory, Host& host);

  /// Maps the program, builds the initial stack and auxiliary vector (elf(5), getauxval(3)) and
  /// makes thread 1. Throws base::UserError for an image that cannot be run.
  void load(std::shared_ptr<const ElfImage> image);

  // -- called by the machine; `t.regs` is current --

  /// A SYSCALL instruction: RIP is behind it. Sets RAX, or leaves the thread waiting, dead or with
  /// a new context. clone appends to threads(), and removes dead threads from it.
  void syscall(Thread& t);
  /// Tries a woken thread's call again. When a signal has interrupted it, the call fails with EINTR
  /// or RIP goes back to the SYSCALL instruction; deliver_signals must follow before anything else
  /// happens.
  void resume(Thread& t);
  /// A guest fault at t.regs.rip becomes a signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP),
  /// forced as Linux forces it. For a breakpoint RIP is already behind the INT3. Call
  /// deliver_signals next.
  void fault(Thread& t, const cpu::GuestFault& fault);
  /// Delivers pending, unblocked signals: pushes frames, applies default actions. Call before a
  /// thread runs.
  void deliver_signals(Thread& t);

  // -- time --

  /// Advances the virtual clock: `now` only grows. Expires waits and timers that are due. CPU-time
  /// timers look at what ran() has counted, and prefer to signal the thread that has just been
  /// running: a profile is to see where the time goes.
  void set_time(Nanos now, const Thread* running = nullptr);
  Nanos now() const { return state_.now; }
  /// The earliest instant at which something happens by itself, if any. A CPU-time timer counts
  /// only while some thread can run.
  std::optional<Nanos> next_deadline();
  /// The thread has retired so many instructions more.
  void ran(Thread& t, u64 instructions);
  /// What the instructions of all threads add up to, those that have ended included.
  Nanos cpu_time() const { return state_.cpu_time; }
  static Nanos cpu_time(const Thread& t) { return Nanos(static_cast<i64>(u64{t.instructions})); }

  // -- what the machine schedules --

  const ThreadTable::List& threads() const { return threads_.list(); }
  /// Null for one that has ended.
  Thread* find_thread(Tid tid) const { return threads_.find(tid); }
  /// The first thread with an id above `after` that is runnable or can resume; null when none.
  Thread* next_able(Tid after);
  /// Takes threads that have ended off the list.
  void remove_ended() { threads_.remove_ended(); }
  /// True when a waiting thread may proceed: woken, timed out, interrupted by a signal, or worth
  /// another try.
  bool can_resume(const Thread& t) const;
  bool has_deliverable_signal(const Thread& t) const;

  std::optional<ProcessExit> exit;  // set: the process is over
  KernelEvents on;

  // -- for system calls --

  memory::AddressSpace& memory() { return memory_; }
  const memory::AddressSpace& memory() const { return memory_; }
  const Config& config() const { return config_; }
  Files& files() { return state_.files; }
  MappedFiles& mapped_files() { return state_.mapped_files; }
  Signals& signals() { return state_.signals; }
  Timers& timers() { return state_.timers; }
  Host& host() { return host_; }
  /// Marks the thread as waiting and returns `blocked`.
  SysResult wait(Thread& t, Wait wait);
  /// Something that a Wait::Kind::event may wait for has changed.
  void changed() {
    ++state_.events;
    threads_.event();
  }
  u64 events() const { return state_.events; }
  /// Queues a signal for a thread (or, with null, for the process: the first thread that does not
  /// block it). False when it was ignored or merged with one that is already pending.
  bool post_signal(Thread* to, const SigInfo& info);
  /// As a fault does: neither a mask nor SIG_IGN holds it back, they only make it fatal.
  void force_signal(Thread& t, const SigInfo& info);
  /// Blocks `mask` until the call returns or a handler does (rt_sigsuspend, epoll_pwait, ppoll,
  /// pselect6).
  void set_temporary_mask(Thread& t, SigSet mask);
  /// Takes the signal of `set` that is first in line for this thread, its own or the process's.
  std::optional<SigInfo> take_signal(Thread& t, SigSet set);
  /// Wakes up to `count` waiters of the futex word at `key` that share a bit with `bitset`, oldest
  /// first.
  u64 wake_futex(u64 key, u64 count, u32 bitset = ~u32{0});
  /// Moves up to `count` waiters of one futex word to the end of another's line.
  u64 requeue_futex(u64 from, u64 to, u64 count);
  /// Null when there may be no more threads.
  Thread* clone_thread(Thread& parent, u64 flags, Addr stack, Addr tls);
  void exit_thread(Thread& t, int status);
  void exit_group(int status);
  /// A deterministic random stream from the seed (splitmix64).
  u64 random();
  /// Says `what` through on.notice, the first time only.
  void notice_once(const std::string& what);
  /// For a call that would go beyond the limit `name` of `most`: says so once, and gives back the
  /// error that the call answers. Throws base::LimitReached for a guest that does not stop asking.
  Errno refuse(std::string_view name, u64 most, Errno error);
  /// Signals that wait to be delivered, and POSIX timers, which reserve one each: what
  /// RLIMIT_SIGPENDING counts.
  u64 queued_signals() const;
  /// What mappings of files hold of the host's memory; each takes away from it when it goes.
  const std::shared_ptr<u64>& mapped_file_bytes() const { return mapped_file_bytes_; }
  i32 pid() const { return 1; }
  u64 next_wait_order() { return ++state_.wait_order; }
  std::size_t live_threads() const { return threads_.live(); }
  Addr mmap_ceiling() const { return mmap_ceiling_; }
  Rlimit& rlimit(std::size_t resource) { return state_.limits[resource]; }
  struct Brk {
    Addr start, end;
  } brk;
  Addr entry() const { return entry_; }
  /// The auxiliary vector as the program got it: tag, value, …, 0, 0.
  const std::vector<u64>& auxv() const { return auxv_; }
  Addr load_bias() const { return load_bias_; }
  const ElfImage& image() const { return *image_; }

  // -- time travel --

 private:
  /// What the guest can change, besides threads and memory.
  struct State {
    Files files;
    MappedFiles mapped_files;
    Signals signals;
    Timers timers;
    std::array<Rlimit, 16> limits{};
    Nanos now;
    Nanos cpu_time;
    Tid next_tid = 1;
    u64 events = 0, wait_order = 0;
    u64 random = 0;
    u64 refusals = 0;       // how often refuse() was called
    int leader_status = 0;  // of the first thread, when it has ended
  };

 public:
  /// All of the kernel as a value; memory, host and hooks are not part of it, nor what has been
  /// said to the user.
  struct Checkpoint {
    State state;
    std::vector<Thread> threads;
    Brk brk;
    std::optional<ProcessExit> exit;
    /// What it takes of the host's memory, roughly, what it may share with others included.
    u64 bytes() const;
  };
  Checkpoint checkpoint() const;
  /// Thread objects are made anew: pointers to the old ones are no longer valid.
  void restore(const Checkpoint& c);

 private:
  void settle(Thread& t, const SyscallRow* row, const Args& args, const SysResult& result);
  void finish(Thread& t, const SyscallRow* row, u64 number, const Args& args,
              const SysResult& result);
  void interrupt(Thread& t, const SyscallRow* row, const Args& args);
  bool takes(const Thread& t, int signal) const;
  Thread* taker_of(const SigInfo& info) const;
  /// The signal that deliver_signals would deliver next.
  std::optional<int> first_deliverable(const Thread& t) const;
  SigSet process_signals_for(const Thread& t) const;
  void apply_default(const SigInfo& info);
  void deliver(Thread& t, const SigInfo& info);
  void force_segv(Thread& t, int failed);
  void expire_timer(Timer& timer, Nanos now, const Thread* running);
  bool post_timer_signal(Thread* target, const SigInfo& info);
  void collect_overrun(SigInfo& info);
  Addr build_stack();
  void enter_working_directory(const Thread& main);
  void end_process(ProcessExit how);

  Config config_;
  memory::AddressSpace& memory_;
  Host& host_;
  std::shared_ptr<const ElfImage> image_;
  ThreadTable threads_;
  State state_;
  Addr mmap_ceiling_, entry_, load_bias_;
  std::vector<u64> auxv_;
  std::set<std::string> said_;
  std::shared_ptr<u64> mapped_file_bytes_ = std::make_shared<u64>(0);
};

/// The six arguments of the call that a thread is making.
Args syscall_args(const Thread& t);

}  // namespace emulator::kernel
