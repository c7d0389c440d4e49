#include "runtime_model/sched/newproc.hpp"

#include <fmt/format.h>

#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/sched/gfree.hpp"
#include "runtime_model/sched/random.hpp"

namespace runtime_model::sched {

using golang::G;
using golang::P;

namespace {

constexpr u32 kFirstStack = 2048;    // runtime/stack.go, _StackMin
constexpr u64 kGoidBatch = 16;       // runtime/proc.go, _GoidCacheBatch
constexpr u64 kSpareAtTop = 4 * 8;   // newproc1: room for reads slightly beyond the frame
constexpr i64 kScanSlack = 8 << 10;  // runtime/mgcpacer.go, the P's share before it is added up

/// A goroutine that does not run at once is parked, for a reason.
struct Start {
  bool parked = false;
  u8 waitreason = 0;
};

Part<> call_on_g0(Runtime& rt, golang::Funcval fn, G callergp, Addr callerpc) {
  rt.switch_to_g0();
  const G newg = co_await newproc1(rt, fn, callergp, callerpc);
  co_await runqput(rt, rt.getp(), newg, true);
  if (rt.mainStarted()) co_await rt.call<void>("runtime.wakep");
  rt.switch_back();
}

Part<G> fresh(Runtime& rt) {
  const Addr made = co_await rt.call<Addr>("runtime.malg", kFirstStack);
  const G newg = rt.g(made);
  co_await casgstatus(rt, newg, kGidle, kGdead);
  co_await allgadd(rt, newg);
  co_return newg;
}

void fill_gobuf(Runtime& rt, const G& newg) {
  const golang::Gobuf gobuf = newg.sched();
  rt.step("newproc1/gobuf",
          "fabricate a saved state: its stack pointer is just below the stack's top, its pc inside "
          "goexit",
          [&] {
            rt.clear(gobuf.address(), gobuf.bp().address().value + 8 - gobuf.address().value);
            const Addr sp(newg.stack().hi().get().value - kSpareAtTop);
            gobuf.sp() = sp;
            newg.stktopsp() = sp;
            gobuf.pc() = rt.guest().entries("runtime.goexit").front().address + 1;
            gobuf.g() = newg;
          });
}

Part<> origin(Runtime& rt, G newg, golang::Funcval fn, G callergp, Addr callerpc) {
  rt.step("newproc1/gopc", "note where the go statement is, for tracebacks", [&] {
    if (newg.parentGoid().exists()) newg.parentGoid() = static_cast<u64>(callergp.goid().get());
    newg.gopc() = callerpc;
  });
  const Addr ancestors = co_await rt.call<Addr>("runtime.saveAncestors", callergp);
  rt.step("newproc1/startpc", "note which function the goroutine runs, for tracebacks and profiles",
          [&] {
            newg.ancestors() = ancestors;
            newg.startpc() = fn.fn();
            if (newg.runningCleanups().exists()) newg.runningCleanups() = 0;
          });
}

/// What go1.24 on makes of synctest: the goroutines of a bubble share a clock of their own.
void inherit_bubble(Runtime& rt, const G& newg, const G& callergp) {
  const auto of = bubble_of(callergp);
  if (of.exists() && (of.get() != Addr() || bubble_of(newg).get() != Addr()))
    rt.step("newproc1/bubble", "the goroutine belongs to its maker's bubble of testing/synctest",
            [&] { bubble_of(newg) = of.get(); });
}

/// From go1.26 on: settings that a goroutine has from its maker, and a count.
void inherit_settings(Runtime& rt, const G& newg, const G& callergp, const P& pp) {
  if (rt.go() < 26) return;
  rt.step("newproc1/settings",
          "the goroutine has its maker's settings for cryptography; count one more goroutine made",
          [&] {
            newg.fipsOnlyBypass() = callergp.fipsOnlyBypass().get();
            newg.ditWanted() = callergp.ditWanted().get();
            pp.goroutinesCreated() += 1;
          });
}

void inherit_labels(Runtime& rt, const G& newg) {
  const G curg = rt.getm().curg();
  if (curg)
    rt.step("newproc1/labels", "the goroutine's labels for CPU profiles are those of its maker",
            [&] { newg.labels() = curg.labels(); });
}

Part<> kind(Runtime& rt, G newg, G callergp) {
  // Up to go1.17 a goroutine of the runtime had labels too.
  if (rt.go() <= 17) inherit_labels(rt, newg);
  const bool system = co_await rt.call<bool>("runtime.isSystemGoroutine", newg, false);
  if (system)
    rt.step("newproc1/system",
            "a goroutine of the runtime itself: runtime.NumGoroutine does not count it",
            [&] { rt.sched().ngsys() += 1; });
  if (system) co_return;
  inherit_bubble(rt, newg, callergp);
  if (rt.go() >= 18) inherit_labels(rt, newg);
}

void count_stack(Runtime& rt, const G& newg, const P& pp) {
  rt.step("newproc1/scannable",
          "the garbage collector's pacer counts its stack among what is to be scanned", [&] {
            add_scannable_stack(
                rt, pp, static_cast<i64>(newg.stack().hi().get() - newg.stack().lo().get()));
          });
}

void number(Runtime& rt, const G& newg, const P& pp) {
  rt.step("newproc1/goid", "the goroutine gets its number, the next of this P's batch of 16",
          [&] { newg.goid() = static_cast<i64>(next_goid(rt, pp)); });
}

/// From dead to runnable, which go1.22 and go1.24 do later: whoever sees it runnable may rely on
/// more of it. A coroutine waits for its first turn instead (go1.23).
Part<> publish(Runtime& rt, G newg, P pp, Start start) {
  if (rt.go() >= 22) count_stack(rt, newg, pp);
  if (rt.go() >= 24) number(rt, newg, pp);
  if (start.parked)
    rt.step("newproc1/parked", "a coroutine is made waiting, until somebody hands over to it",
            [&] { newg.waitreason() = start.waitreason; });
  co_await casgstatus(rt, newg, kGdead, start.parked ? kGwaiting : kGrunnable);
  if (rt.go() >= 18 && rt.go() < 22) count_stack(rt, newg, pp);
  if (rt.go() < 24) number(rt, newg, pp);
}

Part<G> make(Runtime& rt, golang::Funcval fn, G callergp, Addr callerpc, Start start) {
  Runtime::require(fn.address() != Addr(), "go of nil func value");
  rt.step("newproc1/acquirem", "no preemption: this M must keep the P that the next steps use",
          [&] { acquirem(rt); });
  const P pp = rt.getp();
  G newg = co_await gfget(rt, pp);
  if (!newg) newg = co_await fresh(rt);
  Runtime::require(newg.stack().hi() != Addr(), "newproc1: newg missing stack");
  Runtime::require(newg.atomicstatus() == kGdead, "newproc1: new g is not Gdead");
  fill_gobuf(rt, newg);
  co_await gostartcallfn(rt, newg.sched(), fn);
  co_await origin(rt, newg, fn, callergp, callerpc);
  co_await kind(rt, newg, callergp);
  rt.step("newproc1/tracking",
          "a random number decides whether the time until it first runs is measured", [&] {
            newg.trackingSeq() = static_cast<u8>(fastrand(rt));
            if (newg.trackingSeq() % 8 == 0) newg.tracking() = true;
          });
  co_await publish(rt, newg, pp, start);
  inherit_settings(rt, newg, callergp, pp);
  rt.step("newproc1/releasem", "the goroutine is made: this M may be preempted again",
          [&] { releasem(rt); });
  co_return newg;
}

}  // namespace

Model<> newproc(Runtime& rt, golang::Funcval fn) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_await call_on_g0(rt, fn, rt.getg(), rt.caller_pc());
}

