#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using kernel::Timespec;

namespace {
constexpr u64 kClone = 56, kExit = 60, kFutex = 202, kGetaffinity = 204, kExitGroup = 231,
              kArchPrctl = 158;
constexpr u64 kWait = 128, kWake = 129, kWaitBitset = 137,
              kRequeue = 132;  // FUTEX_… | PRIVATE
}  // namespace

TEST_CASE("clone makes a thread that starts behind the call with its own stack and TLS") {
  World w;
  const u64 tids = w.page();
  w.main().mask = 0x40;
  int told = 0;
  w.kernel.on.clone = [&](const Thread& parent, const Thread& child) {
    ++told;
    CHECK(parent.tid == 1);
    CHECK(child.tid == 2);
  };
  CHECK(w.call(kClone, 0x50f00 | 0x80000 | 0x100000 | 0x200000, 0xc000010000, tids, tids + 8,
               0xc000020000) == 2);
  Thread& child = *w.kernel.find_thread(2);
  CHECK(child.regs[cpu::rax] == 0);
  CHECK(child.regs[cpu::rsp] == 0xc000010000);
  CHECK(child.regs.fs_base() == 0xc000020000);
  CHECK(child.regs.rip == w.main().regs.rip);
  CHECK(child.mask == 0x40);
  CHECK(w.get<i32>(tids) == 2);
  CHECK(child.clear_child_tid == Addr(tids + 8));
  CHECK(told == 1);
}

TEST_CASE("No other process can be started") {
  World w;
  CHECK(w.call(kClone, 17, 0, 0, 0, 0) == failed(Errno::enosys));
  CHECK(w.call(57) == failed(Errno::enosys));
  CHECK(w.call(59, 0, 0, 0) == failed(Errno::eacces));
  CHECK(w.call(435, 0, 0) == failed(Errno::enosys));
  CHECK(w.call(61, -1, 0, 0, 0) == failed(Errno::echild));
  CHECK(w.notices.size() == 3);
}

TEST_CASE("Threads beyond the limit are refused with EAGAIN, and dead ones do not count") {
  kernel::Config config = plain_config();
  config.max_threads = 2;
  World w(config);
  Thread& second = w.new_thread();
  CHECK(w.call(kClone, 0x50f00, 0, 0, 0, 0) == failed(Errno::eagain));
  w.call(second, kExit, 0);
  CHECK(w.call(kClone, 0x50f00, 0, 0, 0, 0) == 3);
}

TEST_CASE("A call that is not modelled answers ENOSYS and is named once") {
  World w;
  CHECK(w.call(321, 0) == failed(Errno::enosys));
  CHECK(w.call(321, 0) == failed(Errno::enosys));
  CHECK(w.call(~u64{0}) == failed(Errno::enosys));
  REQUIRE(w.notices.size() == 2);
  CHECK(w.notices[0] == "system call 321 (bpf) is not modelled: answers ENOSYS");
  CHECK(w.notices[1] == "system call -1 is not modelled: answers ENOSYS");
}

TEST_CASE("futex wakes in the order of arrival") {
  World w;
  const u64 word = w.page();
  Thread& a = w.new_thread();
  Thread& b = w.new_thread();
  Thread& c = w.new_thread();
  for (Thread* t : {&b, &a, &c}) w.call(*t, kFutex, word, kWait, 0, 0);
  CHECK(a.state == ThreadState::waiting);
  CHECK(w.call(kFutex, word, kWake, 1) == 1);
  CHECK_FALSE(w.kernel.can_resume(a));
  CHECK(w.wake(b));
  CHECK(b.regs[cpu::rax] == 0);
  CHECK(w.call(kFutex, word, kWake, 10) == 2);
  CHECK(w.wake(a));
  CHECK(w.wake(c));
  CHECK(w.call(kFutex, word, kWake, 1) == 0);
}

TEST_CASE("futex compares the word and checks its address") {
  World w;
  const u64 word = w.page();
  w.put(word, u32{5});
  CHECK(w.call(kFutex, word, kWait, 4, 0) == failed(Errno::eagain));
  CHECK(w.call(kFutex, word + 1, kWait, 5, 0) == failed(Errno::einval));
  CHECK(w.call(kFutex, 0x500000, kWait, 5, 0) == failed(Errno::efault));
  CHECK(w.call(kFutex, word, kWaitBitset, 5, 0, 0, 0) == failed(Errno::einval));
  CHECK(w.call(kFutex, word, 77, 5, 0) == failed(Errno::enosys));
  w.put(word + 8, Timespec{0, -1});
  CHECK(w.call(kFutex, word, kWait, 5, word + 8) == failed(Errno::einval));
}

TEST_CASE("A futex timeout ends the wait at its deadline") {
  World w;
  const u64 word = w.page();
  w.put(word + 8, Timespec{0, 5000});
  w.kernel.set_time(Nanos(1000));
  w.call(kFutex, word, kWait, 0, word + 8);
  CHECK(w.kernel.next_deadline() == Nanos(6000));
  w.kernel.set_time(Nanos(5999));
  CHECK_FALSE(w.kernel.can_resume(w.main()));
  w.kernel.set_time(Nanos(6000));
  CHECK(w.wake(w.main()));
  CHECK(w.main().regs[cpu::rax] == failed(Errno::etimedout));
  CHECK_FALSE(w.kernel.next_deadline());
}

