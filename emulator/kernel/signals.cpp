// Sending signals and acting on them (signal(7); Linux kernel/signal.c).
#include "emulator/kernel/signals.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"
#include "emulator/kernel/kernel.hpp"
#include "emulator/kernel/signal_frame.hpp"

namespace emulator::kernel {
namespace {

using cpu::Access;
using cpu::FaultKind;
using cpu::GuestFault;

/// Error code bits of a page fault (SDM vol. 3, 4.7).
enum PageFaultBit : u64 { kPfPresent = 1, kPfWrite = 2, kPfUser = 4, kPfFetch = 16 };

u64 page_fault_error(const GuestFault& f) {
  return kPfUser | (f.present ? u64{kPfPresent} : 0) |
         (f.access == Access::write ? u64{kPfWrite} : 0) |
         (f.access == Access::fetch ? u64{kPfFetch} : 0);
}

/// The first unmasked exception that is flagged, in the order that Linux looks
/// (arch/x86/kernel/fpu/core.c, fpu__exception_code).
int simd_code(u32 mxcsr) {
  const u32 raised = mxcsr & ~(mxcsr >> 7) & 0x3f;
  if (raised & 1) return code::fpe_fltinv;
  if (raised & 4) return code::fpe_fltdiv;
  if (raised & 8) return code::fpe_fltovf;
  if (raised & 0x12) return code::fpe_fltund;
  return code::fpe_fltres;
}

struct FaultSignal {
  SigInfo info;
  u64 trap_number, error_code;
};

/// arch/x86/kernel/traps.c and mm/fault.c: which signal an exception becomes.
FaultSignal signal_of(const GuestFault& f, const cpu::Registers& regs) {
  const Addr rip(regs.rip);
  SigInfo info;
  const auto with = [&](int signal, int code, Addr address) {
    info.signal = signal, info.code = code, info.address = address;
    return info;
  };
  switch (f.kind) {
    case FaultKind::page:
      return {with(sig::segv, f.present ? code::segv_accerr : code::segv_maperr, f.address), 14,
              page_fault_error(f)};
    case FaultKind::bus:
      return {with(sig::bus, code::bus_adrerr, f.address), 14, page_fault_error(f)};
    case FaultKind::general_protection:
      return {with(sig::segv, code::kernel, Addr()), 13, 0};
    case FaultKind::stack:
      return {with(sig::bus, code::kernel, Addr()), 12, 0};
    case FaultKind::divide:
      return {with(sig::fpe, code::fpe_intdiv, rip), 0, 0};
    case FaultKind::invalid_opcode:
      return {with(sig::ill, code::ill_illopn, rip), 6, 0};
    case FaultKind::breakpoint:
      return {with(sig::trap, code::kernel, Addr()), 3, 0};
    case FaultKind::simd:
      return {with(sig::fpe, simd_code(regs.mxcsr), rip), 19, 0};
  }
  RT0_CHECK(false, "a fault without a signal");
}

}  // namespace

DefaultAction default_action(int signal) {
  switch (signal) {
    case sig::chld:
    case sig::urg:
    case sig::winch:
      return DefaultAction::ignore;
    case sig::cont:
      return DefaultAction::resume;
    case sig::stop:
    case sig::tstp:
    case sig::ttin:
    case sig::ttou:
      return DefaultAction::stop;
    default:
      return DefaultAction::terminate;
  }
}

std::string signal_name(int signal) {
  static constexpr std::array<std::string_view, 32> kNames = {
      "0",         "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
      "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
      "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
      "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
  if (signal > 0 && signal < 32) return std::string(kNames[static_cast<std::size_t>(signal)]);
  if (signal >= sig::rtmin && signal <= sig::max)
    return fmt::format("SIGRT_{}", signal - sig::rtmin);
  return fmt::format("{}", signal);
}

bool Signals::ignored(int signal) const {
  const SigAction& a = action(signal);
  if (a.handler == kHandlerIgnore) return true;
  const DefaultAction d = default_action(signal);
  return a.handler == kHandlerDefault && (d == DefaultAction::ignore || d == DefaultAction::resume);
}

SigSet set_of(const std::deque<SigInfo>& queue) {
  SigSet set = 0;
  for (const SigInfo& info : queue) set |= sig_bit(info.signal);
  return set;
}

bool queue_signal(std::deque<SigInfo>& queue, const SigInfo& info) {
  if (info.signal < sig::rtmin && (set_of(queue) & sig_bit(info.signal)) != 0) return false;
  queue.push_back(info);
  return true;
}

std::optional<SigInfo> take_first(std::deque<SigInfo>& queue, SigSet wanted) {
  SigSet ready = set_of(queue) & wanted;
  if (ready == 0) return std::nullopt;
  if ((ready & kSynchronous) != 0) ready &= kSynchronous;
  const int first = std::countr_zero(ready) + 1;
  const auto it = std::ranges::find(queue, first, &SigInfo::signal);
  const SigInfo info = *it;
  queue.erase(it);
  return info;
}

void forget_signals(std::deque<SigInfo>& queue, SigSet which) {
  std::erase_if(queue,
                [which](const SigInfo& info) { return (sig_bit(info.signal) & which) != 0; });
}

// -- sending --

/// A live thread that does not block it; in rt_sigtimedwait, the signals waited for are not
/// blocked.
bool Kernel::takes(const Thread& t, int signal) const {
  if (t.state == ThreadState::dead) return false;
  const bool waits = t.state == ThreadState::waiting && t.wait.kind == Wait::Kind::signal;
  return ((waits ? t.mask & ~t.wait.set : t.mask) & sig_bit(signal)) == 0;
}

bool Kernel::post_signal(Thread* to, const SigInfo& info) {
  if (exit) return false;
  // An ignored signal is dropped when it is sent, unless it is blocked: its disposition may have
  // changed by the time that it is unblocked. For the process the first thread's mask counts.
  const Thread* target = to;
  for (std::size_t i = 0; target == nullptr && i < threads().size(); ++i)
    if (threads()[i]->state != ThreadState::dead) target = threads()[i].get();
  if (target == nullptr) return false;
  if (state_.signals.ignored(info.signal) && takes(*target, info.signal)) return false;
  if (to == nullptr) return queue_signal(state_.signals.pending, info);
  threads_.signalled(*to);
  return queue_signal(to->pending, info);
}

void Kernel::force_signal(Thread& t, const SigInfo& info) {
  SigAction& action = state_.signals.action(info.signal);
  if ((t.mask & sig_bit(info.signal)) != 0 || action.handler == kHandlerIgnore) {
    action.handler = kHandlerDefault;
    t.mask &= ~sig_bit(info.signal);
  }
  queue_signal(t.pending, info);
}

void Kernel::fault(Thread& t, const GuestFault& fault) {
  const FaultSignal s = signal_of(fault, t.regs);
  t.trap_number = s.trap_number;
  t.error_code = s.error_code;
  if (fault.kind == FaultKind::page || fault.kind == FaultKind::bus)
    t.fault_address = fault.address.value;
  force_signal(t, s.info);
}

void Kernel::set_temporary_mask(Thread& t, SigSet mask) {
  if (t.saved_mask) return;  // the call is being made again
  t.saved_mask = t.mask;
  t.mask = mask & ~kUnblockable;
}

// -- delivering --

/// Who takes a signal that is pending for the whole process: the thread that it was meant for, else
/// the first that does not block it (kernel/signal.c, complete_signal).
Thread* Kernel::taker_of(const SigInfo& info) const {
  Thread* const meant = find_thread(info.first_choice);
  if (meant != nullptr && takes(*meant, info.signal)) return meant;
  for (const auto& t : threads())
    if (takes(*t, info.signal)) return t.get();
  return nullptr;
}

SigSet Kernel::process_signals_for(const Thread& t) const {
  SigSet mine = 0;
  for (const SigInfo& info : state_.signals.pending)
    if (taker_of(info) == &t) mine |= sig_bit(info.signal);
  return mine;
}

std::optional<int> Kernel::first_deliverable(const Thread& t) const {
  for (const SigSet set : {set_of(t.pending), process_signals_for(t)}) {
    SigSet ready = set & ~t.mask;
    for (int s = 1; s <= sig::max; ++s)
      if ((ready & sig_bit(s)) != 0 && state_.signals.ignored(s)) ready &= ~sig_bit(s);
    if ((ready & kSynchronous) != 0) ready &= kSynchronous;
    if (ready != 0) return std::countr_zero(ready) + 1;
  }
  return std::nullopt;
}

bool Kernel::has_deliverable_signal(const Thread& t) const {
  if (t.pending.empty() && state_.signals.pending.empty()) return false;
  return t.state != ThreadState::dead && first_deliverable(t).has_value();
}

std::optional<SigInfo> Kernel::take_signal(Thread& t, SigSet set) {
  auto info = take_first(t.pending, set);
  if (!info) info = take_first(state_.signals.pending, set);
  if (info) collect_overrun(*info);
  return info;
}

void Kernel::deliver_signals(Thread& t) {
  if (t.state != ThreadState::runnable || exit) return;
  if (t.pending.empty() && state_.signals.pending.empty()) return;
  while (!exit) {
    auto info = take_first(t.pending, ~t.mask);
    if (!info) info = take_first(state_.signals.pending, process_signals_for(t) & ~t.mask);
    if (!info) break;
    deliver(t, *info);
  }
  // No handler took the mask of an interrupted rt_sigsuspend along in its frame.
  if (t.saved_mask) t.mask = *std::exchange(t.saved_mask, std::nullopt);
}

void Kernel::deliver(Thread& t, const SigInfo& info) {
  SigInfo sent = info;
  collect_overrun(sent);
  SigAction& action = state_.signals.action(sent.signal);
  if (state_.signals.ignored(sent.signal)) return;
  if (action.handler == kHandlerDefault) return apply_default(sent);
  const SigAction chosen = action;
  if ((chosen.flags & kSaResetHand) != 0) action.handler = kHandlerDefault;
  if (!push_signal_frame(config_.profile, memory_, t, sent, chosen))
    return force_segv(t, sent.signal);
  if (on.signal) on.signal(t, sent, chosen.handler);
  t.mask |= chosen.mask & ~kUnblockable;
  if ((chosen.flags & kSaNoDefer) == 0) t.mask |= sig_bit(sent.signal) & ~kUnblockable;
}

void Kernel::apply_default(const SigInfo& info) {
  switch (default_action(info.signal)) {
    case DefaultAction::ignore:
    case DefaultAction::resume:
      return;
    case DefaultAction::stop:
      return notice_once(
          fmt::format("{} would stop the process: nothing could continue it, so it is ignored",
                      signal_name(info.signal)));
    case DefaultAction::terminate:
      return end_process({0, info.signal});
  }
}

/// No frame could be pushed: SIGSEGV; and no second try when that was SIGSEGV's own
/// (force_sigsegv).
void Kernel::force_segv(Thread& t, int failed) {
  if (failed == sig::segv) state_.signals.action(sig::segv).handler = kHandlerDefault;
  SigInfo info;
  info.signal = sig::segv, info.code = code::kernel;
  force_signal(t, info);
}

}  // namespace emulator::kernel
