#include "runtime_model/sched/status.hpp"

#include <fmt/format.h>

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

/// timeHistogram.record: buckets by powers of two, each cut into 16 parts. Go up to 1.19:
/// runtime/histogram.go.
void record(Runtime& rt, const golang::TimeHistogram& h, i64 duration) {
  constexpr unsigned kParts = 16, kPartBits = 4;
  if (duration < 0) return count(rt, h.underflow().address());
  const u64 d = static_cast<u64>(duration);
  u64 bucket = 0, part = d;
  if (d >= kParts) {
    bucket = static_cast<u64>(std::bit_width(d)) - kPartBits;
    part = (d >> (bucket - 1)) % kParts;
    const u64 last = h.counts().count() / kParts - 1;
    if (bucket > last) bucket = last, part = kParts - 1;
  }
  count(rt, h.counts()[bucket * kParts + part].address());
}

/// How long goroutines wait until they run, sampled: runtime/metrics reports it.
Model<> track(Runtime& rt, golang::G gp, u32 from, u32 to) {
  i64 now = 0;
  const bool old = rt.go() <= 17;  // read the clock once, whatever the states are
  if (old) now = co_await nanotime(rt);
  if (from == kGrunnable) {
    if (!old) now = co_await nanotime(rt);
    rt.step("casgstatus/waited", "add the time that it was runnable but did not run", [&] {
      gp.runnableTime() += now - gp.runnableStamp();
      gp.runnableStamp() = 0;
    });
  }
  if (to == kGrunnable) {
    if (!old) now = co_await nanotime(rt);
    rt.step("casgstatus/stamp", "note when it became runnable", [&] { gp.runnableStamp() = now; });
  } else if (to == kGrunning) {
    rt.step("casgstatus/record",
            "it runs: file the time that it waited in the histogram of the scheduler's latency",
            [&] {
              gp.tracking() = false;
              record(rt, rt.sched().timeToRun(), gp.runnableTime());
              gp.runnableTime() = 0;
            });
  }
}

}  // namespace

Model<> casgstatus(Runtime& rt, golang::G gp, u32 from, u32 to) {
  if (gp.atomicstatus() != from) {
    // Somebody scans its stack. The real code waits for that.
    co_await rt.call<void>("runtime.casgstatus", gp, from, to);
    co_return;
  }
  rt.step("casgstatus/change",
          fmt::format("the goroutine was {}, now it is {}", name_of(from), name_of(to)),
          [&] { gp.atomicstatus() = to; });
  if (from == kGrunning)
    rt.step("casgstatus/every-eighth", "of its times off the CPU every eighth is measured", [&] {
      if (gp.trackingSeq() % kTrackingPeriod == 0) gp.tracking() = true;
      gp.trackingSeq() += 1;
    });
  if (gp.tracking()) co_await track(rt, gp, from, to);
}

Model<> casgstatus_alone(Runtime& rt, golang::G gp, u32 from, u32 to) {
  if (gp.atomicstatus() != from) co_await rt.decline("the goroutine's stack is being scanned");
  co_await casgstatus(rt, gp, from, to);
}

bool tracing(Runtime& rt) {
  // The first thing that park_m asks.
  const Addr flag = model::flag_tested(rt, "runtime.park_m");
  if (flag == Addr()) return false;
  // Behind trace.enabled lies trace.shutdown: then the reader is woken for the last events.
  return rt.load<u8>(flag) != 0 || rt.load<u8>(flag + 1) != 0;
}

std::string_view unmodelled(Runtime& rt) {
  if (rt.writeBarrier().enabled())
    return "the garbage collector marks: pointers go through the write barrier";
  return tracing(rt) ? kTracing : "";
}

}  // namespace runtime_model::sched
