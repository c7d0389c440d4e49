// A bench with a goroutine that runs on m0, and m0 on its g0, as in newstack and gopreempt_m.
#pragma once

#include "runtime_model/preempt/words.hpp"
#include "tests/runtime_model/stack/stack_bench.hpp"

namespace tests {

class PreemptBench : public StackBench {
 public:
  explicit PreemptBench(int minor = 19) : StackBench(minor) {
    define("runtime.park_m");  // it says that nothing is traced
    p0().status() = runtime_model::preempt::kPrunning;
    gp.m() = m0();
    gp.atomicstatus() = runtime_model::sched::kGrunning;
    m0().curg() = gp;
    m0().morebuf().g() = gp;
    views().maxstacksize() = 1 << 30;
    views().maxstackceiling() = u64{2} << 30;
    native("runtime.nanotime1", [](const std::vector<u64>&) { return std::vector<u64>{1000}; });
    native("runtime.findfunc", [](const std::vector<u64>&) { return std::vector<u64>{}; });
    native("runtime.gentraceback", [](const std::vector<u64>&) { return std::vector<u64>{}; });
  }
  /// The goroutine's stack is from the pool, and so much of it is in use.
  void give_stack(u64 size, u64 used) {
    const auto s = *run(runtime_model::stack::stackalloc, size).result;
    gp.stack().lo() = s.lo, gp.stack().hi() = s.hi;
    gp.stackguard0() = s.lo + 928;
    gp.sched().sp() = s.hi - used;
  }

  const runtime_model::golang::G gp = make_g(0);
};

}  // namespace tests