Part<> newproc_1_17(Runtime& rt, emulator::i32 size, golang::Funcval fn) {
  if (size != 0) co_await rt.decline("a go statement with arguments in memory");
  co_await newproc(rt, fn);
}

Model<G> newproc1(Runtime& rt, golang::Funcval fn, G callergp, Addr callerpc) {
  co_return co_await make(rt, fn, callergp, callerpc, {});
}

Model<G> newproc1_alone(Runtime& rt, golang::Funcval fn, G callergp, Addr callerpc) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_return co_await make(rt, fn, callergp, callerpc, {});
}

Model<G> newproc1_1_23(Runtime& rt, golang::Funcval fn, G callergp, Addr callerpc, bool parked,
                       u8 waitreason) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_return co_await make(rt, fn, callergp, callerpc, {parked, waitreason});
}

Model<G> newproc1_1_17(Runtime& rt, golang::Funcval fn, Addr, emulator::i32, G callergp,
                       Addr callerpc) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_return co_await make(rt, fn, callergp, callerpc, {});
}

Part<> gostartcallfn_alone(Runtime& rt, golang::Gobuf gobuf, golang::Funcval fn) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_await gostartcallfn(rt, gobuf, fn);
}

Part<> allgadd_alone(Runtime& rt, G gp) {
  if (const auto why = unmodelled(rt); !why.empty()) co_await rt.decline(std::string(why));
  co_await allgadd(rt, gp);
}

