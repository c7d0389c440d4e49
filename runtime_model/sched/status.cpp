#include "runtime_model/sched/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "runtime_model/model/code_facts.hpp"

namespace runtime_model::sched {
namespace {

constexpr u32 kTrackingPeriod = 8;

std::string_view name_of(u32 status) {
  switch (status) {
    case kGidle:
      return "idle";
    case kGrunnable:
      return "runnable";
    case kGrunning:
      return "running";
    case kGsyscall:
      return "in a system call";
    case kGwaiting:
      return "waiting";
    case kGdead:
      return "dead";
    case kGcopystack:
      return "having its stack copied";
    case kGpreempted:
      return "preempted";
    default:
      return "in a state of its own";
  }
}

void count(Runtime& rt, Addr counter) { rt.store<u64>(counter, rt.load<u64>(counter) + 1); }

/// timeHistogram.record from go1.20 on: what is below 512 ns is one bucket; each further one, by
/// powers of two, is cut into 4 parts.
void record_coarse(Runtime& rt, const golang::TimeHistogram& h, u64 d) {
  constexpr unsigned kParts = 4, kPartBits = 2, kLowestBits = 9;
  const unsigned bits = std::max(static_cast<unsigned>(std::bit_width(d)), kLowestBits);
  const u64 bucket = static_cast<u64>(std::bit_width(d)) < kLowestBits ? 0 : bits - kLowestBits + 1;
  const u64 at = bucket * kParts + (d >> (bits - 1 - kPartBits)) % kParts;
  count(rt, at < h.counts().count() ? h.counts()[at].address() : h.overflow().address());
}

/// timeHistogram.record: buckets by powers of two, each cut into 16 parts. Go up to 1.19:
/// runtime/histogram.go.
void record(Runtime& rt, const golang::TimeHistogram& h, i64 duration) {
  constexpr unsigned kParts = 16, kPartBits = 4;
  if (duration < 0) return count(rt, h.underflow().address());
  const u64 d = static_cast<u64>(duration);
  if (rt.go() >= 20) return record_coarse(rt, h, d);
  u64 bucket = 0, part = d;
  if (d >= kParts) {
    bucket = static_cast<u64>(std::bit_width(d)) - kPartBits;
    part = (d >> (bucket - 1)) % kParts;
    const u64 last = h.counts().count() / kParts - 1;
    if (bucket > last) bucket = last, part = kParts - 1;
  }
  count(rt, h.counts()[bucket * kParts + part].address());
}

void ran(Runtime& rt, const golang::G& gp) {
  rt.step("casgstatus/record",
          "the goroutine runs: file how long it waited for its turn in the histogram of scheduler "
          "latencies",
          [&] {
            gp.tracking() = false;
            record(rt, rt.sched().timeToRun(), gp.runnableTime());
            gp.runnableTime() = 0;
          });
}

/// Does it wait for a mutex? Go: runtime/runtime2.go, waitReason.isMutexWait.
bool waits_for_mutex(Runtime& rt, const golang::G& gp) {
  const u8 first = rt.go() >= 25 ? 22 : 21;  // waitReasonSyncMutexLock and the two of RWMutex
  return gp.waitreason() >= first && gp.waitreason() <= first + 2;
}

/// From go1.20 on waits for mutexes are sampled too.
Part<> track_waits(Runtime& rt, golang::G gp, u32 from, u32 to) {
  const bool mutex = waits_for_mutex(rt, gp);
  if (from == kGrunnable || (from == kGwaiting && mutex)) {
    const i64 now = co_await nanotime(rt);
    rt.step("casgstatus/waited",
            from == kGrunnable ? "the goroutine was runnable but did not run: add up for how long"
                               : "the goroutine waited for a mutex: add up for how long, times 8, "
                                 "since one wait of 8 is measured",
            [&] {
              const i64 time = now - gp.trackingStamp();
              if (from == kGrunnable)
                gp.runnableTime() += time;
              else
                rt.sched().totalMutexWaitTime() += time * kTrackingPeriod;
              gp.trackingStamp() = 0;
            });
  }
  if (to == kGrunnable || (to == kGwaiting && mutex)) {
    const i64 now = co_await nanotime(rt);
    rt.step("casgstatus/stamp",
            to == kGrunnable ? "note when the goroutine became runnable"
                             : "note when the goroutine began to wait for a mutex",
            [&] { gp.trackingStamp() = now; });
  }
  if (to == kGrunning) ran(rt, gp);
}

/// How long goroutines wait until they run, sampled: runtime/metrics reports it.
Part<> track(Runtime& rt, golang::G gp, u32 from, u32 to) {
  if (rt.go() >= 20) {
    co_await track_waits(rt, gp, from, to);
    co_return;
  }
  i64 now = 0;
  const bool old = rt.go() <= 17;  // read the clock once, whatever the states are
  if (old) now = co_await nanotime(rt);
  if (from == kGrunnable) {
    if (!old) now = co_await nanotime(rt);
    rt.step("casgstatus/waited", "the goroutine was runnable but did not run: add up for how long",
            [&] {
              gp.runnableTime() += now - gp.runnableStamp();
              gp.runnableStamp() = 0;
            });
  }
  if (to == kGrunnable) {
    if (!old) now = co_await nanotime(rt);
    rt.step("casgstatus/stamp", "note when the goroutine became runnable",
            [&] { gp.runnableStamp() = now; });
  } else if (to == kGrunning) {
    ran(rt, gp);
  }
}

/// A bubble counts those of its goroutines that are not blocked.
Part<> tell_bubble(Runtime& rt, golang::G gp, u32 from, u32 to) {
  rt.switch_to_g0();
  co_await rt.call<void>(rt.go() >= 25 ? "runtime.(*synctestBubble).changegstatus"
                                       : "runtime.(*synctestGroup).changegstatus",
                         bubble_of(gp).get(), gp, from, to);
  rt.switch_back();
}

/// go1.26 no longer takes a system call for a time off the CPU.
bool leaves_cpu(Runtime& rt, u32 from, u32 to) {
  if (rt.go() < 26) return from == kGrunning;
  const auto on = [](u32 status) { return status == kGrunning || status == kGsyscall; };
  return on(from) && !on(to);
}

}  // namespace

golang::Ref<Addr> bubble_of(const golang::G& gp) {
  return gp.bubble().exists() ? gp.bubble() : gp.syncGroup();
}

/// A goroutine's states make its life, but for the short ones around system calls and the moves of
/// its stack.
std::string_view step_of(u32 from, u32 to) {
  if (from == kGidle) return "casgstatus/new";
  if (from == kGsyscall || to == kGsyscall) return "casgstatus/syscall";
  if (from == kGcopystack || to == kGcopystack) return "casgstatus/copystack";
  return "casgstatus/change";
}

Model<> casgstatus(Runtime& rt, golang::G gp, u32 from, u32 to) {
  if (gp.atomicstatus() != from) {
    // Somebody scans its stack. The real code waits for that.
    co_await rt.call<void>("runtime.casgstatus", gp, from, to);
    co_return;
  }
  rt.step(step_of(from, to),
          fmt::format("the goroutine was {}, now it is {}", name_of(from), name_of(to)),
          [&] { gp.atomicstatus() = to; });
  if (bubble_of(gp).exists() && bubble_of(gp).get() != Addr())
    co_await tell_bubble(rt, gp, from, to);
  if (leaves_cpu(rt, from, to))
    rt.step("casgstatus/every-eighth",
            "every eighth time that a goroutine leaves the CPU is measured: count this one", [&] {
              if (gp.trackingSeq() % kTrackingPeriod == 0) gp.tracking() = true;
              gp.trackingSeq() += 1;
            });
  if (gp.tracking()) co_await track(rt, gp, from, to);
}

Part<> casgstatus_alone(Runtime& rt, golang::G gp, u32 from, u32 to) {
  if (gp.atomicstatus() != from) co_await rt.decline("the goroutine's stack is being scanned");
  co_await casgstatus(rt, gp, from, to);
}

bool tracing(Runtime& rt) {
  // The first thing that park_m asks: trace.enabled, but in go1.22 trace.gen. While trace.shutdown
  // is set, which lies behind it, the reader is woken for the last events.
  if (rt.go() == 22) {
    const Addr gen = model::variable_loaded(rt, "runtime.park_m");
    return gen != Addr() && (rt.load<u64>(gen) != 0 || rt.load<u8>(gen + 0x10) != 0);
  }
  const Addr flag = model::flag_tested(rt, "runtime.park_m");
  if (flag == Addr()) return false;
  return rt.load<u8>(flag) != 0 || rt.load<u8>(flag + (rt.go() >= 23 ? 0x18 : 1)) != 0;
}

std::string_view unmodelled(Runtime& rt) {
  if (rt.writeBarrier().enabled())
    return "the garbage collector marks: pointers go through the write barrier";
  return tracing(rt) ? kTracing : "";
}

}  // namespace runtime_model::sched
