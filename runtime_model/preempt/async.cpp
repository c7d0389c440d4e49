#include "runtime_model/preempt/async.hpp"

namespace runtime_model::preempt {

using golang::G;

namespace {

// Linux arch/x86/include/uapi/asm/sigcontext.h and ucontext.h: general registers in a signal frame.
constexpr u64 kFrameRsp = 160, kFrameRip = 168;

/// The frame that the handler got: sigctxt is {info, context}.
Addr frame_of(Runtime& rt, Addr context) { return rt.load<Addr>(context + 8); }

bool wanted(const G& gp) {
  const golang::M mp = gp.m();
  return (gp.preempt() || (mp.p() && mp.p()->preempt())) &&
         (gp.atomicstatus() & ~sched::kGscan) == sched::kGrunning;
}

/// The assembly routine itself, not the wrapper that Go code would call it by.
Addr async_preempt(Runtime& rt) {
  Addr at;
  for (const auto& e : rt.guest().entries("runtime.asyncPreempt"))
    if (at == Addr() || e.abi == model::Abi::zero) at = e.address;
  return at;
}

}  // namespace

Model<> doSigPreempt(Runtime& rt, G gp, Addr context) {
  const Addr frame = frame_of(rt, context);
  if (wanted(gp)) {
    const Addr pc = rt.load<Addr>(frame + kFrameRip), sp = rt.load<Addr>(frame + kFrameRsp);
    const bool safe = co_await rt.call<bool>("runtime.isAsyncSafePoint", gp, pc, sp, u64{0});
    const Addr resume(rt.result(1));
    if (safe)
      rt.step("doSigPreempt/inject",
              "a safe place: when the handler returns, the goroutine will seem to have called "
              "asyncPreempt here",
              [&] {
                rt.store<Addr>(sp - 8, resume);
                rt.store<Addr>(frame + kFrameRsp, sp - 8);
                rt.store<Addr>(frame + kFrameRip, async_preempt(rt));
              });
    else
      rt.step("doSigPreempt/unsafe",
              "not a safe place to stop: the request stays, and the signal will be sent again");
  }
  rt.step("doSigPreempt/done", "the request was received: another signal may be sent", [&] {
    gp.m()->preemptGen() += 1;
    gp.m()->signalPending() = 0;
  });
}

Model<std::tuple<bool, Addr>> isAsyncSafePoint(Runtime& rt, G gp, Addr pc, Addr sp, Addr) {
  const std::tuple<bool, Addr> no{false, Addr()};
  const golang::M mp = gp.m();
  // Most often the thread is found in the scheduler, giving way already.
  if (!(mp.curg() == gp) || !mp.p() || !can_preempt(rt, mp)) co_return no;
  const Addr lo = gp.stack().lo();
  if (sp < lo || sp - lo < rt.asyncPreemptStack()) co_return no;
  if (rt.guest().symbols.function_at(pc) == nullptr) co_return no;
  co_await rt.decline("the tables of the function that was interrupted say whether it is safe");
  co_return no;
}

Model<> asyncPreempt2_on_g0(Runtime& rt) {
  rt.step("asyncPreempt2/mcall",
          "go on on g0: the vector registers are put aside there, and the goroutine gives way or "
          "is stopped");
  co_await rt.long_call<void>("runtime.mcall", model::Unknown{});
  const G gp = rt.getg();
  co_await rt.call<void>("runtime.xRegRestore", gp);
  rt.step("asyncPreempt2/back",
          "the goroutine's turn has come again: asyncPreempt restores every register",
          [&] { gp.asyncSafePoint() = false; });
}

Model<> asyncPreempt2(Runtime& rt) {
  const G gp = rt.getg();
  const bool stop = gp.preemptStop();
  rt.step("asyncPreempt2/here",
          "the goroutine stops amid a function, where no map tells its pointers: stack walks take "
          "every word there for one",
          [&] { gp.asyncSafePoint() = true; });
  rt.step("asyncPreempt2/mcall",
          stop ? "go on on g0: the goroutine was asked to stop"
               : "go on on g0: the goroutine gives way, as if it had called Gosched");
  co_await rt.long_call<void>("runtime.mcall", model::Unknown{});
  rt.step("asyncPreempt2/back",
          "the goroutine's turn has come again: asyncPreempt restores every register",
          [&] { gp.asyncSafePoint() = false; });
}

}  // namespace runtime_model::preempt
