#include "emulator/kernel/clock.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using kernel::Itimerspec;
using kernel::Itimerval;
using kernel::Timespec;

namespace {
constexpr u64 kNanosleep = 35, kGetitimer = 36, kAlarm = 37, kSetitimer = 38, kTimerCreate = 222,
              kTimerSettime = 223, kTimerGettime = 224, kTimerOverrun = 225, kTimerDelete = 226,
              kClockGettime = 228, kClockNanosleep = 230;
constexpr int kAlrm = 14, kProf = 27;
constexpr u64 kHandler = 0x401080;

Timespec read(World& w, u64 clock) {
  const u64 at = w.page();
  REQUIRE(w.call(kClockGettime, clock, at) == 0);
  return w.get<Timespec>(at);
}
}  // namespace

TEST_CASE("Clocks follow virtual time from a fixed start") {
  World w;
  w.kernel.set_time(Nanos(2'000'000'007));
  w.kernel.ran(w.main(), 55);
  CHECK(read(w, 0).seconds == 1'704'067'202);
  CHECK(read(w, 0).nanoseconds == 7);
  CHECK(read(w, 1).seconds == 3);
  CHECK(read(w, 3).nanoseconds == 55);
  CHECK(w.call(kClockGettime, 77, w.page()) == failed(Errno::einval));
  CHECK(w.call(kClockGettime, 1, 0x500000) == failed(Errno::efault));
}

TEST_CASE("Virtual time never goes back") {
  World w;
  w.kernel.set_time(Nanos(10));
  w.kernel.set_time(Nanos(5));
  CHECK(w.kernel.now() == Nanos(10));
}

TEST_CASE("Sleepers wake at their own deadlines") {
  World w;
  const u64 at = w.page();
  Thread& t = w.new_thread();
  w.put(at, Timespec{0, 300});
  w.call(kNanosleep, at, 0);
  w.put(at, Timespec{1, 200});
  w.call(t, kClockNanosleep, 1, 1, at, 0);  // until an instant of the monotonic clock
  CHECK(w.kernel.next_deadline() == Nanos(200));
  w.kernel.set_time(Nanos(200));
  CHECK(w.wake(t));
  CHECK(t.regs[cpu::rax] == 0);
  CHECK_FALSE(w.kernel.can_resume(w.main()));
  CHECK(w.kernel.next_deadline() == Nanos(300));
  w.put(at, Timespec{0, 1'000'000'000});
  CHECK(w.call(t, kNanosleep, at, 0) == failed(Errno::einval));
}

TEST_CASE("ITIMER_REAL fires again and again and is merged while pending") {
  World w;
  const u64 at = w.page();
  w.handle(kAlrm, kHandler, 0);
  w.main().mask = kernel::sig_bit(kAlrm);
  w.put(at, Itimerval{{0, 10}, {0, 5}});
  CHECK(w.call(kSetitimer, 0, at, 0) == 0);
  CHECK(w.kernel.next_deadline() == Nanos(5000));
  w.kernel.set_time(Nanos(5000));
  CHECK(w.kernel.next_deadline() == Nanos(15000));
  w.kernel.set_time(Nanos(38000));
  CHECK(w.kernel.signals().pending.size() == 1);
  CHECK(w.kernel.next_deadline() == Nanos(45000));
  CHECK(w.call(kGetitimer, 0, at + 64) == 0);
  CHECK(w.get<Itimerval>(at + 64).value.microseconds == 7);
  CHECK(w.call(kSetitimer, 0, 0, 0) == 0);
  CHECK_FALSE(w.kernel.next_deadline());
}

TEST_CASE("alarm replaces the timer and tells how much was left") {
  World w;
  CHECK(w.call(kAlarm, 10) == 0);
  w.kernel.set_time(Nanos(3'000'000'000));
  CHECK(w.call(kAlarm, 0) == 7);
  CHECK_FALSE(w.kernel.next_deadline());
}

TEST_CASE("ITIMER_PROF counts instructions and signals the thread that was running") {
  World w;
  Thread& busy = w.new_thread();
  const u64 at = w.page();
  w.handle(kProf, kHandler, 0);
  w.put(at, Itimerval{{0, 1}, {0, 1}});
  CHECK(w.call(kSetitimer, 2, at, 0) == 0);
  w.kernel.set_time(Nanos(50'000));
  CHECK(w.kernel.signals().pending.empty());
  CHECK(w.kernel.next_deadline() == Nanos(51'000));
  w.kernel.ran(busy, 1000);
  w.kernel.set_time(Nanos(51'000), &busy);
  CHECK(w.kernel.has_deliverable_signal(busy));
  CHECK_FALSE(w.kernel.has_deliverable_signal(w.main()));
}

TEST_CASE("A CPU timer does not keep sleepers from a deadlock") {
  World w;
  const u64 at = w.page();
  w.put(at, Itimerval{{0, 1}, {0, 1}});
  w.call(kSetitimer, 2, at, 0);
  w.call(202, at + 128, 128, 0, 0);
  CHECK_FALSE(w.kernel.next_deadline());
}

TEST_CASE("POSIX timers signal the thread they name") {
  World w;
  Thread& t = w.new_thread(w.page() + 0x1000);
  const u64 at = w.page();
  struct Sigevent {
    u64 value;
    i32 signal, notify, thread;
    u8 rest[44];
  };
  w.put(at, Sigevent{0xabc, kProf, 4, t.tid, {}});
  CHECK(w.call(kTimerCreate, 1, at, at + 128) == 0);
  const i32 id = w.get<i32>(at + 128);
  w.put(at, Itimerspec{{0, 100}, {0, 100}});
  CHECK(w.call(kTimerSettime, id, 0, at, 0) == 0);
  CHECK(w.call(kTimerGettime, id, at + 64) == 0);
  CHECK(w.get<Itimerspec>(at + 64).value.nanoseconds == 100);
  w.handle(kProf, kHandler, 4);
  w.kernel.set_time(Nanos(100));
  CHECK_FALSE(w.kernel.has_deliverable_signal(w.main()));
  w.kernel.deliver_signals(t);
  CHECK(t.regs.rip == kHandler);
  CHECK(w.get<u64>(t.regs[cpu::rsi] + 24) == 0xabc);
}

TEST_CASE("A POSIX timer's siginfo carries id, overrun and value") {
  World w;
  Thread& t = w.main();
  const u64 at = w.page();
  w.handle(kAlrm, kHandler, 4);
  CHECK(w.call(kTimerCreate, 1, 0, at) == 0);
  const i32 id = w.get<i32>(at);
  w.put(at, Itimerspec{{0, 100}, {0, 100}});
  CHECK(w.call(kTimerSettime, id, 0, at, 0) == 0);
  w.kernel.set_time(Nanos(100));
  w.kernel.set_time(Nanos(350));
  w.kernel.deliver_signals(t);
  const u64 info = t.regs[cpu::rsi];
  CHECK(w.get<std::array<i32, 3>>(info) == std::array<i32, 3>{kAlrm, 0, -2});
  CHECK(w.get<i32>(info + 16) == id);
  CHECK(w.get<i32>(info + 20) == 2);
  CHECK(w.get<u64>(info + 24) == static_cast<u64>(id));
  CHECK(w.call(kTimerOverrun, id) == 2);
  CHECK(w.call(kTimerDelete, id) == 0);
  CHECK(w.call(kTimerDelete, id) == failed(Errno::einval));
  CHECK_FALSE(w.kernel.next_deadline());
}

TEST_CASE("A timer on a thread's CPU clock counts that thread's instructions") {
  World w;
  Thread& t = w.new_thread();
  const u64 at = w.page();
  const auto thread_clock = static_cast<u64>(static_cast<i64>((~t.tid << 3) | 6));
  CHECK(w.call(kTimerCreate, thread_clock, 0, at) == 0);
  const i32 id = w.get<i32>(at);
  w.put(at, Itimerspec{{0, 0}, {0, 100}});
  CHECK(w.call(kTimerSettime, id, 0, at, 0) == 0);
  w.handle(kAlrm, kHandler, 0);
  w.kernel.ran(w.main(), 1000);
  w.kernel.set_time(Nanos(1000));
  CHECK(w.kernel.signals().pending.empty());
  w.kernel.ran(t, 100);
  w.kernel.set_time(Nanos(1100));
  CHECK(w.kernel.signals().pending.size() == 1);
}

TEST_CASE("getrandom follows from the seed, getrlimit and uname are fixed") {
  World a, b;
  const u64 at = a.page(), bt = b.page();
  CHECK(a.call(318, at, 13, 0) == 13);
  CHECK(b.call(318, bt, 13, 0) == 13);
  CHECK(a.get<std::array<u8, 16>>(at) == b.get<std::array<u8, 16>>(bt));
  CHECK(a.get<u8>(at + 13) == 0);
  CHECK(a.call(97, 7, at) == 0);
  CHECK(a.get<kernel::Rlimit>(at).current == 1024);
  a.put(at, kernel::Rlimit{1 << 20, 1 << 20});
  CHECK(a.call(160, 7, at) == 0);
  CHECK(a.kernel.rlimit(7).current == 1 << 20);
  CHECK(a.call(63, at) == 0);
  CHECK(a.get<std::array<char, 5>>(at) == std::array<char, 5>{'L', 'i', 'n', 'u', 'x'});
}