void gostartcall(Runtime& rt, const golang::Gobuf& gobuf, const golang::Funcval& fn) {
  const Addr sp(gobuf.sp().get().value - 8);
  rt.store<Addr>(sp, gobuf.pc());
  gobuf.sp() = sp;
  gobuf.pc() = fn.fn();
  gobuf.ctxt() = fn.address();
}

Model<> gostartcallfn(Runtime& rt, golang::Gobuf gobuf, golang::Funcval fn) {
  rt.step("gostartcallfn/call",
          "push goexit's pc as the return address, and set the pc to the goroutine's function: it "
          "will return into goexit",
          [&] { gostartcall(rt, gobuf, fn); });
  co_return;
}

namespace {

/// append has no room for one more. go1.20 changed what growslice is given.
Part<Addr> bigger_array(Runtime& rt, Addr old, u64 len, u64 cap) {
  constexpr std::string_view kGrow = "runtime.growslice";
  const auto holds_type = rt.go() >= 20 ? emulator::cpu::rsi : emulator::cpu::rax;
  const Addr type = model::constant_argument(rt, "runtime.allgadd", kGrow, holds_type);
  Addr made;
  if (rt.go() >= 20)
    made = co_await rt.call<Addr>(kGrow, old, len + 1, cap, u64{1}, type);
  else
    made = co_await rt.call<Addr>(kGrow, type, old, len, cap, len + 1);
  co_return made;
}

}  // namespace

Model<> allgadd(Runtime& rt, G gp) {
  Runtime::require(gp.atomicstatus() != kGidle, "allgadd: bad status Gidle");
  const Addr lock = rt.allglock().address();
  co_await rt.lock(lock);
  const auto allgs = rt.allgs();
  const u64 len = allgs.len(), cap = allgs.cap();
  if (len + 1 > cap) {
    const Addr bigger = co_await bigger_array(rt, allgs.data(), len, cap);
    const u64 room = rt.result(2);
    rt.step(
        "allgadd/grow",
        fmt::format("allgs, the slice of all goroutines, is full: a bigger array has room for {}",
                    room),
        [&] {
          allgs.cap() = room;
          allgs.data() = bigger;
        });
  }
  rt.step("allgadd/append",
          "append the new g to allgs: there the collector and tracebacks find every goroutine",
          [&] {
            allgs.len() = len + 1;
            allgs[len] = gp;
            if (allgs.data() != rt.allgptr()) rt.allgptr() = allgs.data();
            rt.allglen() = len + 1;
          });
  co_await rt.unlock(lock);
}

u64 next_goid(Runtime& rt, const P& pp) {
  if (pp.goidcache() == pp.goidcacheend()) {
    rt.sched().goidgen() += kGoidBatch;
    pp.goidcache() = rt.sched().goidgen() - (kGoidBatch - 1);
    pp.goidcacheend() = pp.goidcache() + kGoidBatch;
  }
  const u64 id = pp.goidcache();
  pp.goidcache() += 1;
  return id;
}

void add_scannable_stack(Runtime& rt, const P& pp, i64 bytes) {
  // go1.19 gave the P's part another name.
  const auto part =
      pp.maxStackScanDelta().exists() ? pp.maxStackScanDelta() : pp.scannableStackSizeDelta();
  const auto total = rt.gcController().maxStackScan().exists()
                         ? rt.gcController().maxStackScan()
                         : rt.gcController().scannableStackSize();
  part += bytes;
  if (part < kScanSlack && part > -kScanSlack) return;
  total += static_cast<u64>(part.get());
  part = 0;
}

}  // namespace runtime_model::sched
