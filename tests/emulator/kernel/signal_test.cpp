#include <cstring>

#include "emulator/kernel/signal_frame.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using cpu::FaultKind;
using cpu::GuestFault;
using kernel::Timespec;

namespace {
constexpr u64 kSigprocmask = 14, kSigreturn = 15, kPause = 34, kNanosleep = 35, kKill = 62,
              kSigpending = 127, kSigtimedwait = 128, kSigsuspend = 130, kSigaltstack = 131,
              kFutex = 202, kTgkill = 234;
constexpr u64 kSiginfo = 4, kOnStack = 0x08000000, kRestart = 0x10000000, kNoDefer = 0x40000000,
              kResetHand = 0x80000000;
constexpr u64 kHandler = 0x401080;
constexpr int kUsr1 = 10, kSegv = 11, kUrg = 23, kProf = 27;

// Offsets in the frame, as Go's runtime and glibc's ucontext_t know them; the frame starts at RSP.
constexpr u64 kUc = 8, kContext = kUc + 40, kInfo = 312;
constexpr u64 kRegR8 = kContext, kRegRsp = kContext + 15 * 8, kRegRip = kContext + 16 * 8,
              kRegFlags = kContext + 17 * 8, kCs = kContext + 18 * 8, kErr = kContext + 19 * 8,
              kTrapno = kErr + 8, kCr2 = kErr + 24, kFpstate = kErr + 32, kSigmask = kUc + 296;

void raise(World& w, Thread& t, int signal) { w.call(t, kTgkill, 1, t.tid, signal); }

/// Fills registers with values that tell them apart.
void colour(Thread& t) {
  for (unsigned r = 0; r < 16; ++r)
    if (r != cpu::rsp) t.regs.gpr(r) = 0x1111111111111111 * (r + 1);
  for (unsigned v = 0; v < 16; ++v) t.regs.ymm[v].bytes.fill(static_cast<u8>(v + 1));
  t.regs.mxcsr = 0x7f80;
  t.regs.set_rflags(0x202 | cpu::kCF | cpu::kZF | cpu::kDF);
}

bool same(const cpu::Registers& a, const cpu::Registers& b) {
  return a.slots == b.slots && a.rip == b.rip && a.rflags() == b.rflags() && a.mxcsr == b.mxcsr &&
         a.ymm == b.ymm;
}
}  // namespace

TEST_CASE("A handler is entered on a frame that rt_sigreturn undoes") {
  for (const cpu::Level level : {cpu::Level::v1, cpu::Level::v3}) {
    kernel::Config config = plain_config();
    config.profile.level = level;
    World w(config);
    Thread& t = w.main();
    CHECK(w.handle(kUsr1, kHandler, kSiginfo | kRestart, ~u64{0}) == 0);
    w.kernel.post_signal(&t, SigInfo{.signal = kUsr1, .code = -6, .address = {}, .pid = 1});
    colour(t);
    if (level == cpu::Level::v1)
      for (auto& v : t.regs.ymm) std::fill(v.bytes.begin() + 16, v.bytes.end(), u8{0});
    t.mask = 0x8000;
    const cpu::Registers before = t.regs;
    w.kernel.deliver_signals(t);

    const u64 frame = t.regs[cpu::rsp];
    CHECK(frame % 16 == 8);
    CHECK(frame < before[cpu::rsp] - 128);
    CHECK(t.regs.rip == kHandler);
    CHECK(t.regs[cpu::rdi] == kUsr1);
    CHECK(t.regs[cpu::rsi] == frame + kInfo);
    CHECK(t.regs[cpu::rdx] == frame + kUc);
    CHECK(t.regs[cpu::rax] == 0);
    CHECK_FALSE(t.regs.df());
    CHECK(t.regs.mxcsr == 0x1f80);
    CHECK(t.regs.ymm[3] == cpu::V256{});
    CHECK(t.mask == (~u64{0} & ~kernel::kUnblockable));

    CHECK(w.get<u64>(frame) == 0x401100);
    CHECK(w.get<u64>(frame + kUc) == (level == cpu::Level::v1 ? 6 : 7));
    CHECK(w.get<u64>(frame + kRegR8) == before[cpu::r8]);
    CHECK(w.get<u64>(frame + kRegRsp) == before[cpu::rsp]);
    CHECK(w.get<u64>(frame + kRegRip) == before.rip);
    CHECK(w.get<u64>(frame + kRegFlags) == before.rflags());
    CHECK(w.get<u16>(frame + kCs) == 0x33);
    CHECK(w.get<u16>(frame + kCs + 6) == 0x2b);
    CHECK(w.get<u64>(frame + kSigmask) == 0x8000);
    CHECK(w.get<std::array<i32, 3>>(frame + kInfo) == std::array<i32, 3>{kUsr1, 0, -6});
    const u64 fp = w.get<u64>(frame + kFpstate);
    CHECK(fp % 64 == 0);
    CHECK(w.get<u32>(fp + 24) == 0x7f80);
    if (level == cpu::Level::v3) {
      CHECK(w.get<u32>(fp + 464) == 0x46505853);
      CHECK(w.get<u32>(fp + 464 + 4) == 836);
      CHECK(w.get<u32>(fp + 832) == 0x46505845);
      CHECK(w.get<u64>(fp + 512) == 7);
    }

    t.regs[cpu::rsp] += 8;  // the handler returned to the restorer
    w.call(kSigreturn);
    CHECK(same(t.regs, before));
    CHECK(t.mask == 0x8000);
  }
}

