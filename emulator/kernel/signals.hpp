/// Signal numbers and codes, and what the process has decided about each signal (signal(7),
/// sigaction(2)).
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <string_view>

#include "emulator/base/types.hpp"
#include "emulator/kernel/thread.hpp"

namespace emulator::kernel {

namespace sig {
inline constexpr int hup = 1, int_ = 2, quit = 3, ill = 4, trap = 5, abrt = 6, bus = 7, fpe = 8,
                     kill = 9, usr1 = 10, segv = 11, usr2 = 12, pipe = 13, alrm = 14, term = 15,
                     stkflt = 16, chld = 17, cont = 18, stop = 19, tstp = 20, ttin = 21, ttou = 22,
                     urg = 23, xcpu = 24, xfsz = 25, vtalrm = 26, prof = 27, winch = 28, io = 29,
                     pwr = 30, sys = 31, rtmin = 32, max = 64;
}  // namespace sig

/// si_code (sigaction(2)).
namespace code {
inline constexpr int user = 0, kernel = 0x80, queue = -1, timer = -2, tkill = -6;
inline constexpr int ill_illopn = 2, fpe_intdiv = 1, fpe_fltdiv = 3, fpe_fltovf = 4, fpe_fltund = 5,
                     fpe_fltres = 6, fpe_fltinv = 7, segv_maperr = 1, segv_accerr = 2,
                     bus_adrerr = 2;
}  // namespace code

inline constexpr SigSet kUnblockable = sig_bit(sig::kill) | sig_bit(sig::stop);
/// Raised by an instruction; they go before all others (kernel/signal.c, SYNCHRONOUS_MASK).
inline constexpr SigSet kSynchronous = sig_bit(sig::segv) | sig_bit(sig::bus) | sig_bit(sig::ill) |
                                       sig_bit(sig::trap) | sig_bit(sig::fpe) | sig_bit(sig::sys);

inline constexpr u64 kHandlerDefault = 0, kHandlerIgnore = 1;

/// sa_flags
enum SaFlag : u64 {
  kSaSiginfo = 0x4,
  kSaOnStack = 0x0800'0000,
  kSaRestart = 0x1000'0000,
  kSaNoDefer = 0x4000'0000,
  kSaResetHand = 0x8000'0000,
  kSaRestorer = 0x0400'0000,
};

struct SigAction {
  u64 handler = kHandlerDefault;
  u64 flags = 0;
  u64 restorer = 0;
  SigSet mask = 0;
};

enum class DefaultAction : u8 { terminate, ignore, stop, resume };
DefaultAction default_action(int signal);
/// "SIGSEGV", "SIGRT_5"
std::string signal_name(int signal);

/// Dispositions of the process, and the signals sent to it as a whole.
class Signals {
 public:
  SigAction& action(int signal) { return actions_[static_cast<std::size_t>(signal)]; }
  const SigAction& action(int signal) const { return actions_[static_cast<std::size_t>(signal)]; }
  /// Nothing happens when it is delivered: SIG_IGN, or SIG_DFL of a signal whose default is that.
  bool ignored(int signal) const;

  std::deque<SigInfo> pending;

 private:
  std::array<SigAction, sig::max + 1> actions_{};
};

/// Appends, unless it is a standard signal that is already there (signal(7): those are not queued).
/// Returns false when it was merged with one.
bool queue_signal(std::deque<SigInfo>& queue, const SigInfo& info);
SigSet set_of(const std::deque<SigInfo>& queue);
/// Takes the signal of `wanted` that goes first: synchronous ones, then the lowest number, then the
/// oldest.
std::optional<SigInfo> take_first(std::deque<SigInfo>& queue, SigSet wanted);
void forget_signals(std::deque<SigInfo>& queue, SigSet which);

}  // namespace emulator::kernel
