#include "runtime_model/boot/schedinit.hpp"

#include <fmt/format.h>

#include "runtime_model/boot/environment.hpp"
#include "runtime_model/boot/procresize.hpp"
#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/stack/stackinit.hpp"

namespace runtime_model::boot {

using model::Unknown;

namespace {

/// Says why, and lets real code do it, unless the compiler has put it into schedinit itself and it
/// has nothing to write.
template <class... A>
Part<> real(Runtime& rt, std::string_view id, std::string why, std::string_view function,
            A... arguments) {
  rt.step(id, std::move(why));
  if (rt.has_function(function)) co_await rt.long_call<void>(function, arguments...);
}

Part<> verify_modules(Runtime& rt) {
  rt.step(
      "schedinit/moduledataverify",
      "check the linker's tables: every walk over a stack, and so every crash report, trusts them");
  if (rt.has_function("runtime.moduledataverify")) {
    co_await rt.long_call<void>("runtime.moduledataverify");
    co_return;
  }
  for (golang::Moduledata md = rt.firstmoduledata(); md; md = md.next())
    co_await rt.long_call<void>("runtime.moduledataverify1", md);
}

/// Where random numbers begin. go1.22 replaced fastrandinit.
Part<> seed_random(Runtime& rt) {
  // In rt0 these bytes come from --seed, so a run can be repeated; natively they never do again.
  rt.step("schedinit/random", rt.go() >= 22
                                  ? "seed random numbers with the kernel's 16 random bytes "
                                    "(AT_RANDOM; rt0 takes them from --seed)"
                                  : "seed random numbers with 8 of the kernel's 16 random bytes "
                                    "(AT_RANDOM; rt0 takes them from --seed)");
  if (rt.go() >= 22) {
    co_await rt.long_call<void>("runtime.randinit");
  } else if (rt.has_function("runtime.fastrandinit")) {
    co_await rt.long_call<void>("runtime.fastrandinit");
  } else {
    const auto seed = rt.fastrandseed();
    const Addr at = seed.address();
    const u64 bytes = 8 * seed.count();
    co_await rt.long_call<void>("runtime.getRandomData", at, bytes, bytes);
  }
}

Part<> first_thread(Runtime& rt) {
  rt.step("schedinit/mcommoninit",
          "the thread that runs already becomes M0, with a goroutine for its signals on a stack of "
          "32 KiB");
  co_await rt.long_call<void>("runtime.mcommoninit", rt.getm(), i64{-1});
}

/// Features of the CPU, then what builds on them. go1.20 on, cpuinit is given GODEBUG's text.
Part<> processor(Runtime& rt) {
  rt.step("schedinit/cpuinit",
          "ask CPUID what the processor can do, before anything chooses its code by that");
  if (rt.go() < 20) {
    if (rt.has_function("runtime.cpuinit")) co_await rt.long_call<void>("runtime.cpuinit");
    co_return;
  }
  Addr godebug;
  u64 size = 0;
  if (rt.has_function("runtime.getGodebugEarly") && rt.go() < 25) {
    godebug = co_await rt.long_call<Addr>("runtime.getGodebugEarly");
    size = rt.result(1);
  }
  // Where cpuinit is inlined, this call is most of it.
  const bool inlined = !rt.has_function("runtime.cpuinit");
  const std::string_view name = inlined ? "internal/cpu.Initialize" : "runtime.cpuinit";
  if (rt.go() >= 25)
    co_await rt.long_call<void>(name, Unknown{});
  else
    co_await rt.long_call<void>(name, godebug, size);
}

Part<> hashing(Runtime& rt) {
  co_await real(rt, "schedinit/alginit",
                "choose how maps hash, by AES instructions if the CPU has them: no map may be used "
                "before this",
                rt.go() >= 27 ? "internal/runtime/maps.AlgInit" : "runtime.alginit");
}

/// From the CPU to the first thread: each release has its own order.
Part<> machine(Runtime& rt) {
  const bool random_first = rt.go() >= 26;  // the heap's place in memory is random, too
  if (random_first) co_await seed_random(rt);
  co_await real(
      rt, "schedinit/mallocinit",
      "set up the heap: reserve address space for its bookkeeping; no object is allocated yet",
      "runtime.mallocinit");
  if (rt.go() == 17) {
    co_await seed_random(rt);
    co_await first_thread(rt);
    co_await processor(rt);
    co_await hashing(rt);
    co_return;
  }
  co_await processor(rt);
  if (rt.go() >= 22 && !random_first) co_await seed_random(rt);
  co_await hashing(rt);
  if (rt.go() < 22) co_await seed_random(rt);
  co_await first_thread(rt);
}

Part<> modules(Runtime& rt) {
  co_await real(rt, "schedinit/modulesinit",
                "list the modules whose data the collector must look at: the program, and plugins "
                "if there were any",
                "runtime.modulesinit");
  co_await real(
      rt, "schedinit/typelinksinit",
      "unite types that several modules define: a program of one module has nothing to unite",
      "runtime.typelinksinit");
  co_await real(
      rt, "schedinit/itabsinit",
      "enter the linker's interface tables into a hash table, where conversions to interfaces look",
      "runtime.itabsinit");
  if (rt.go() >= 18)
    co_await real(rt, "schedinit/stkobjinit",
                  "describe to the collector the stack frame of reflect's method values",
                  "runtime.stkobjinit");
}

Part<> signal_mask(Runtime& rt) {
  const golang::M mp = rt.getm();
  rt.step("schedinit/sigsave", "ask the kernel for the signal mask that the process came with");
  constexpr i32 kSetmask = 2;  // SIG_SETMASK, sigprocmask(2): with no new mask, just a question
  if (rt.has_function("runtime.sigsave"))
    co_await rt.long_call<void>("runtime.sigsave", mp.sigmask().address());
  else
    co_await rt.long_call<void>("runtime.rtsigprocmask", kSetmask, Addr(), mp.sigmask().address(),
                                i32{8});
  rt.step("schedinit/initSigmask", "keep that mask: threads to come start with it, too", [&] {
    for (unsigned i = 0; i < 2; ++i) rt.initSigmask(i) = mp.sigmask(i).get();
  });
}

Part<> arguments(Runtime& rt) {
  co_await real(rt, "schedinit/goargs",
                "make os.Args: Go strings that point to where the kernel put the arguments",
                "runtime.goargs");
  const bool inlined = !rt.has_function("runtime.goenvs");
  const std::string_view goenvs = inlined ? "runtime.goenvs_unix" : "runtime.goenvs";
  co_await real(
      rt, "schedinit/goenvs",
      "copy the environment, string by string, into Go strings: os.Getenv and GODEBUG read these",
      goenvs);
  if (rt.go() >= 21)
    co_await real(rt, "schedinit/secure",
                  "if AT_SECURE is set, GOTRACEBACK becomes none: a crash must not show memory",
                  "runtime.secure");
  if (rt.go() >= 22)
    co_await real(rt, "schedinit/checkfds",
                  "descriptors 0, 1 and 2 must be open: one that is closed is opened on /dev/null",
                  "runtime.checkfds");
  if (rt.go() < 25)
    co_await real(rt, "schedinit/parsedebugvars",
                  "read GODEBUG and GOTRACEBACK, now that there is an environment",
                  "runtime.parsedebugvars");
  else
    co_await real(rt, "schedinit/finishDebugVarsSetup",
                  "read GOTRACEBACK, and settle what of GODEBUG had to wait for the environment",
                  "runtime.finishDebugVarsSetup");
}

/// go1.22: a stack to print a traceback from when the scheduler's own stack is at fault.
Part<> crash_stack(Runtime& rt) {
  const Addr at = rt.global("runtime.gcrash");
  constexpr u32 kBytes = 16384;
  const Addr lo = co_await rt.long_call<Addr>("runtime.stackalloc", kBytes);
  const Addr hi = Addr(rt.result(1));
  if (at == Addr()) co_return;
  rt.step("schedinit/gcrash",
          "set a stack aside to crash on, for when it is g0's own that overflows", [&] {
            const golang::G gcrash = rt.g(at);
            gcrash.stack().lo() = lo;
            gcrash.stack().hi() = hi;
            gcrash.stackguard0() = lo + 1000;
            gcrash.stackguard1() = lo + 1000;
          });
}

Part<> collector(Runtime& rt) {
  co_await real(rt, "schedinit/gcinit",
                rt.go() >= 19 ? "set the collector's pace from GOGC and GOMEMLIMIT; no collection "
                                "begins before runtime.main's gcenable"
                              : "set the collector's pace from GOGC; no collection begins before "
                                "runtime.main's gcenable",
                "runtime.gcinit");
  if (rt.go() >= 22) co_await crash_stack(rt);
  const Addr no_profile = rt.go() >= 20 ? rt.global("runtime.disableMemoryProfiling") : Addr();
  if (no_profile != Addr() && rt.load<u8>(no_profile) != 0)
    rt.step("schedinit/no-memprofile", "nothing in the program reads the memory profile: keep none",
            [&] { rt.MemProfileRate() = 0; });
  if (rt.go() < 23) co_return;
  co_await real(
      rt, "schedinit/mProfStackInit",
      "make room for the call stacks that this thread's profiles take, as deep as GODEBUG says",
      "runtime.mProfStackInit", rt.getm());
  // Inlined, it makes two slices: for stacks of this thread's samples, and of its lock waits.
  if (rt.has_function("runtime.mProfStackInit")) co_return;
  co_await rt.long_call<void>("runtime.makeslice", Unknown{});
  co_await rt.long_call<void>("runtime.makeslice", Unknown{});
}

/// The value of GOMAXPROCS, if it is a number above 0.
Part<i32> wanted_procs(Runtime& rt) {
  Value text;
  if (rt.global("runtime.envs") != Addr()) {
    text = find_variable(rt, "GOMAXPROCS");
  } else {
    const Addr key =
        model::constant_argument(rt, "runtime.schedinit", "runtime.gogetenv", emulator::cpu::rax);
    const Addr found = co_await rt.call<Addr>("runtime.gogetenv", key, u64{10});
    text = {found, rt.result(1)};
  }
  const auto number = number_at(rt, text);
  co_return number ? *number : 0;
}

Part<> processors(Runtime& rt) {
  const golang::Schedt sched = rt.sched();
  if (rt.go() >= 25)
    co_await real(
        rt, "schedinit/cgroup",
        "find the container's limit of CPU time, if it has one: by default GOMAXPROCS heeds it",
        "runtime.defaultGOMAXPROCSInit");
  co_await rt.lock(sched.lock().address());
  const i64 now = co_await nanotime(rt);
  rt.step("schedinit/lastpoll",
          "the network counts as polled just now; 0 would mean that a thread is waiting for it",
          [&] { sched.lastpoll() = now; });
  i32 procs = co_await wanted_procs(rt);
  const bool asked = procs > 0;
  if (!asked && rt.go() < 25) procs = rt.ncpu();
  if (!asked && rt.go() >= 25)
    procs = co_await rt.call<i32>("runtime.defaultGOMAXPROCS", rt.ncpu().get());
  std::string why = fmt::format("GOMAXPROCS sets the number of Ps: {}", procs);
  if (!asked && rt.go() < 25)
    why = fmt::format("GOMAXPROCS sets no number: there will be as many Ps as CPUs, {}", procs);
  if (!asked && rt.go() >= 25)
    why =
        fmt::format("GOMAXPROCS sets no number: the CPUs and the container's limit do, {}", procs);
  rt.step("schedinit/procs", std::move(why), [&] {
    if (asked && rt.go() >= 25) sched.customGOMAXPROCS() = true;
  });
  const Addr runnable = co_await rt.long_call<Addr>("runtime.procresize", procs);
  Runtime::require(runnable == Addr(), "unknown runnable goroutine during bootstrap");
  co_await rt.unlock(sched.lock().address());
}

/// GODEBUG=cgocheck=2 has every pointer write checked. Until go1.20; later it is an experiment.
void check_pointers(Runtime& rt) {
  if (rt.go() > 20 || rt.debug().cgocheck() <= 1) return;
  rt.step("schedinit/cgocheck", "check every pointer write, as GODEBUG=cgocheck=2 asks", [&] {
    rt.writeBarrier().cgo() = true;
    rt.writeBarrier().enabled() = true;
    for (u64 i = 0; i < rt.allp().len(); ++i) reset(rt.allp(i)->wbBuf());
  });
}

}  // namespace

Model<> schedinit(Runtime& rt) {
  rt.step("schedinit/locks",
          "give each lock its rank; only builds that check the order of locks keep it");
  rt.step("schedinit/maxmcount",
          "more than 10,000 threads are taken for a mistake: the program is stopped then",
          [&] { rt.sched().maxmcount() = 10000; });
  if (rt.go() >= 26)
    rt.step("schedinit/midle", "tell the list of idle Ms where in an M its links are", [&] {
      const golang::M m0 = rt.m0();
      rt.sched().midle_initialized() = true;
      rt.sched().midle_nodeOffset() = m0.idleNode_prev().address() - m0.address();
    });
  if (rt.go() >= 25)
    co_await real(rt, "schedinit/parseRuntimeDebugVars",
                  "read GODEBUG first, before anything that its settings could change",
                  "runtime.parseRuntimeDebugVars", Unknown{});
  if (rt.go() >= 22 && rt.has_function("runtime.(*ticksType).init"))
    co_await rt.long_call<void>("runtime.(*ticksType).init");
  co_await verify_modules(rt);
  rt.step("schedinit/stackinit", "empty the pools from which stacks will come");
  co_await stack::stackinit(rt);
  co_await machine(rt);
  co_await modules(rt);
  co_await signal_mask(rt);
  co_await arguments(rt);
  co_await collector(rt);
  co_await processors(rt);
  check_pointers(rt);
  rt.step("schedinit/done", "all that goroutines need is there: rt0_go can make the first one");
}

}  // namespace runtime_model::boot
