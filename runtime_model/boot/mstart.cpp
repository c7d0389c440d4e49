#include "runtime_model/boot/mstart.hpp"

#include <fmt/format.h>

#include "runtime_model/boot/signals.hpp"
#include "runtime_model/thread/acquirep.hpp"

namespace runtime_model::boot {

Model<> mstart0(Runtime& rt) {
  const golang::G g0 = rt.getg();
  if (g0.stack().lo() == Addr())
    co_await rt.decline("a thread of C: its stack's bounds are not known");
  rt.step("mstart0/guards",
          fmt::format("Go code on g0 must stay {} bytes above the stack's low end: what is below "
                      "is for functions that do not check",
                      kStackGuard),
          [&] {
            g0.stackguard0() = g0.stack().lo().get() + kStackGuard;
            g0.stackguard1() = g0.stackguard0();
          });
  co_await rt.long_call<void>("runtime.mstart1");
  rt.step("mstart0/over",
          "a goroutine ended while it was locked to this thread: the thread ends with it");
  co_await rt.jump("runtime.mexit", false);
}

Model<> minit(Runtime& rt) {
  co_await minitSignalStack(rt);
  co_await minitSignalMask(rt);
  const u32 tid = co_await rt.call<u32>("runtime.gettid");
  rt.step("minit/procid",
          fmt::format(
              "note the kernel's number of this thread, {}: by that number signals are sent to it",
              tid),
          [&] { rt.getm().procid() = tid; });
}

Model<> mstartm0(Runtime& rt) {
  if (rt.iscgo()) co_await rt.decline("cgo: an M more for threads that C makes");
  co_await initsig(rt, false);
}

Model<> mstart1(Runtime& rt) {
  const golang::G g0 = rt.getg();
  const golang::M mp = g0.m();
  Runtime::require(mp.g0() == g0, "bad runtime·mstart");
  rt.step("mstart1/label",
          "note this place of g0's stack: mcall and systemstack will start here, and a locked "
          "thread that ends returns here",
          [&] {
            g0.sched().g() = g0;
            g0.sched().pc() = rt.caller_pc();
            g0.sched().sp() = rt.caller_sp();
          });
  co_await rt.call<void>("runtime.minit");
  const bool first = rt.m0() == mp;
  if (first) co_await rt.call<void>("runtime.mstartm0");
  const Addr start = mp.mstartfn();
  if (start != Addr()) {
    const auto* function = rt.guest().symbols.function_at(rt.load<Addr>(start));
    Runtime::require(function != nullptr, "mstartfn is no function");
    rt.step("mstart1/start",
            fmt::format("this thread was made to run {}: call it first", function->name));
    if (function->name == "runtime.sysmon" || function->name == "runtime.templateThread")
      co_await rt.jump(function->name);
    co_await rt.call<void>(function->name);
  }
  if (!first) {
    const golang::P next = mp.nextp();
    rt.step("mstart1/nextp", "whoever made this thread left a P for it in m.nextp: take that P");
    co_await thread::acquirep(rt, next);
    rt.step("mstart1/taken", "the P is this thread's now: m.nextp has done its service",
            [&] { mp.nextp() = Addr(); });
  }
  rt.step("mstart1/schedule",
          "enter the scheduler, which never returns here: look for a goroutine to run");
  co_await rt.jump("runtime.schedule");
}

}  // namespace runtime_model::boot
