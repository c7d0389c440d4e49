#include "runtime_model/golang/boot_routines.hpp"

namespace runtime_model::golang {

namespace {

// Sources: Go's runtime/asm_amd64.s, rt0_linux_amd64.s, sys_linux_amd64.s, os_linux.go, proc.go,
// malloc.go, stack.go, mgc.go, alg.go, symtab.go, signal_unix.go, runtime1.go, of 1.16 to 1.27.
constexpr Releases kAll{0, 0};
constexpr Releases since(int minor) { return {minor, 0}; }
constexpr Releases until(int minor) { return {0, minor}; }

// clang-format off
constexpr BootRoutine kRoutines[] = {
    // The first instructions, in assembly.
    {"rt0_amd64_linux", {"_rt0_amd64_linux"}, kAll,
     "The entry point: the kernel jumps here with nothing but a stack, and it jumps on to the "
     "code that all amd64 systems share."},
    {"rt0_amd64", {"_rt0_amd64"}, kAll,
     "Takes argc and the address of argv from the kernel's stack into DI and SI."},
    {"rt0_go", {"runtime.rt0_go"}, kAll,
     "Gives g0 a window of the kernel's stack and ties it to m0, the record of the thread that "
     "already runs; then calls the initialisers one by one."},
    {"settls", {"runtime.settls"}, kAll,
     "Points the FS base just behind m0.tls[0] with arch_prctl: from now on FS:-8 is that word, "
     "where the current g will be kept."},
    {"check", {"runtime.check"}, kAll,
     "Tests what the runtime takes for granted: the sizes of types, compare-and-swap, how floats "
     "treat NaN."},
    {"args", {"runtime.args"}, kAll,
     "Keeps argc and argv, and looks behind the environment for the kernel's auxiliary vector."},
    {"sysauxv", {"runtime.sysauxv"}, kAll,
     "Reads the auxiliary vector: the page size, where 16 random bytes lie, and the vDSO if there "
     "is one."},
    {"osinit", {"runtime.osinit"}, kAll,
     "Asks the kernel how many CPUs this process may use and how large a huge page is."},
    {"getproccount", {"runtime.getproccount", "runtime.getCPUCount"}, kAll,
     "Counts the CPUs in the process's affinity mask."},

    // schedinit and its steps.
    {"schedinit", {"runtime.schedinit"}, kAll,
     "Brings up what goroutines need: stacks, the heap, random numbers, CPU features, arguments, "
     "environment, the collector's settings, and the Ps."},
    {"parsedebugvars", {"runtime.parseRuntimeDebugVars"}, since(25),
     "Reads GODEBUG, before anything that its settings could change."},
    {"moduledataverify", {"runtime.moduledataverify", "runtime.moduledataverify1"}, kAll,
     "Checks the linker's function table, magic number and order; a damaged binary stops here."},
    {"stackinit", {"runtime.stackinit"}, kAll,
     "Empties the pools that goroutine stacks will come from."},
    {"mallocinit", {"runtime.mallocinit"}, kAll,
     "Sets up the heap: reserves room for the page allocator's summaries, makes the first cache, "
     "and notes where the heap should grow."},
    {"cpuinit", {"runtime.cpuinit"}, kAll,
     "Asks CPUID what the processor can do; GODEBUG=cpu.… may turn features off."},
    {"randinit", {"runtime.fastrandinit", "runtime.randinit"}, kAll,
     "Seeds the runtime's random numbers from the random bytes that the kernel passed "
     "(AT_RANDOM)."},
    {"alginit", {"runtime.alginit", "internal/runtime/maps.AlgInit"}, kAll,
     "Chooses how maps hash, by AES instructions if the processor has them, and draws random keys "
     "for it."},
    {"mcommoninit", {"runtime.mcommoninit"}, kAll,
     "Gives the record of a thread, an M, its number and random state, and enters it in the list "
     "of all Ms."},
    {"mpreinit", {"runtime.mpreinit"}, kAll,
     "Makes the goroutine whose 32 KiB stack the thread's signal handlers run on."},
    {"malg", {"runtime.malg"}, kAll,
     "Makes a g, and for it a stack of at least the size asked for."},
    {"modulesinit", {"runtime.modulesinit"}, kAll,
     "Lists the modules, the program and any plugins, whose data the collector must look at."},
    {"typelinksinit", {"runtime.typelinksinit"}, kAll,
     "Unites types that several modules define; a program of one module has nothing to unite."},
    {"itabsinit", {"runtime.itabsinit"}, kAll,
     "Enters the interface tables that the linker collected into the runtime's hash table."},
    {"stkobjinit", {"runtime.stkobjinit"}, since(18),
     "Describes to the collector the frame that reflect's method values use."},
    {"sigsave", {"runtime.sigsave"}, kAll,
     "Keeps the thread's signal mask, so that threads to come can start with the same one."},
    {"goargs", {"runtime.goargs"}, kAll,
     "Turns argv into Go strings, which os.Args will show."},
    {"goenvs", {"runtime.goenvs", "runtime.goenvs_unix"}, kAll,
     "Copies the environment into Go strings."},
    {"secure", {"runtime.secure"}, since(21),
     "Sets GOTRACEBACK to none when the program was started with more rights than its user has "
     "(AT_SECURE)."},
    {"checkfds", {"runtime.checkfds"}, since(22),
     "Makes sure that file descriptors 0, 1 and 2 are open, if need be on /dev/null."},
    {"parsedebugvars", {"runtime.parsedebugvars"}, until(24),
     "Reads GODEBUG and GOTRACEBACK."},
    {"finishDebugVarsSetup", {"runtime.finishDebugVarsSetup"}, since(25),
     "Reads GOTRACEBACK and settles the debug settings that had to wait for the environment."},
    {"gcinit", {"runtime.gcinit"}, kAll,
     "Sets the collector's pace; collecting is allowed only after gcenable."},
    {"defaultGOMAXPROCS", {"runtime.defaultGOMAXPROCS"}, since(25),
     "Works out how many Ps to make, from the CPUs and the CPU limit of the process's cgroup."},
    {"procresize", {"runtime.procresize"}, kAll,
     "Makes the Ps, the permits to run Go code, and gives the first one to this thread."},

    // The first goroutine, and the scheduler that runs it.
    {"newproc", {"runtime.newproc"}, kAll,
     "What a go statement calls: makes a goroutine and queues it; the first one will run "
     "runtime.main."},
    {"newproc1", {"runtime.newproc1"}, kAll,
     "Takes a dead g or makes a new one, and prepares its stack as if goexit had called the "
     "goroutine's function."},
    {"gfget", {"runtime.gfget"}, kAll,
     "Looks for a dead g to use again."},
    {"runqput", {"runtime.runqput"}, kAll,
     "Puts a goroutine into the P's queue; as runnext it will be the next to run there."},
    {"mstart", {"runtime.mstart"}, kAll,
     "Where a thread enters Go: the first one from rt0_go, all others from clone."},
    {"mstart0", {"runtime.mstart0"}, since(17),
     "Sets the bounds within which g0, the scheduler's goroutine, may use the thread's stack."},
    {"mstart1", {"runtime.mstart1"}, kAll,
     "Notes where g0 returns to, sets up the thread's signals, takes a P, and enters the "
     "scheduler for good."},
    {"minit", {"runtime.minit"}, kAll,
     "Gives the thread its alternate signal stack and signal mask, and learns its thread id."},
    {"mstartm0", {"runtime.mstartm0"}, kAll,
     "Does what only the first thread has to do: it installs the signal handlers."},
    {"initsig", {"runtime.initsig"}, kAll,
     "Installs the runtime's handler for each signal that Go looks after."},
    {"schedule", {"runtime.schedule"}, kAll,
     "One round of the scheduler: finds a goroutine that can run, and runs it; it never returns "
     "to its caller."},
    {"findRunnable", {"runtime.findrunnable", "runtime.findRunnable"}, kAll,
     "Looks for work: the P's own queue, the global queue, the network poller, other Ps; when "
     "there is none, the thread sleeps."},
    {"execute", {"runtime.execute"}, kAll,
     "Makes the goroutine this thread's current one, marks it as running, and jumps to it by "
     "gogo."},
    {"gogo", {"runtime.gogo"}, kAll,
     "Leaves the scheduler's stack for the goroutine's saved state."},
    {"gogo/jump", {"gogo"}, since(17),
     "Sets g in TLS and R14, loads the saved stack pointer and context, clears these where they "
     "were saved, and jumps to the saved PC."},

    // runtime.main, on the first goroutine.
    {"main", {"runtime.main"}, kAll,
     "The first goroutine: starts sysmon, initialises the runtime and all packages, turns the "
     "collector on, and calls main.main."},
    {"newm", {"runtime.newm"}, kAll,
     "Makes a new M and a thread for it, which will run a given function or the scheduler."},
    {"allocm", {"runtime.allocm"}, kAll,
     "Makes the record of a new thread, an M, and the g0 on whose stack it will start."},
    {"newosproc", {"runtime.newosproc"}, kAll,
     "Blocks all signals and asks the kernel for the thread."},
    {"clone", {"runtime.clone"}, kAll,
     "The clone system call: the parent returns from it; the child finds itself on the new "
     "stack, sets its g, and calls mstart."},
    {"sysmon", {"runtime.sysmon"}, kAll,
     "The monitor: a thread without a P that preempts goroutines which run too long, retakes Ps "
     "from system calls, and polls the network."},
    {"doInit", {"runtime.doInit"}, until(20),
     "Runs a package's initialisation after that of the packages it imports: variables first, "
     "then its init functions."},
    {"doInit", {"runtime.doInit1"}, since(21),
     "Runs a package's initialisation, in the order that the linker worked out: variables first, "
     "then its init functions."},
    {"forcegchelper", {"runtime.forcegchelper"}, kAll,
     "A goroutine that starts a collection when sysmon finds that two minutes went by without "
     "one."},
    {"gcenable", {"runtime.gcenable"}, kAll,
     "Starts the sweeper and the scavenger, waits until both run, and allows collections."},
    {"bgsweep", {"runtime.bgsweep"}, kAll,
     "The sweeper: a goroutine that frees what the collector found dead."},
    {"bgscavenge", {"runtime.bgscavenge"}, kAll,
     "The scavenger: a goroutine that gives unused memory back to the kernel."},
    {"wakep", {"runtime.wakep"}, kAll,
     "Gets another thread to look for work, when a P is idle and no thread is looking."},
    {"startm", {"runtime.startm"}, kAll,
     "Hands a P to a sleeping thread, or to a new one."},
    {"stopm", {"runtime.stopm"}, kAll,
     "Puts the thread to sleep until somebody hands it a P."},
    {"gopark", {"runtime.gopark"}, kAll,
     "Puts the current goroutine to sleep, with the reason why, and lets the scheduler run "
     "another."},

    // The program, and its end.
    {"main.main", {"main.main"}, kAll,
     "The program's own main function: the boot is over."},
    {"goexit", {"runtime.goexit"}, kAll,
     "Where a goroutine's function returns to: the return address was planted when the goroutine "
     "was made."},
    {"goexit1", {"runtime.goexit1"}, kAll,
     "Ends the current goroutine: leaves its stack for g0 and carries on in goexit0."},
    {"goexit0", {"runtime.goexit0"}, kAll,
     "On g0: clears the dead goroutine's g, keeps it for use again, and calls schedule."},
    {"exit", {"runtime.exit"}, kAll,
     "The exit_group system call: the process ends, whatever its other threads are doing."},
};
// clang-format on

}  // namespace

bool Releases::hold(GoRelease release) const {
  if (!release.known()) return true;
  return release.minor >= first && (last == 0 || release.minor <= last);
}

std::span<const BootRoutine> boot_routines() { return kRoutines; }

std::vector<FoundRoutine> find_boot_routines(const SymbolTable& symbols, GoRelease release) {
  std::vector<FoundRoutine> out;
  for (const BootRoutine& routine : kRoutines) {
    if (!routine.releases.hold(release)) continue;
    FoundRoutine found{&routine, routine.name(), {}};
    for (const std::string_view name : routine.names()) {
      found.at = symbols.find(name);
      if (found.at.empty()) continue;
      found.name = name;
      break;
    }
    out.push_back(std::move(found));
  }
  return out;
}

}  // namespace runtime_model::golang
