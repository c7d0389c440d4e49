#include "runtime_model/boot/main.hpp"

#include <fmt/format.h>

namespace runtime_model::boot {

using model::Unknown;

namespace {

/// Writes a variable, if this program tells where it is.
void set(const auto& variable, auto value) {
  if (variable.exists()) variable = value;
}

Part<> start_sysmon(Runtime& rt) {
  rt.step("main/started",
          "a stack may grow to 1,000,000,000 bytes; and from now on newproc may wake or start "
          "another thread",
          [&] {
            set(rt.maxstacksize(), u64{1'000'000'000});
            set(rt.maxstackceiling(), u64{2'000'000'000});
            set(rt.mainStarted(), true);
            if (rt.sched().sysmonStarting().exists())
              rt.sched().sysmonStarting() = 1;  // go1.17 only
          });
  rt.step("main/sysmon", "start sysmon, the monitor, on a thread of its own that needs no P");
  co_await rt.long_call<void>("runtime.systemstack", Unknown{});
}

Part<> lock_thread(Runtime& rt) {
  const golang::G gp = rt.getg();
  const golang::M mp = gp.m();
  Runtime::require(rt.m0() == mp, "runtime.main not on m0");
  rt.step("main/lock",
          "keep the main goroutine on the first thread while packages are initialised: some C code "
          "wants that thread",
          [&] {
            mp.lockedInt() += 1;
            mp.lockedg() = gp;
            gp.lockedm() = mp;
            if (rt.go() == 17) mp.doesPark() = true;
          });
  const i64 now = co_await nanotime(rt);
  rt.step("main/time",
          "note when the program began: the reports that GODEBUG can ask for count their time from "
          "here",
          [&] { set(rt.runtimeInitTime(), now); });
}

/// go1.21 made the init tasks of a module a list in the order that the linker worked out.
Part<> do_init(Runtime& rt, Addr tasks) {
  if (rt.has_function("runtime.doInit")) {
    co_await rt.long_call<void>("runtime.doInit", Unknown{});
    co_return;
  }
  const Addr first = rt.load<Addr>(tasks);
  const u64 count = rt.load<u64>(tasks + 8);
  for (u64 i = 0; i < count; ++i) {
    const Addr task = rt.load<Addr>(first + 8 * i);
    co_await rt.long_call<void>("runtime.doInit1", task);
  }
}

Part<> init_packages(Runtime& rt) {
  rt.step("main/init", "initialise the packages, each after those that it imports, main the last");
  if (rt.go() < 21) {
    co_await rt.long_call<void>("runtime.doInit", Unknown{});
    co_return;
  }
  for (golang::Moduledata md = rt.firstmoduledata(); md; md = md.next())
    co_await do_init(rt, md.inittasks().address());
}

Part<> init_done(Runtime& rt) {
  const Addr done = rt.main_init_done().exists() ? rt.main_init_done().get() : Addr();
  rt.step("main/init-done",
          "all packages are initialised: close main_init_done, for which a call from C may wait",
          [&] {
            if (rt.go() >= 27) set(rt.mainInitDone(), true);
          });
  if (done == Addr())
    co_await rt.long_call<void>("runtime.closechan", Unknown{});
  else
    co_await rt.long_call<void>("runtime.closechan", done);
  rt.step(
      "main/unlock",
      "the main goroutine may move to other threads again, unless an init function locked it, too");
  co_await rt.long_call<void>("runtime.unlockOSThread");
}

/// Another goroutine is panicking: let it print why. Go: main, Gosched up to 1000 times.
Part<> wait_for_panics(Runtime& rt) {
  const Addr running = rt.global("runtime.runningPanicDefers");
  if (running == Addr()) co_return;
  for (int i = 0; i < 1000 && rt.load<u32>(running) != 0; ++i) {
    rt.step("main/panics",
            "another goroutine panics and runs its deferred calls: let it go on, so that it can "
            "say why");
    co_await rt.long_call<void>("runtime.mcall", Unknown{});
  }
}

Part<> leave(Runtime& rt) {
  rt.step("main/returned",
          "main.main has returned: the process ends, whatever other goroutines are doing");
  co_await wait_for_panics(rt);
  if (rt.go() >= 20 && rt.has_function("runtime.runExitHooks"))
    co_await rt.long_call<void>("runtime.runExitHooks");
  co_await rt.jump("runtime.exit", i32{0});
}

/// `go f(channel)`: since go1.18 the compiler wraps it in a closure without parameters, which lies
/// on the heap; before, newproc copied the arguments.
Part<> start_worker(Runtime& rt, Addr channel, std::string_view id, std::string why, char number) {
  rt.step(id, std::move(why));
  if (rt.go() >= 18) {
    const Addr closure = co_await rt.long_call<Addr>("runtime.newobject", Unknown{});
    const std::string name =
        fmt::format("runtime.gcenable.{}{}", rt.go() >= 22 ? "gowrap" : "func", number);
    rt.step("gcenable/closure",
            "a go statement with an argument: the compiler made a closure that holds the argument, "
            "here the channel",
            [&] {
              rt.store<Addr>(closure, rt.function(name));
              rt.store<Addr>(closure + 8, channel);
            });
  }
  co_await rt.long_call<void>("runtime.newproc", Unknown{});
}

}  // namespace

Model<> gcenable(Runtime& rt) {
  rt.step("gcenable/channel",
          "make a channel on which the sweeper and the scavenger will tell that they have begun");
  const Addr channel = co_await rt.long_call<Addr>("runtime.makechan", Unknown{}, i64{2});
  const Addr kept = rt.global("runtime.gcenable_setup");  // go1.17 keeps it in a variable
  if (rt.go() == 17 && kept != Addr())
    rt.step("gcenable/setup",
            "go1.17 keeps the channel in a variable, where the sweeper and the scavenger find it",
            [&] { rt.store<Addr>(kept, channel); });
  co_await start_worker(
      rt, channel, "gcenable/sweeper",
      "start the sweeper: the goroutine that will free what a collection finds dead", '1');
  co_await start_worker(
      rt, channel, "gcenable/scavenger",
      "start the scavenger: the goroutine that will give unused memory back to the kernel", '2');
  rt.step("gcenable/wait",
          "receive twice, until both have begun: while it waits the main goroutine is parked, for "
          "the first time");
  co_await rt.long_call<void>("runtime.chanrecv1", channel);
  co_await rt.long_call<void>("runtime.chanrecv1", channel);
  rt.step("gcenable/on",
          "from here on a collection may begin; gcinit had set up its pace, but not allowed it",
          [&] {
            rt.memstats().enablegc() = true;
            if (rt.go() == 17 && kept != Addr()) rt.store<Addr>(kept, Addr());
          });
}

Model<> runtime_main(Runtime& rt) {
  if (rt.iscgo()) co_await rt.decline("cgo: C has to be told that Go has begun");
  co_await start_sysmon(rt);
  co_await lock_thread(rt);
  rt.step("main/runtime-init",
          "initialise package runtime: it starts the goroutine that forces a collection after two "
          "minutes without one");
  co_await do_init(rt, rt.global("runtime.runtime_inittasks"));
  rt.step("main/gcenable",
          "call gcenable: it starts the sweeper and the scavenger, and then allows collections");
  co_await rt.long_call<void>("runtime.gcenable");
  if (rt.go() >= 25 && rt.has_function("runtime.defaultGOMAXPROCSUpdateEnable"))
    co_await rt.long_call<void>("runtime.defaultGOMAXPROCSUpdateEnable");
  const Addr channel = co_await rt.long_call<Addr>("runtime.makechan", Unknown{}, i64{0});
  rt.step("main/init-channel",
          "make the channel main_init_done, which is closed when all packages are initialised",
          [&] { set(rt.main_init_done(), channel); });
  co_await init_packages(rt);
  co_await init_done(rt);
  rt.step("main/main.main", "the boot is over: call the program's own main");
  co_await rt.long_call<void>("main.main");
  co_await leave(rt);
}

}  // namespace runtime_model::boot