TEST_CASE("A handler sees what the frame may change: RIP, registers and mask take effect") {
  World w;
  Thread& t = w.main();
  w.handle(kUrg, kHandler, kSiginfo | kOnStack);
  raise(w, t, kUrg);
  w.kernel.deliver_signals(t);
  const u64 frame = t.regs[cpu::rsp];
  w.put(frame + kRegRip, u64{0x401234});
  w.put(frame + kSigmask, ~u64{0});
  t.regs[cpu::rsp] += 8;
  w.call(kSigreturn);
  CHECK(t.regs.rip == 0x401234);
  CHECK(t.mask == ~kernel::kUnblockable);
}

TEST_CASE("rt_sigreturn without a frame is a segmentation fault") {
  World w;
  w.main().regs[cpu::rsp] = 0x10;
  w.call(kSigreturn);
  w.kernel.deliver_signals(w.main());
  REQUIRE(w.kernel.exit);
  CHECK(w.kernel.exit->signal == kSegv);
}

TEST_CASE(
    "The alternate stack is used, nested handlers stay on it, and it cannot be changed from "
    "there") {
  World w;
  Thread& t = w.main();
  const u64 stack = w.call(9, 0, 0x8000, 3, 0x22, -1, 0), at = w.page();
  w.put(at, kernel::StackT{stack, 0, 0, 0x8000});
  CHECK(w.call(kSigaltstack, at, 0) == 0);
  w.handle(kUsr1, kHandler, kOnStack | kNoDefer);
  const u64 normal = t.regs[cpu::rsp];
  raise(w, t, kUsr1);
  w.kernel.deliver_signals(t);
  const u64 first = t.regs[cpu::rsp];
  CHECK(first > stack);
  CHECK(first < stack + 0x8000);
  CHECK(w.get<u64>(first + kRegRsp) == normal);
  CHECK(w.call(kSigaltstack, at, at + 64) == failed(Errno::eperm));
  CHECK(w.call(kSigaltstack, 0, at + 64) == 0);
  CHECK(w.get<kernel::StackT>(at + 64).flags == 1);
  raise(w, t, kUsr1);
  w.kernel.deliver_signals(t);
  CHECK(t.regs[cpu::rsp] < first - 440);
  CHECK(t.regs[cpu::rsp] > stack);
}

TEST_CASE("An alternate stack too small for the frame kills with SIGSEGV") {
  World w;
  const u64 stack = w.call(9, 0, 0x4000, 3, 0x22, -1, 0), at = w.page();
  w.put(at, kernel::StackT{stack + 0x1000, 0, 0, 2047});
  CHECK(w.call(kSigaltstack, at, 0) == failed(Errno::enomem));
  w.put(at, kernel::StackT{stack + 0x1000, 0, 0, 2048});
  CHECK(w.call(kSigaltstack, at, 0) == 0);
  w.handle(kUsr1, kHandler, kOnStack | kNoDefer);
  for (int i = 0; i < 3 && !w.kernel.exit; ++i) {
    raise(w, w.main(), kUsr1);
    w.kernel.deliver_signals(w.main());
  }
  REQUIRE(w.kernel.exit);
  CHECK(w.kernel.exit->signal == kSegv);
}

