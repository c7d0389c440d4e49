/// The simulated Linux kernel: one process, its threads, memory, files, signals and virtual clock. Plain state: a
/// checkpoint is a copy. It never looks at the host but through Host, and the machine decides which thread runs.
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
#include "emulator/kernel/elf.hpp"
#include "emulator/kernel/files.hpp"
#include "emulator/kernel/signals.hpp"
#include "emulator/kernel/syscall.hpp"
#include "emulator/kernel/thread.hpp"
#include "emulator/memory/address_space.hpp"

namespace emulator::kernel {

/// What the user may decide about the guest's world.
struct Config {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "K=V"; empty unless given
  std::string program_path = "/rt0/program";  // what /proc/self/exe and AT_EXECFN say
  std::vector<Mount> mounts;
  unsigned cores = 2;
  u64 seed = 0;         // AT_RANDOM, getrandom, /dev/urandom
  u64 max_threads = 10000;
  u64 max_open_files = 1024;
};

/// How the process ended: a status, or the signal that killed it.
struct ProcessExit {
  int status = 0;
  int signal = 0;
  int as_shell_status() const { return signal != 0 ? 128 + signal : status; }
};

/// Things worth telling the user once or recording in a trace.
struct KernelEvents {
  std::function<void(const std::string&)> notice;  // "rt0: system call 41 (socket) …": one sentence on stderr
  std::function<void(const Thread&, const SyscallRow*, u64 number, const Args&, const SysResult&)> syscall;
  std::function<void(const Thread&, const SigInfo&, u64 handler)> signal;
  std::function<void(const Thread& parent, const Thread& child)> clone;
};

class Kernel {
 public:
  Kernel(Config config, memory::AddressSpace& memory, Host& host);

  /// Maps the program, builds the initial stack and auxiliary vector (elf(5), getauxval(3)) and makes thread 1.
  /// Throws base::UserError for an image that cannot be run.
  void load(std::shared_ptr<const ElfImage> image);

  // -- called by the machine; `t.regs` is current --

  /// A SYSCALL instruction: RIP is behind it. Sets RAX, or leaves the thread waiting, dead or with a new context.
  void syscall(Thread& t);
  /// Tries a woken thread's call again.
  void resume(Thread& t);
  /// A guest fault at t.regs.rip becomes a signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP), forced as Linux forces it.
  void fault(Thread& t, const cpu::GuestFault& fault);
  /// Delivers pending, unblocked signals: pushes frames, applies default actions. Call before a thread runs.
  void deliver_signals(Thread& t);

  // -- time --

  /// Advances the virtual clock: `now` only grows. Expires waits and timers that are due.
  void set_time(Nanos now);
  Nanos now() const { return now_; }
  /// The earliest instant at which something happens by itself, if any.
  std::optional<Nanos> next_deadline() const;

  // -- what the machine schedules --

  std::vector<std::unique_ptr<Thread>>& threads() { return threads_; }
  Thread* find_thread(Tid tid);
  /// True when a waiting thread may proceed: woken, timed out, interrupted by a signal, or worth another try.
  bool can_resume(const Thread& t) const;
  bool has_deliverable_signal(const Thread& t) const;

  std::optional<ProcessExit> exit;  // set: the process is over
  KernelEvents on;

  // -- for system calls --

  memory::AddressSpace& memory() { return memory_; }
  const Config& config() const { return config_; }
  Files& files() { return files_; }
  Signals& signals() { return signals_; }
  Host& host() { return host_; }
  /// Marks the thread as waiting and returns `blocked`.
  SysResult wait(Thread& t, Wait wait);
  /// Something that a Wait::Kind::event may wait for has changed.
  void changed() { ++events_; }
  u64 events() const { return events_; }
  /// Queues a signal for a thread (or, with null, for the process: the first thread that does not block it).
  void post_signal(Thread* to, const SigInfo& info);
  Thread& clone_thread(Thread& parent, u64 flags, Addr stack, Addr tls);
  void exit_thread(Thread& t, int status);
  void exit_group(int status);
  /// A deterministic random stream from the seed.
  u64 random();
  /// Says `what` through on.notice, the first time only.
  void notice_once(const std::string& what);
  i32 pid() const { return 1; }
  u64 next_wait_order() { return ++wait_order_; }
  Addr mmap_ceiling() const { return mmap_ceiling_; }
  struct Brk { Addr start, end; } brk;
  Addr entry() const { return entry_; }
  Addr load_bias() const { return load_bias_; }
  const ElfImage& image() const { return *image_; }

 private:
  void finish(Thread& t, const SyscallRow* row, u64 number, const Args& args, const SysResult& result);

  Config config_;
  memory::AddressSpace& memory_;
  Host& host_;
  std::shared_ptr<const ElfImage> image_;
  std::vector<std::unique_ptr<Thread>> threads_;
  Files files_;
  Signals signals_;
  Nanos now_;
  Tid next_tid_ = 1;
  u64 events_ = 0, wait_order_ = 0;
  u64 random_state_ = 0;
  Addr mmap_ceiling_, entry_, load_bias_;
  std::set<std::string> said_;
};

}  // namespace emulator::kernel
