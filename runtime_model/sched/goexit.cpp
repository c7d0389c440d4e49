#include "runtime_model/sched/goexit.hpp"

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/sched/execute.hpp"
#include "runtime_model/sched/gfree.hpp"
#include "runtime_model/sched/newproc.hpp"

namespace runtime_model::sched {

using golang::G;

namespace {

/// What it waited for, panicked with, deferred, was labelled.
void forget_everything(Runtime& rt, const G& gp) {
  rt.step("goexit0/clear",
          "forget what the goroutine held, from locks to defers and labels; stack, number and "
          "start pc stay with the g",
          [&] {
            gp.m() = Addr();
            gp.lockedm() = Addr();
            rt.getm().lockedg() = Addr();
            gp.preemptStop() = false;
            gp.paniconfault() = false;
            gp._defer() = Addr();
            gp._panic() = Addr();
            gp.writebuf().data() = Addr();
            gp.writebuf().len() = 0;
            gp.writebuf().cap() = 0;
            gp.waitreason() = 0;
            gp.param() = Addr();
            gp.labels() = Addr();
            gp.timer() = Addr();
            if (bubble_of(gp).exists()) bubble_of(gp) = Addr();
            if (gp.fipsOnlyBypass().exists()) gp.fipsOnlyBypass() = false;
            if (gp.secret().exists()) gp.secret() = 0;
          });
}

}  // namespace

Model<> goexit1(Runtime& rt) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  const Addr goexit0 =
      model::constant_argument(rt, "runtime.goexit1", "runtime.mcall", emulator::cpu::rax);
  rt.step("goexit1/mcall",
          "the goroutine is over: go on on g0's stack, since its own stack will be free");
  co_await rt.jump("runtime.mcall", goexit0);
}

Part<> gdestroy(Runtime& rt, G gp) {
  const golang::M mp = rt.getm();
  const golang::P pp = mp.p();
  co_await casgstatus(rt, gp, kGrunning, kGdead);
  if (rt.go() >= 18)
    rt.step("goexit0/scannable",
            "the garbage collector's pacer no longer counts its stack among what is to be scanned",
            [&] {
              add_scannable_stack(rt, pp,
                                  -static_cast<i64>(gp.stack().hi().get() - gp.stack().lo().get()));
            });
  const bool system = co_await rt.call<bool>("runtime.isSystemGoroutine", gp, false);
  if (system)
    rt.step("goexit0/system", "a goroutine of the runtime itself has ended: count one fewer",
            [&] { rt.sched().ngsys() -= 1; });
  const bool locked = gp.lockedm().get() != Addr();
  forget_everything(rt, gp);
  rt.step("goexit0/dropg", "the M and the dead goroutine let go of each other", [&] { dropg(rt); });
  Runtime::require(mp.lockedInt() == 0 || (rt.go() >= 23 && !locked),
                   "internal lockOSThread error");
  co_await gfput(rt, pp, gp);
  // A goroutine that locked its thread takes it along: back to mstart, where the thread ends.
  if (locked) co_await rt.jump("runtime.gogo", mp.g0()->sched());
}

Model<> gdestroy_alone(Runtime& rt, G gp) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_await gdestroy(rt, gp);
}

Model<> goexit0(Runtime& rt, G gp) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_await gdestroy(rt, gp);
  co_await rt.jump("runtime.schedule");
}

}  // namespace runtime_model::sched