TEST_CASE("Faults become signals with Linux's codes, trap numbers and error codes") {
  struct Case {
    GuestFault fault;
    int signal, code;
    u64 trap, error, address;
  };
  constexpr u64 kRip = 0x401010;
  const Case cases[] = {
      {{FaultKind::page, Addr(0x10), cpu::Access::read, false}, 11, 1, 14, 4, 0x10},
      {{FaultKind::page, Addr(kText), cpu::Access::write, true}, 11, 2, 14, 7, kText},
      {{FaultKind::page, Addr(0x20), cpu::Access::fetch, false}, 11, 1, 14, 20, 0x20},
      {{FaultKind::bus, Addr(0x30), cpu::Access::read, true}, 7, 2, 14, 5, 0x30},
      {{FaultKind::general_protection}, 11, 0x80, 13, 0, 0},
      {{FaultKind::divide}, 8, 1, 0, 0, kRip},
      {{FaultKind::invalid_opcode}, 4, 2, 6, 0, kRip},
      {{FaultKind::breakpoint}, 5, 0x80, 3, 0, 0},
  };
  for (const Case& c : cases) {
    World w;
    Thread& t = w.main();
    w.handle(c.signal, kHandler, kSiginfo);
    t.regs.rip = kRip;
    w.kernel.fault(t, c.fault);
    CHECK(w.kernel.has_deliverable_signal(t));
    w.kernel.deliver_signals(t);
    CHECK(t.regs.rip == kHandler);
    const u64 frame = t.regs[cpu::rsp];
    CHECK(w.get<i32>(frame + kInfo) == c.signal);
    CHECK(w.get<i32>(frame + kInfo + 8) == c.code);
    CHECK(w.get<u64>(frame + kInfo + 16) == c.address);
    CHECK(w.get<u64>(frame + kTrapno) == c.trap);
    CHECK(w.get<u64>(frame + kErr) == c.error);
    if (c.fault.kind == FaultKind::page) CHECK(w.get<u64>(frame + kCr2) == c.address);
    CHECK(w.get<u64>(frame + kRegRip) == kRip);
  }
}

TEST_CASE("A fault kills when its signal is blocked or ignored") {
  for (const bool blocked : {true, false}) {
    World w;
    w.handle(kSegv, blocked ? kHandler : 1, kSiginfo);
    if (blocked) w.main().mask = kernel::sig_bit(kSegv);
    w.kernel.fault(w.main(), GuestFault{FaultKind::page, Addr(0x10)});
    w.kernel.deliver_signals(w.main());
    REQUIRE(w.kernel.exit);
    CHECK(w.kernel.exit->as_shell_status() == 139);
  }
}

TEST_CASE("Default actions: terminate, ignore, and stop signals named and ignored") {
  World w;
  CHECK(w.call(kKill, 1, 17) == 0);  // SIGCHLD
  CHECK(w.call(kKill, 1, 20) == 0);  // SIGTSTP
  w.kernel.deliver_signals(w.main());
  CHECK_FALSE(w.kernel.exit);
  CHECK(w.notices.size() == 1);
  CHECK(w.call(kKill, 1, 15) == 0);
  w.kernel.deliver_signals(w.main());
  REQUIRE(w.kernel.exit);
  CHECK(w.kernel.exit->signal == 15);
}

TEST_CASE("SIGKILL can be neither blocked nor handled") {
  World w;
  CHECK(w.handle(9, kHandler, 0) == failed(Errno::einval));
  const u64 at = w.page();
  w.put(at, ~u64{0});
  CHECK(w.call(kSigprocmask, 2, at, 0, 8) == 0);
  w.call(kKill, 1, 9);
  w.kernel.deliver_signals(w.main());
  CHECK(w.kernel.exit->signal == 9);
}

TEST_CASE(
    "Standard signals are pending once, real-time signals queue, the lowest number goes first") {
  World w;
  Thread& t = w.main();
  const u64 at = w.page();
  t.mask = ~kernel::kUnblockable;
  for (const int signal : {40, 40, kUsr1, kUsr1, 12}) raise(w, t, signal);
  CHECK(t.pending.size() == 4);
  CHECK(w.call(kSigpending, at, 8) == 0);
  CHECK(w.get<u64>(at) == (kernel::sig_bit(40) | kernel::sig_bit(10) | kernel::sig_bit(12)));
  w.put(at, ~u64{0});
  std::vector<u64> order;
  for (int i = 0; i < 4; ++i) order.push_back(w.call(kSigtimedwait, at, 0, 0, 8));
  CHECK(order == std::vector<u64>{10, 12, 40, 40});
}

TEST_CASE("SA_RESETHAND falls back to the default action, SA_NODEFER leaves the signal open") {
  World w;
  w.handle(kUsr1, kHandler, kNoDefer | kResetHand);
  raise(w, w.main(), kUsr1);
  w.kernel.deliver_signals(w.main());
  CHECK(w.main().mask == 0);
  CHECK_FALSE(w.kernel.exit);
  raise(w, w.main(), kUsr1);
  w.kernel.deliver_signals(w.main());
  CHECK(w.kernel.exit->signal == kUsr1);
}

TEST_CASE("A signal to the process goes to the first thread that does not block it") {
  World w;
  Thread& t = w.new_thread();
  w.handle(kUsr1, kHandler, 0);
  w.main().mask = kernel::sig_bit(kUsr1);
  w.call(kKill, 1, kUsr1);
  CHECK_FALSE(w.kernel.has_deliverable_signal(w.main()));
  CHECK(w.kernel.has_deliverable_signal(t));
  t.mask = kernel::sig_bit(kUsr1);
  CHECK_FALSE(w.kernel.has_deliverable_signal(t));
  w.main().mask = 0;
  CHECK(w.kernel.has_deliverable_signal(w.main()));
}