TEST_CASE("FUTEX_WAIT_BITSET waits until an instant of the monotonic clock, for some bits") {
  World w;
  const u64 word = w.page();
  w.put(word + 8, Timespec{1, 500});  // the monotonic clock starts at one second
  w.call(kFutex, word, kWaitBitset, 0, word + 8, 0, 2);
  CHECK(w.kernel.next_deadline() == Nanos(500));
  Thread& t = w.main();
  CHECK(w.kernel.wake_futex(word, 1, 4) == 0);
  CHECK(w.kernel.wake_futex(word, 1, 6) == 1);
  CHECK(w.wake(t));
  CHECK(t.regs[cpu::rax] == 0);
}

TEST_CASE("A requeued waiter waits for the other word") {
  World w;
  const u64 word = w.page();
  Thread& a = w.new_thread();
  Thread& b = w.new_thread();
  w.call(a, kFutex, word, kWait, 0, 0);
  w.call(b, kFutex, word, kWait, 0, 0);
  CHECK(w.call(kFutex, word, kRequeue, 1, 1, word + 64, 0) == 2);
  CHECK(w.wake(a));
  CHECK_FALSE(w.kernel.can_resume(b));
  CHECK(w.call(kFutex, word + 64, kWake, 1) == 1);
  CHECK(w.wake(b));
}

TEST_CASE("A dead thread clears its tid word and wakes who waits for it") {
  World w;
  const u64 word = w.page();
  Thread& t = w.new_thread();
  w.put(word, t.tid);
  w.call(t, 218, word);
  w.call(kFutex, word, kWait, t.tid, 0);
  w.call(t, kExit, 3);
  CHECK(t.state == ThreadState::dead);
  CHECK(w.get<i32>(word) == 0);
  CHECK(w.wake(w.main()));
  CHECK_FALSE(w.kernel.exit);
}

TEST_CASE("The process ends with its last thread and the first thread's status") {
  World w;
  Thread& t = w.new_thread();
  w.call(kExit, 7);
  CHECK_FALSE(w.kernel.exit);
  w.call(t, kExit, 9);
  REQUIRE(w.kernel.exit);
  CHECK(w.kernel.exit->status == 7);
}

TEST_CASE("exit_group ends all threads") {
  World w;
  Thread& t = w.new_thread();
  w.call(t, kExitGroup, 258);
  REQUIRE(w.kernel.exit);
  CHECK(w.kernel.exit->status == 2);
  CHECK(w.main().state == ThreadState::dead);
}

TEST_CASE("sched_getaffinity reports the configured cores") {
  kernel::Config config = plain_config();
  config.cores = 3;
  World w(config);
  const u64 at = w.call(9, 0, 8192, 3, 0x22, -1, 0);
  CHECK(w.call(kGetaffinity, 0, 8192, at) == 32);
  CHECK(w.get<u64>(at) == 7);
  CHECK(w.call(kGetaffinity, 0, 4, at) == failed(Errno::einval));
  CHECK(w.call(kGetaffinity, 99, 8, at) == failed(Errno::esrch));
}

TEST_CASE("arch_prctl sets and reads FS, and refuses addresses outside of user space") {
  World w;
  const u64 at = w.page();
  CHECK(w.call(kArchPrctl, 0x1002, 0x4bfcd0) == 0);
  CHECK(w.main().regs.fs_base() == 0x4bfcd0);
  CHECK(w.call(kArchPrctl, 0x1003, at) == 0);
  CHECK(w.get<u64>(at) == 0x4bfcd0);
  CHECK(w.call(kArchPrctl, 0x1002, 0x800000000000) == failed(Errno::eperm));
  CHECK(w.call(kArchPrctl, 1, 0) == failed(Errno::einval));
}

TEST_CASE("A checkpoint brings threads, waits and clock back") {
  World w;
  const u64 word = w.page();
  w.call(kFutex, word, kWait, 0, 0);
  const Kernel::Checkpoint before = w.kernel.checkpoint();
  const u64 next = w.kernel.random();
  w.kernel.wake_futex(word, 1);
  w.kernel.set_time(Nanos(99));
  w.kernel.exit_group(1);
  w.kernel.restore(before);
  CHECK(w.main().state == ThreadState::waiting);
  CHECK_FALSE(w.kernel.can_resume(w.main()));
  CHECK(w.kernel.now() == Nanos(0));
  CHECK_FALSE(w.kernel.exit);
  CHECK(w.kernel.random() == next);
}

TEST_CASE("The strace line shows arguments by their kinds") {
  World w;
  const kernel::Args args{{0, 8192, 0xc000000000, 0, 0, 0}};
  CHECK(kernel::strace_line(w.kernel, *kernel::find_syscall(kGetaffinity), args, u64{32}) ==
        "sched_getaffinity(0, 8192, 0xc000000000) = 32");
  const kernel::Args kill{{1, 1, 23, 0, 0, 0}};
  CHECK(kernel::strace_line(w.kernel, *kernel::find_syscall(234), kill, Errno::esrch) ==
        "tgkill(1, 1, SIGURG) = -1 ESRCH");
}
