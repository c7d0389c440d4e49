#include "runtime_model/boot/schedinit.hpp"

#include <fmt/format.h>

#include "runtime_model/boot/environment.hpp"
#include "runtime_model/boot/procresize.hpp"
#include "runtime_model/model/code_facts.hpp"
#include "runtime_model/model/sentence.hpp"
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
  rt.step("schedinit/moduledataverify",
          "first the linker's tables: every walk over a stack, and so every crash report, trusts "
          "them");
  if (rt.has_function("runtime.moduledataverify")) {
    co_await rt.long_call<void>("runtime.moduledataverify");
    co_return;
  }
  for (golang::Moduledata md = rt.firstmoduledata(); md; md = md.next())
    co_await rt.long_call<void>("runtime.moduledataverify1", md);
}

/// Where random numbers begin. go1.22 replaced fastrandinit.
Part<> seed_random(Runtime& rt) {
  rt.step("schedinit/random",
          "random numbers begin with the kernel's 16 bytes: the same bytes, the same run");
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
          "the thread that runs already becomes M0; the goroutine for its signals is the first "
          "object on the heap, and that goroutine's 32 KiB stack is too large for the stack pool");
  co_await rt.long_call<void>("runtime.mcommoninit", rt.getm(), i64{-1});
}

/// Features of the CPU, then what builds on them. go1.20 on, cpuinit is given GODEBUG's text.
Part<> processor(Runtime& rt) {
  constexpr std::string_view kWhy =
      "ask CPUID what the processor can do, before anything chooses its code by that";
  if (rt.go() < 20) {
    co_await real(rt, "schedinit/cpuinit", std::string(kWhy), "runtime.cpuinit");
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
  rt.step("schedinit/cpuinit", std::string(kWhy));
  if (rt.go() >= 25)
    co_await rt.long_call<void>(name, Unknown{});
  else
    co_await rt.long_call<void>(name, godebug, size);
}

Part<> hashing(Runtime& rt) {
  co_await real(rt, "schedinit/alginit",
                "choose how maps hash, by AES instructions if there are any: no map may be used "
                "before",
                rt.go() >= 27 ? "internal/runtime/maps.AlgInit" : "runtime.alginit");
}

/// From the CPU to the first thread: each release has its own order.
Part<> machine(Runtime& rt) {
  const bool random_first = rt.go() >= 26;  // the heap's place in memory is random, too
  if (random_first) co_await seed_random(rt);
  co_await real(rt, "schedinit/mallocinit",
                "the heap: address space is reserved, nothing is allocated yet",
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
                "list the modules whose data the collector must look at: here the program alone",
                "runtime.modulesinit");
  co_await real(rt, "schedinit/typelinksinit",
                "unite types that several modules define: one module has nothing to unite",
                "runtime.typelinksinit");
  co_await real(rt, "schedinit/itabsinit",
                "enter the linker's interface tables, so that conversions find them",
                "runtime.itabsinit");
  if (rt.go() >= 18)
    co_await real(rt, "schedinit/stkobjinit",
                  "describe to the collector the frame of reflect's method values",
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
  rt.step("schedinit/initSigmask", "threads to come start with the same mask", [&] {
    for (unsigned i = 0; i < 2; ++i) rt.initSigmask(i) = mp.sigmask(i).get();
  });
}

Part<> arguments(Runtime& rt) {
  co_await real(rt, "schedinit/goargs",
                "os.Args: Go strings that point to where the kernel put the arguments",
                "runtime.goargs");
  const bool inlined = !rt.has_function("runtime.goenvs");
  const std::string_view goenvs = inlined ? "runtime.goenvs_unix" : "runtime.goenvs";
  co_await real(rt, "schedinit/goenvs",
                "the environment is copied, string by string: setenv of C may change the original",
                goenvs);
  if (rt.go() >= 21)
    co_await real(rt, "schedinit/secure",
                  "with another user's rights, some variables and closed descriptors are a danger",
                  "runtime.secure");
  if (rt.go() >= 22)
    co_await real(rt, "schedinit/checkfds", "descriptors 0, 1 and 2 must be open",
                  "runtime.checkfds");
  if (rt.go() < 25)
    co_await real(rt, "schedinit/parsedebugvars",
                  "GODEBUG and GOTRACEBACK, now that there is an "
                  "environment",
                  "runtime.parsedebugvars");
  else
    co_await real(rt, "schedinit/finishDebugVarsSetup",
                  "the debug settings that had to wait for "
                  "the environment",
                  "runtime.finishDebugVarsSetup");
}

/// go1.22: a stack to print a traceback from when the scheduler's own stack is at fault.
Part<> crash_stack(Runtime& rt) {
  const Addr at = rt.global("runtime.gcrash");
  constexpr u32 kBytes = 16384;
  const Addr lo = co_await rt.long_call<Addr>("runtime.stackalloc", kBytes);
  const Addr hi = Addr(rt.result(1));
  if (at == Addr()) co_return;
  rt.step("schedinit/gcrash", "a stack to crash on, when it is g0's that overflows", [&] {
    const golang::G gcrash = rt.g(at);
    gcrash.stack().lo() = lo;
    gcrash.stack().hi() = hi;
    gcrash.stackguard0() = lo + 1000;
    gcrash.stackguard1() = lo + 1000;
  });
}

Part<> collector(Runtime& rt) {
  co_await real(rt, "schedinit/gcinit",
                "set the collector's pace from GOGC; it does not start: no collection can begin "
                "before gcenable, in runtime.main",
                "runtime.gcinit");
  if (rt.go() >= 22) co_await crash_stack(rt);
  const Addr no_profile = rt.go() >= 20 ? rt.global("runtime.disableMemoryProfiling") : Addr();
  if (no_profile != Addr() && rt.load<u8>(no_profile) != 0)
    rt.step("schedinit/no-memprofile", "nothing in the program reads the memory profile: keep none",
            [&] { rt.MemProfileRate() = 0; });
  if (rt.go() < 23) co_return;
  co_await real(rt, "schedinit/mProfStackInit", "GODEBUG may have changed how deep profiles look",
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
    co_await real(rt, "schedinit/cgroup", "a container may be allowed less than the machine has",
                  "runtime.defaultGOMAXPROCSInit");
  co_await rt.lock(sched.lock().address());
  const i64 now = co_await nanotime(rt);
  rt.step("schedinit/lastpoll",
          "the network was last polled now; 0 would mean that a thread is polling",
          [&] { sched.lastpoll() = now; });
  i32 procs = co_await wanted_procs(rt);
  if (procs > 0) {
    rt.step("schedinit/procs",
            "GOMAXPROCS asks for " + model::counted(static_cast<u64>(procs), "P"), [&] {
              if (rt.go() >= 25) sched.customGOMAXPROCS() = true;
            });
  } else if (rt.go() < 25) {
    procs = rt.ncpu();
    rt.step("schedinit/procs", fmt::format("no GOMAXPROCS: {}, as many Ps as CPUs", procs));
  } else {
    procs = co_await rt.call<i32>("runtime.defaultGOMAXPROCS", rt.ncpu().get());
    rt.step("schedinit/procs", fmt::format("no GOMAXPROCS: {}, by CPUs and container", procs));
  }
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
          "name the locks' ranks; only builds that check the order of locks keep them");
  rt.step("schedinit/maxmcount",
          "more than 10,000 threads are taken for a mistake: the program is stopped then",
          [&] { rt.sched().maxmcount() = 10000; });
  if (rt.go() >= 26)
    rt.step("schedinit/midle", "the list of idle threads: where in an M its links are", [&] {
      const golang::M m0 = rt.m0();
      rt.sched().midle_initialized() = true;
      rt.sched().midle_nodeOffset() = m0.idleNode_prev().address() - m0.address();
    });
  if (rt.go() >= 25)
    co_await real(rt, "schedinit/parseRuntimeDebugVars",
                  "GODEBUG first, before anything that its settings could change",
                  "runtime.parseRuntimeDebugVars", Unknown{});
  if (rt.go() >= 22 && rt.has_function("runtime.(*ticksType).init"))
    co_await rt.long_call<void>("runtime.(*ticksType).init");
  co_await verify_modules(rt);
  rt.step("schedinit/stackinit", "empty the pools of stacks");
  co_await stack::stackinit(rt);
  co_await machine(rt);
  co_await modules(rt);
  co_await signal_mask(rt);
  co_await arguments(rt);
  co_await collector(rt);
  co_await processors(rt);
  check_pointers(rt);
  rt.step("schedinit/done", "all that goroutines need is there: the world is started");
}

}  // namespace runtime_model::boot
