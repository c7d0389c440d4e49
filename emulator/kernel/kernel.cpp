// The system call path, the virtual clock and checkpoints.
#include "emulator/kernel/kernel.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"
#include "emulator/base/random.hpp"
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/limits.hpp"

namespace emulator::kernel {
namespace {

constexpr u64 kSyscallLength = 2;  // 0f 05

/// Calls that fail with EINTR after a handler whatever SA_RESTART says (signal(7), "Interruption of
/// system calls and library functions by signal handlers").
bool never_restarts(u64 number) {
  switch (number) {
    case 7:    // poll
    case 23:   // select
    case 34:   // pause
    case 35:   // nanosleep
    case 128:  // rt_sigtimedwait
    case 130:  // rt_sigsuspend
    case 230:  // clock_nanosleep
    case 232:  // epoll_wait
    case 270:  // pselect6
    case 271:  // ppoll
    case 281:  // epoll_pwait
    case 441:  // epoll_pwait2
      return true;
    default:
      return false;
  }
}

/// setrlimit(2) numbers and what a fresh login shell has, except that nothing limits CPU time or
/// memory but --memory.
std::array<Rlimit, 16> initial_limits(u64 max_open_files, u64 max_threads) {
  constexpr u64 kUnlimited = ~u64{0};
  std::array<Rlimit, 16> limits;
  limits.fill({kUnlimited, kUnlimited});
  limits[3] = {8 << 20, kUnlimited};                                     // RLIMIT_STACK
  limits[4] = {0, kUnlimited};                                           // RLIMIT_CORE
  limits[6] = {max_threads, max_threads};                                // RLIMIT_NPROC
  limits[7] = {max_open_files, std::max<u64>(max_open_files, 1 << 20)};  // RLIMIT_NOFILE
  limits[8] = {8 << 20, 8 << 20};                                        // RLIMIT_MEMLOCK
  limits[11] = {max_threads, max_threads};                               // RLIMIT_SIGPENDING
  limits[12] = {819200, 819200};                                         // RLIMIT_MSGQUEUE
  limits[13] = {0, 0};                                                   // RLIMIT_NICE
  limits[14] = {0, 0};                                                   // RLIMIT_RTPRIO
  return limits;
}

}  // namespace

Kernel::Kernel(Config config, memory::AddressSpace& memory, Host& host)
    : config_(std::move(config)), memory_(memory), host_(host) {
  state_.files = Files(config_);
  state_.random = config_.seed;
  state_.limits = initial_limits(config_.max_open_files, config_.max_threads);
}

// -- system calls --

Args syscall_args(const Thread& t) {
  using enum cpu::Gpr;
  const cpu::Registers& r = t.regs;
  return {{r[rdi], r[rsi], r[rdx], r[r10], r[r8], r[r9]}};
}

void Kernel::syscall(Thread& t) {
  t.syscall_number = t.regs[cpu::rax];
  t.syscall_rip = t.regs.rip - kSyscallLength;
  t.wait = {};
  const SyscallRow* row = find_syscall(t.syscall_number);
  const Args args = syscall_args(t);
  if (row == nullptr) {
    notice_once(fmt::format("system call {}{} is not modelled: answers ENOSYS",
                            static_cast<i64>(t.syscall_number), unmodelled_name(t.syscall_number)));
    return finish(t, row, t.syscall_number, args, Errno::enosys);
  }
  settle(t, row, args, row->run(*this, t, args));
}

void Kernel::resume(Thread& t) {
  RT0_CHECK(t.in_syscall && t.state == ThreadState::waiting,
            "resume of a thread that does not wait");
  const SyscallRow* row = find_syscall(t.syscall_number);
  const Args args = syscall_args(t);
  threads_.unblock(t);
  t.wait.interrupted = has_deliverable_signal(t);
  settle(t, row, args, row->run(*this, t, args));
}

void Kernel::settle(Thread& t, const SyscallRow* row, const Args& args, const SysResult& result) {
  if (result.kind != SysResult::Kind::blocked)
    return finish(t, row, t.syscall_number, args, result);
  if (t.wait.interrupted) interrupt(t, row, args);
}

void Kernel::finish(Thread& t, const SyscallRow* row, u64 number, const Args& args,
                    const SysResult& result) {
  const bool interrupted =
      t.wait.interrupted && result.kind == SysResult::Kind::error && result.error == Errno::eintr;
  if (result.kind != SysResult::Kind::none) t.regs[cpu::rax] = result.rax();
  t.in_syscall = false;
  t.wait = {};
  if (t.saved_mask && !interrupted) t.mask = *std::exchange(t.saved_mask, std::nullopt);
  if (on.syscall) on.syscall(t, row, number, args, result);
}

/// A wait that a signal ended. The first signal to be delivered decides (arch/x86/kernel/signal.c,
/// handle_signal).
void Kernel::interrupt(Thread& t, const SyscallRow* row, const Args& args) {
  threads_.unblock(t);
  const bool may_restart = !never_restarts(t.syscall_number) && !t.wait.deadline;
  const auto first = first_deliverable(t);
  if (may_restart && first && (state_.signals.action(*first).flags & kSaRestart) != 0) {
    t.in_syscall = false;
    t.wait = {};
    t.regs.rip = t.syscall_rip;
    t.regs[cpu::rax] = t.syscall_number;
    return;
  }
  finish(t, row, t.syscall_number, args, Errno::eintr);
}

SysResult Kernel::wait(Thread& t, Wait wait) {
  if (wait.order == 0) wait.order = next_wait_order();
  wait.seen_events = state_.events;
  wait.woken = wait.timed_out = false;
  wait.interrupted = t.wait.interrupted;
  threads_.block(t, wait);
  t.in_syscall = true;
  return SysResult::blocked();
}

bool Kernel::can_resume(const Thread& t) const {
  if (t.state != ThreadState::waiting) return false;
  const Wait& w = t.wait;
  if (w.woken || w.timed_out) return true;
  if (w.kind == Wait::Kind::event && w.seen_events != state_.events) return true;
  if (w.kind == Wait::Kind::signal &&
      ((set_of(t.pending) | set_of(state_.signals.pending)) & w.set) != 0)
    return true;
  return has_deliverable_signal(t);
}

Thread* Kernel::next_able(Tid after) {
  const auto able = [this](const Thread& t) {
    return t.state == ThreadState::runnable || can_resume(t);
  };
  Thread* first = threads_.next_candidate(after);
  while (first != nullptr && !able(*first)) {
    threads_.not_yet(*first);
    first = threads_.next_candidate(first->tid);
  }
  if (state_.signals.pending.empty()) return first;
  // A signal for the process makes a candidate of its taker, and of all that wait for signals.
  const auto consider = [&](Thread* t) {
    const bool sooner = t != nullptr && t->tid > after && (first == nullptr || t->tid < first->tid);
    if (sooner && able(*t)) first = t;
  };
  for (const SigInfo& info : state_.signals.pending) consider(taker_of(info));
  for (const Tid tid : threads_.signal_waiters()) consider(find_thread(tid));
  return first;
}

// -- time --

void Kernel::ran(Thread& t, u64 instructions) {
  t.instructions.retired_ += instructions;
  state_.cpu_time = state_.cpu_time + Nanos(static_cast<i64>(instructions));
}

void Kernel::set_time(Nanos now, const Thread* running) {
  state_.now = std::max(state_.now, now);
  threads_.expire(state_.now);
  // Oldest first: the order in which signals are posted is the order in which they were due.
  std::vector<Timer*> due;
  state_.timers.for_each([&](Timer& timer) {
    if (!timer.due) return;
    const auto clock = timer_clock(*this, timer);
    if (clock && *timer.due <= *clock) due.push_back(&timer);
  });
  std::stable_sort(due.begin(), due.end(),
                   [](const Timer* a, const Timer* b) { return *a->due < *b->due; });
  for (Timer* timer : due)
    expire_timer(*timer, *timer_clock(*this, *timer), timer->clock.is_cpu() ? running : nullptr);
}

std::optional<Nanos> Kernel::next_deadline() {
  std::optional<Nanos> next = threads_.next_deadline();
  const auto consider = [&next](Nanos at) { next = next ? std::min(*next, at) : at; };
  std::optional<bool> known;
  const auto somebody_runs = [&] {
    if (!known) known = next_able(0) != nullptr;
    return *known;
  };
  state_.timers.for_each([&](const Timer& timer) {
    if (!timer.due) return;
    if (!timer.clock.is_cpu()) return consider(*timer.due);
    const auto clock = timer_clock(*this, timer);
    if (clock && somebody_runs())
      consider(after(state_.now, std::max(Nanos(), *timer.due - *clock)));
  });
  return next;
}

// -- the rest --

u64 Kernel::random() { return base::next_random(state_.random); }

void Kernel::notice_once(const std::string& what) {
  if (said_.size() > limits::kNotices) return;
  if (!said_.insert(what).second || !on.notice) return;
  on.notice(said_.size() <= limits::kNotices
                ? what
                : std::string("there would be more to say of this kind; it is left out"));
}

Errno Kernel::refuse(std::string_view limit, u64 most, Errno error) {
  notice_once(fmt::format("the limit \"{}\" ({}) is reached: the guest is answered {}", limit, most,
                          name(error)));
  if (++state_.refusals >= limits::kRefusals)
    throw base::LimitReached(fmt::format(
        "the guest went on for more after {} refusals; the limit this time: \"{}\" ({})",
        state_.refusals, limit, most));
  return error;
}

u64 Kernel::queued_signals() const {
  u64 sum = state_.signals.pending.size() + state_.timers.posix.size();
  for (const auto& t : threads()) sum += t->pending.size();
  return sum;
}

Kernel::Checkpoint Kernel::checkpoint() const {
  Checkpoint c{state_, {}, brk, exit};
  for (const auto& t : threads()) c.threads.push_back(*t);
  return c;
}

u64 Kernel::Checkpoint::bytes() const {
  return sizeof(Checkpoint) + threads.size() * sizeof(Thread) + state.files.bytes();
}

void Kernel::restore(const Checkpoint& c) {
  state_ = c.state;
  brk = c.brk;
  exit = c.exit;
  threads_.restore(c.threads, state_.events);
}

}  // namespace emulator::kernel
