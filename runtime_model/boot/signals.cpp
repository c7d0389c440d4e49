#include "runtime_model/boot/signals.hpp"

#include <fmt/format.h>

namespace runtime_model::boot {
namespace {

constexpr u32 kSignals = 65;
constexpr u32 kSigpreempt = 23;  // SIGURG

// What a sigtable entry may say. Go: runtime/runtime2.go.
enum : u32 { notify = 1, kill = 2, fail = 4, panic = 8, leave = 16, set_stack = 64, unblock = 128 };

/// The flags of a signal: what Go's sigtable says, for this file's questions.
/// Go: runtime/sigtab_linux_generic.go.
constexpr u32 flags_of(u32 signal) {
  switch (signal) {
    case 0:
    case 9:   // SIGKILL
    case 19:  // SIGSTOP
      return 0;
    case 1:   // SIGHUP
    case 2:   // SIGINT
    case 15:  // SIGTERM
      return notify | kill;
    case 3:  // SIGQUIT
    case 6:  // SIGABRT
      return notify | fail;
    case 4:   // SIGILL
    case 5:   // SIGTRAP
    case 16:  // SIGSTKFLT
      return fail | unblock;
    case 7:   // SIGBUS
    case 8:   // SIGFPE
    case 11:  // SIGSEGV
      return panic | unblock;
    case 17:  // SIGCHLD
    case 27:  // SIGPROF
      return notify | unblock;
    case 18:  // SIGCONT
    case 20:  // SIGTSTP
    case 21:  // SIGTTIN
    case 22:  // SIGTTOU
      return notify | leave;
    case 31:  // SIGSYS
      return fail;
    case 32:  // the C library's own
    case 33:
    case 34:
      return set_stack | unblock;
    default:
      return notify;
  }
}

bool in_library(Runtime& rt) { return rt.isarchive() || rt.islibrary(); }

/// Does Go put its own handler in the place of `inherited`?
bool installs_handler(Runtime& rt, u32 signal) {
  // Since go1.18 signal 33 carries system calls to every thread, when no C library needs it.
  constexpr u32 kPerThreadSyscall = 33;
  if (rt.go() >= 18 && signal == kPerThreadSyscall && !rt.iscgo()) return true;
  return (flags_of(signal) & set_stack) == 0;
}

bool may_be_blocked(Runtime& rt, u32 signal) {
  const u32 flags = flags_of(signal);
  if ((flags & unblock) != 0) return false;
  if (signal == kSigpreempt && rt.debug().asyncpreemptoff() == 0) return false;
  return in_library(rt) || (flags & (kill | fail)) == 0;
}

std::string why(u32 signal) {
  if (signal == kSigpreempt)
    return "signal 23, SIGURG, gets the runtime's handler: it preempts a running goroutine";
  if ((flags_of(signal) & panic) != 0)
    return fmt::format(
        "signal {} gets the runtime's handler: it becomes a panic, if Go code caused it", signal);
  return fmt::format("signal {} gets the runtime's handler", signal);
}

Part<> install(Runtime& rt, u32 signal) {
  const model::Local& action = rt.local(32);  // struct sigaction of the kernel: the handler first
  co_await rt.call<void>("runtime.sigaction", signal, Addr(), action);
  const Addr inherited = rt.load<Addr>(action.address);
  rt.step("initsig/inherited",
          inherited == Addr() ? fmt::format("signal {} has no handler yet", signal)
          : inherited == Addr(1)
              ? fmt::format("signal {} is ignored so far: remember that", signal)
              : fmt::format("signal {} has a handler already: remember it", signal),
          [&] { rt.fwdSig(signal) = inherited; });
  if (!installs_handler(rt, signal)) {
    Runtime::require(inherited == Addr(), "a signal of the C library has a handler");
    rt.step("initsig/left",
            fmt::format("signal {} is left to the C library, if there is one", signal));
    co_return;
  }
  Runtime::require(inherited != Addr(1) || signal > 2, "SIGHUP or SIGINT is ignored from before");
  rt.step((flags_of(signal) & panic) != 0 || signal == kSigpreempt ? "initsig/special"
                                                                   : "initsig/handler",
          why(signal), [&] { rt.handlingSig(signal) = 1; });
  co_await rt.call<void>("runtime.setsig", signal, rt.function("runtime.sighandler"));
}

}  // namespace

Model<> initsig(Runtime& rt, bool preinit) {
  if (!preinit)
    rt.step("initsig/ok", "from here on signal handlers may run: they are installed next",
            [&] { rt.signalsOK() = true; });
  if (in_library(rt) && !preinit) co_return;
  u32 installed = 0;
  for (u32 signal = 0; signal < kSignals; ++signal) {
    const u32 flags = flags_of(signal);
    if (flags == 0 || (flags & leave) != 0) continue;
    co_await install(rt, signal);
    installed += rt.handlingSig(signal);
  }
  rt.step("initsig/all",
          fmt::format("{} signals are handled now; those that cannot be, SIGKILL and SIGSTOP, and "
                      "those of job control are left alone",
                      installed));
}

Part<> minitSignalStack(Runtime& rt) {
  const golang::M mp = rt.getm();
  const model::Local& old = rt.local(24);
  co_await rt.call<void>("runtime.sigaltstack", Addr(), old);
  constexpr u32 kDisabled = 2;  // SS_DISABLE, sigaltstack(2)
  const bool none = (rt.load<u32>(old.address + 8) & kDisabled) != 0;
  Runtime::require(none || !rt.iscgo(), "a C thread brought its own signal stack");
  const golang::Stack stack = mp.gsignal()->stack();
  const model::Local& made = rt.local(24);
  rt.step("minit/signal-stack",
          "signal handlers are to run on gsignal's stack, since a goroutine's may be too small",
          [&] {
            rt.store<Addr>(made.address, stack.lo());
            rt.store<u64>(made.address + 8, 0);
            rt.store<u64>(made.address + 16, stack.hi().get() - stack.lo().get());
          });
  co_await rt.call<void>("runtime.sigaltstack", made, Addr());
  rt.step("minit/own-stack",
          "the signal stack is Go's own, not one of C's: it is taken away when the thread ends",
          [&] { mp.newSigstack() = true; });
}

Part<> minitSignalMask(Runtime& rt) {
  const golang::M mp = rt.getm();
  const model::Local& mask = rt.local(8);
  rt.step("minit/mask",
          "unblock the signals that must get through: faults, those that end the program, and "
          "SIGURG, which preempts",
          [&] {
            u64 bits = u64{mp.sigmask(1)} << 32 | mp.sigmask(0);
            for (u32 signal = 1; signal < kSignals; ++signal)
              if (!may_be_blocked(rt, signal)) bits &= ~(u64{1} << (signal - 1));
            rt.store<u64>(mask.address, bits);
          });
  constexpr i32 kSetmask = 2;  // SIG_SETMASK, sigprocmask(2)
  co_await rt.call<void>("runtime.rtsigprocmask", kSetmask, mask, Addr(), i32{8});
}

}  // namespace runtime_model::boot
