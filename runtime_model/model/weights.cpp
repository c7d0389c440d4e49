#include "runtime_model/model/weights.hpp"

#include "emulator/base/glob.hpp"

namespace runtime_model::model {
namespace {

constexpr Weight detail = Weight::detail, once = Weight::once, always = Weight::always;

// clang-format off
constexpr WeightRule kRules[] = {
    // -- the lives of goroutines: made, queued, taken, running, waiting, woken, ended --
    {"newproc1/startpc", always},         // made, and what for
    {"newproc1/parked", always},          // made to wait
    {"casgstatus/change", always},        // every change of state but around system calls
    {"runqput/*", always},                // who runs next, who waits in the ring
    {"runqputslow/global", always},
    {"goschedImpl/global", always},
    {"runqgrab/*", always},               // stolen from another P
    {"park_m/reason", always},            // waits, and for what; who wakes it changes its state
    {"gosched_m/*", always},              // gave way
    {"gopreempt_m/*", always},            // had to
    {"preemptone/ask", always},
    {"preemptPark/stopped", always},
    {"goexit1/mcall", always},            // its function returned

    // -- the lives of threads --
    {"newosproc/clone", always},
    {"mexit/self", always},
    {"retake/take", always},              // sysmon takes the P of a thread in a system call

    // -- the boot, in its order --
    {"args/*", once}, {"sysargs/*", detail}, {"sysauxv/*", once},
    {"osinit/ncpu", once}, {"osinit/*", detail}, {"getproccount/*", detail}, {"getHugePageSize/*", detail},
    {"schedinit/locks", detail}, {"schedinit/midle", detail}, {"schedinit/lastpoll", detail}, {"schedinit/initSigmask", detail},
    {"schedinit/stkobjinit", detail}, {"schedinit/maxmcount", detail}, {"schedinit/sigsave", detail}, {"schedinit/done", detail}, {"schedinit/*", once},
    {"stackinit/*", detail},
    {"mallocinit/*", detail},
    {"mcommoninit/*", detail},
    {"mpreinit/*", detail},
    {"malg/*", detail},
    {"procresize/first", once}, {"procresize/idle", once}, {"procresize/runnable", once},
    {"procresize/destroy", once}, {"procresize/*", detail},
    {"p.init/mcache0", once}, {"p.init/*", detail},
    {"mstart0/*", once}, {"mstart1/taken", detail}, {"mstart1/nextp", detail}, {"mstart1/*", once},
    {"minit/*", detail},
    {"initsig/all", once}, {"initsig/*", detail},
    {"main/started", detail}, {"main/sysmon", detail}, {"main/lock", detail}, {"main/unlock", detail}, {"main/time", detail}, {"main/main.main", detail},
    {"main/init-channel", detail}, {"main/init-done", detail}, {"main/*", once},
    {"gcenable/on", once}, {"gcenable/wait", once}, {"gcenable/*", detail},
    {"gogetenv/*", detail},

    // -- how a goroutine is made: the frame that looks as if goexit had called it --
    {"newproc1/gobuf", once, true}, {"newproc1/goid", once}, {"newproc1/*", detail},
    {"gostartcallfn/call", once, true},
    {"gfget/reuse", once}, {"gfget/*", detail},
    {"allgadd/*", detail},
    {"stackalloc/from-cache", once}, {"stackalloc/*", detail}, {"stackpoolalloc/*", detail}, {"stackcacherefill/*", detail},

    // -- how one is found and run, and how it leaves --
    {"schedule/*", detail},
    {"runqget/*", once}, {"globrunqget/*", once}, {"runqputbatch/*", once}, {"runqputslow/*", detail},
    {"runqsteal/*", once}, {"stealWork/*", detail}, {"stealOrder/*", detail},
    {"findrunnable/ready", once}, {"findrunnable/idle-worker", once},
    {"findrunnable/finalizer", once}, {"findrunnable/*", detail},
    {"execute/tie", once, true}, {"execute/*", detail},
    {"gogo/*", once},
    {"park_m/*", detail}, {"ready/*", detail}, {"casgstatus/*", detail},
    {"goexit0/clear", once}, {"goexit0/*", detail},
    {"gfput/keep", once}, {"gfput/*", detail},
    {"goschedImpl/*", detail},

    // -- threads and Ps: who gets which, who sleeps, who is woken --
    {"acquirep/*", detail}, {"wirep/together", once}, {"releasep/apart", once},
    {"pidleput/*", detail}, {"pidleget/*", detail},
    {"pidlegetSpinning/*", detail},
    {"mput/*", detail}, {"mget/*", detail}, {"mgetSpecific/*", detail}, {"mReserveID/*", detail},
    {"wakep/*", detail}, {"mspinning/*", detail}, {"resetspinning/*", detail},
    {"startm/nextp", once}, {"startm/*", detail}, {"stopm/nextp", once}, {"stoplockedm/*", once}, {"mPark/*", detail},
    {"startlockedm/*", once}, {"handoffp/*", once},
    {"newm/*", detail}, {"allocm/*", detail},
    {"newosproc/*", detail}, {"mexit/*", detail}, {"incidlelocked/*", detail}, {"updateTimerPMask/*", detail},
    {"notesleep/blocked", once}, {"notesleep/*", detail}, {"notewakeup/*", detail}, {"futexsleep/*", detail},

    // -- taking turns away, and stacks that grow --
    {"asyncPreempt2/*", once}, {"doSigPreempt/inject", once}, {"doSigPreempt/*", detail},
    {"preemptone/*", once}, {"preemptPark/*", detail}, {"retake/*", detail},
    {"newstack/grow", once}, {"newstack/yield", once}, {"newstack/stop", once}, {"newstack/*", detail},
    {"copystack/copy", once}, {"copystack/switch", once}, {"copystack/*", detail},
    {"shrinkstack/halve", once},
    {"systemstack/*", detail},

    // -- the heap, and the runtime's own memory --
    {"stackfree/*", detail}, {"stackpoolfree/*", detail}, {"stackcache*", detail},
    {"mallocgc/*", detail}, {"alloc*", detail}, {"persistentalloc/*", detail}, {"fixalloc/*", detail},
    {"refill*", detail}, {"cacheSpan/*", detail}, {"uncacheSpan/*", detail}, {"nextFree*", detail},
    {"nextHeapRandBits/*", detail}, {"heapSetType/*", detail}, {"writeHeapBitsSmall/*", detail},
    {"initHeapBits/*", detail}, {"initSpan/*", detail}, {"initInlineMarkBits/*", detail},
    {"newMarkBits/*", detail}, {"recordspan/*", detail}, {"spanSet/*", detail}, {"setSpans/*", detail},
    {"freeSpan/*", detail}, {"freeManual/*", detail}, {"grow/arena", once}, {"grow/*", detail},
    {"sysAlloc/*", detail}, {"mheap.init/*", detail},

    // -- landmarks: what others have said already, or what is said where it matters --
    {"runtime.moduledataverify1", detail}, {"runtime.goenvs_unix", detail}, {"runtime.mpreinit", detail}, {"runtime.sysauxv", detail},
    {"runtime.minit", detail}, {"runtime.initsig", detail}, {"runtime.doInit*", detail}, {"runtime.startm", detail}, {"runtime.mstart1", detail},
    {"runtime.args", detail}, {"runtime.osinit", detail}, {"runtime.stkobjinit", detail}, {"runtime.newm", detail},
    {"runtime.gopark", detail}, {"runtime.exit", detail}, {"runtime.gfget", detail}, {"runtime.malg", detail}, {"runtime.getproccount", detail}, {"runtime.getCPUCount", detail},
    {"runtime.runqput", detail}, {"runtime.allocm", detail}, {"runtime.newosproc", detail}, {"runtime.wakep", detail},
    {"runtime.mstartm0", detail}, {"runtime.sigsave", detail}, {"runtime.goexit1", detail}, {"runtime.mstart0", detail},
    {"*_rt0_amd64", detail},
    {"_rt0_*", once}, {"runtime.*", once}, {"internal/*", once}, {"gogo", once}, {"main.main", once}, {"exit_group", once},
};
// clang-format on

}  // namespace

std::string_view name(Weight weight) {
  switch (weight) {
    case Weight::detail:
      return "detail";
    case Weight::once:
      return "once";
    case Weight::always:
      return "always";
  }
  return "";
}

std::span<const WeightRule> weight_rules() { return kRules; }

const WeightRule* weight_rule(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const WeightRule& rule : kRules) {
    // Asked for every step that is told: most rules are not worth a closer look.
    const char first = rule.pattern.front();
    if ((first == name.front() || first == '*') &&
        emulator::base::glob_matches(rule.pattern, name))
      return &rule;
  }
  return nullptr;
}

Weight weight_of(std::string_view name) {
  const WeightRule* rule = weight_rule(name);
  return rule == nullptr ? Weight::detail : rule->weight;
}

}  // namespace runtime_model::model