TEST_CASE("A wait is restarted after a handler with SA_RESTART, and fails with EINTR without") {
  for (const bool restart : {true, false}) {
    World w;
    Thread& t = w.main();
    const u64 word = w.page();
    w.handle(kUsr1, kHandler, kSiginfo | (restart ? kRestart : 0));
    Thread& other = w.new_thread();
    w.call(kFutex, word, 128, 0, 0);
    const u64 after = t.regs.rip;
    CHECK(w.call(other, kTgkill, 1, 1, kUsr1) == 0);
    CHECK(w.wake(t));
    CHECK(t.regs.rip == kHandler);
    const u64 frame = t.regs[cpu::rsp];
    CHECK(w.get<u64>(frame + kRegRip) == (restart ? after - 2 : after));
    CHECK(w.get<u64>(frame + kContext + 13 * 8) == (restart ? kFutex : failed(Errno::eintr)));
  }
}

TEST_CASE("A wait with a timeout is never restarted") {
  World w;
  const u64 word = w.page();
  w.put(word + 8, Timespec{10, 0});
  w.handle(kUsr1, kHandler, kRestart);
  w.call(kFutex, word, 128, 0, word + 8);
  w.kernel.post_signal(&w.main(), SigInfo{.signal = kUsr1, .address = {}});
  CHECK(w.wake(w.main()));
  CHECK(w.get<u64>(w.main().regs[cpu::rsp] + kContext + 13 * 8) == failed(Errno::eintr));
}

TEST_CASE("nanosleep tells what was left when a handler interrupts it") {
  World w;
  const u64 at = w.page();
  w.put(at, Timespec{0, 1000});
  w.handle(kUsr1, kHandler, kRestart);
  w.call(kNanosleep, at, at + 16);
  w.kernel.set_time(Nanos(400));
  w.kernel.post_signal(nullptr, SigInfo{.signal = kUsr1, .address = {}});
  CHECK(w.wake(w.main()));
  CHECK(w.get<Timespec>(at + 16).nanoseconds == 600);
}

TEST_CASE("An ignored signal does not disturb a wait") {
  World w;
  w.call(kPause);
  w.kernel.post_signal(&w.main(), SigInfo{.signal = 17, .address = {}});
  CHECK_FALSE(w.kernel.can_resume(w.main()));
}

TEST_CASE("rt_sigsuspend runs the handler under its mask and brings the old one back") {
  World w;
  Thread& t = w.main();
  const u64 at = w.page();
  w.handle(kUsr1, kHandler, 0);
  t.mask = kernel::sig_bit(kUsr1) | 1;
  w.kernel.post_signal(&t, SigInfo{.signal = kUsr1, .address = {}});
  w.put(at, u64{2});
  w.call(kSigsuspend, at, 8);
  CHECK(w.wake(t));
  CHECK(t.regs.rip == kHandler);
  CHECK(t.mask == (u64{2} | kernel::sig_bit(kUsr1)));
  CHECK(w.get<u64>(t.regs[cpu::rsp] + kContext + 13 * 8) == failed(Errno::eintr));
  t.regs[cpu::rsp] += 8;
  w.call(kSigreturn);
  CHECK(t.mask == (kernel::sig_bit(kUsr1) | 1));
}

TEST_CASE("rt_sigtimedwait takes a signal from another thread or times out") {
  World w;
  Thread& t = w.main();
  Thread& other = w.new_thread();
  const u64 at = w.page();
  w.put(at, kernel::sig_bit(kUsr1));
  w.put(at + 8, Timespec{0, 100});
  t.mask = other.mask = kernel::sig_bit(kUsr1);
  w.call(kSigtimedwait, at, 0, at + 8, 8);
  w.call(other, kKill, 1, kUsr1);
  CHECK(w.wake(t));
  CHECK(t.regs[cpu::rax] == kUsr1);
  w.call(kSigtimedwait, at, 0, at + 8, 8);
  w.kernel.set_time(Nanos(100));
  CHECK(w.wake(t));
  CHECK(t.regs[cpu::rax] == failed(Errno::eagain));
}

TEST_CASE("kill and tgkill answer Linux's errors") {
  World w;
  CHECK(w.call(kKill, 2, 0) == failed(Errno::esrch));
  CHECK(w.call(kKill, 1, 65) == failed(Errno::einval));
  CHECK(w.call(kKill, 1, 0) == 0);
  CHECK(w.call(kTgkill, 1, 9, kProf) == failed(Errno::esrch));
  CHECK(w.call(kTgkill, 1, 0, kProf) == failed(Errno::einval));
}
