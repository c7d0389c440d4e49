// Forwards and backwards over small programs in machine code, whose every position is known.
#include "emulator/machine/timeline.hpp"

#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Conditions;
using machine::StopEvent;
using machine::StopReason;
using machine::WatchKind;

}  // namespace

TEST_CASE("a timeline starts before the first instruction, and says so when asked to go back") {
  Trip t(kCountTo1000 + kExit7);
  CHECK(t.timeline.position() == 0);
  CHECK(t.timeline.thread() == 1);
  CHECK(t.rip() == kText);
  for (const StopEvent& e : {t.timeline.reverse_step(), t.timeline.reverse_resume(at(kText))}) {
    CHECK(e.reason == StopReason::start);
    CHECK(e.position == 0);
  }
}

TEST_CASE("steps forwards and backwards count instructions") {
  Trip t(kCountTo1000 + kExit7);
  CHECK(t.timeline.step().reason == StopReason::step);
  CHECK(t.timeline.position() == 1);
  CHECK(t.reg(cpu::rcx) == 1000);
  t.timeline.step(100);
  CHECK(t.timeline.position() == 101);
  CHECK(t.reg(cpu::rcx) == 950);
  t.timeline.reverse_step(51);
  CHECK(t.timeline.position() == 50);
  CHECK(t.reg(cpu::rcx) == 975);
  CHECK(t.timeline.furthest() == 101);
  CHECK(t.timeline.reverse_step(51).reason == StopReason::start);
  CHECK(t.timeline.position() == 0);
  CHECK(t.timeline.reverse_step(1).reason == StopReason::start);
}

TEST_CASE("stepping back exactly to the start is a step, and one more says that it is the start") {
  Trip t(kCountTo1000 + kExit7);
  t.timeline.step(5);
  CHECK(t.timeline.reverse_step(5).reason == StopReason::step);
  CHECK(t.timeline.reverse_step(1).reason == StopReason::start);
}

TEST_CASE("the guest's end is a position where forwards ends and from which one may go back") {
  Trip t(kCountTo1000 + kExit7);
  const StopEvent end = t.timeline.resume();
  CHECK(end.reason == StopReason::exit);
  REQUIRE(end.exit);
  CHECK(end.exit->status == 7);
  CHECK(end.position == 2004);
  CHECK(t.timeline.step().reason == StopReason::exit);
  CHECK(t.timeline.position() == 2004);
  t.timeline.reverse_step();
  CHECK(t.timeline.position() == 2003);
  CHECK(t.reg(cpu::rdi) == 7);
  CHECK(t.timeline.go_to(2004).reason == StopReason::exit);
  CHECK(t.timeline.go_to(1).reason == StopReason::step);
  CHECK(t.timeline.go_to(99999).reason == StopReason::exit);
  CHECK(t.timeline.position() == 2004);
}

TEST_CASE("what rt0 cannot execute ends the guest with its name, and one may go back from there") {
  Trip t({0x90, 0x90, 0xd9, 0xe8});  // nop; nop; fld1
  for (int i = 0; i < 2; ++i) {
    const StopEvent end = t.timeline.resume();
    CHECK(end.reason == StopReason::error);
    CHECK(end.position == 2);
    CHECK(end.message.find("fld1") != std::string::npos);
    CHECK(t.rip() == kText + 2);
    CHECK(t.timeline.step().reason == StopReason::error);
    CHECK(t.timeline.reverse_step().position == 1);
    CHECK(t.rip() == kText + 1);
  }
}

TEST_CASE("an error inside the kernel ends the guest too") {
  // futex(kData, FUTEX_WAIT, 0, NULL): nobody can wake it
  Trip t({0xb8, 0xca, 0, 0, 0, 0xbf, 0, 0x20, 0x40, 0, 0x31, 0xf6, 0x31, 0xd2, 0x4d, 0x31, 0xd2,
          0x0f, 0x05});
  for (int i = 0; i < 2; ++i) {
    const StopEvent end = t.timeline.resume();
    CHECK(end.reason == StopReason::error);
    CHECK(end.message.find("deadlock") != std::string::npos);
    CHECK(end.position == 6);
    t.timeline.go_to(3);
    CHECK(t.rip() == kText + 12);
  }
}

TEST_CASE("a breakpoint stops before its instruction, each time, in both directions") {
  Trip t(kCountTo1000 + kExit7);
  const Conditions loop = at(kText + 7);  // the jnz
  for (u64 i = 0; i < 10; ++i) {
    const StopEvent e = t.timeline.resume(loop);
    CHECK(e.reason == StopReason::breakpoint);
    CHECK(e.address == Addr(kText + 7));
    CHECK(e.position == 2 + 2 * i);
  }
  for (u64 i = 9; i-- > 0;) CHECK(t.timeline.reverse_resume(loop).position == 2 + 2 * i);
  CHECK(t.timeline.reverse_resume(loop).reason == StopReason::start);
  CHECK(t.timeline.resume(at(kText + 9)).position == 2001);
  CHECK(t.timeline.reverse_resume(loop).position == 2000);
}

TEST_CASE("a condition on a breakpoint is asked where it stands, in both directions") {
  Trip t(kCountTo1000 + kExit7);
  Conditions c = at(kText + 7);
  c.accept = [&t](const StopEvent&) {
    const auto& m = t.timeline.machine();
    return m.registers(*m.kernel().threads().front())[cpu::rcx] == 300;
  };
  CHECK(t.timeline.resume(c).position == 1400);
  CHECK(t.reg(cpu::rcx) == 300);
  CHECK(t.timeline.resume(c).reason == StopReason::exit);
  CHECK(t.timeline.reverse_resume(c).position == 1400);
}

TEST_CASE("a watch stops behind the write forwards, and before it backwards") {
  Trip t(kPrintCounts + kExit7);
  const Conditions c = watch(kData, 4, WatchKind::change);
  for (u64 i = 0; i < 5; ++i) {
    const StopEvent e = t.timeline.resume(c);
    CHECK(e.reason == StopReason::memory);
    CHECK(e.position == 2 + kRound * i);
    CHECK(e.pc == Addr(kText + 5));
    CHECK(e.after.at(0) == 5 - i);
    CHECK(e.before.at(0) == (i == 0 ? 0 : 6 - i));
  }
  CHECK(t.timeline.resume(c).reason == StopReason::exit);
  for (u64 i = 5; i-- > 0;) {
    const StopEvent e = t.timeline.reverse_resume(c);
    CHECK(e.position == 1 + kRound * i);
    CHECK(e.after.at(0) == 5 - i);
    CHECK(t.rip() == kText + 5);
  }
  CHECK(t.timeline.reverse_resume(c).reason == StopReason::start);
}

TEST_CASE("watches tell reads, writes, accesses and changes apart") {
  // mov [kData], ecx twice with the same value; mov eax, [kData]
  Trip t(Code{0xb9, 9, 0, 0, 0} + kStoreCount + kStoreCount +
         Code{0x8b, 0x04, 0x25, 0, 0x20, 0x40, 0} + kExit7);
  const auto stops = [&t](WatchKind kind, u64 address, u64 size) {
    std::vector<u64> seen;
    t.timeline.go_to(0);
    for (auto e = t.timeline.resume(watch(address, size, kind)); e.reason == StopReason::memory;
         e = t.timeline.resume(watch(address, size, kind)))
      seen.push_back(e.position);
    return seen;
  };
  CHECK(stops(WatchKind::change, kData, 4) == std::vector<u64>{2});
  CHECK(stops(WatchKind::write, kData, 4) == std::vector<u64>{2, 3});
  CHECK(stops(WatchKind::read, kData, 4) == std::vector<u64>{4});
  CHECK(stops(WatchKind::access, kData, 4) == std::vector<u64>{2, 3, 4});
  CHECK(stops(WatchKind::access, kData + 3, 1) == std::vector<u64>{2, 3, 4});
  CHECK(stops(WatchKind::change, kData + 3, 1).empty());  // a zero over a zero
  CHECK(stops(WatchKind::access, kData + 4, 4).empty());
}

TEST_CASE("a register watch is of one thread's register") {
  Trip t(kCountTo1000 + kExit7);
  Conditions c;
  c.registers.push_back({{cpu::PlaceKind::gpr, cpu::rdi}, WatchKind::change, kernel::Tid{1}});
  const StopEvent e = t.timeline.resume(c);
  CHECK(e.reason == StopReason::register_write);
  CHECK(e.position == 2002);
  CHECK(e.after.at(0) == 7);
  CHECK(e.pc == Addr(kText + 9));
  CHECK(t.timeline.reverse_resume(c).position == 2001);
}

TEST_CASE("system calls are caught at their SYSCALL, before it has any effect, and behind it") {
  Trip t(kPrintCounts + kExit7);
  Conditions entry, back;
  entry.syscall_entries.numbers = {1};
  back.syscall_returns.numbers = {1};
  StopEvent e = t.timeline.resume(entry);
  CHECK(e.reason == StopReason::syscall_entry);
  CHECK(e.number == 1);
  CHECK(e.position == 6);
  CHECK(t.reg(cpu::rdi) == 1);
  CHECK(t.host.out.empty());
  CHECK(t.timeline.resume(back).position == 7);
  CHECK(t.host.out.size() == 4);
  CHECK(t.timeline.resume(entry).position == 6 + kRound);
  CHECK(t.timeline.resume().reason == StopReason::exit);
  CHECK(t.timeline.reverse_resume(entry).position == 6 + 4 * kRound);
  CHECK(t.timeline.reverse_resume(back).position == 6 + 3 * kRound);
  CHECK(t.timeline.reverse_resume(entry).position == 6 + 2 * kRound);
}

TEST_CASE("a REP string instruction is found by what it touches beyond its recorded effects") {
  // mov edi, kData; mov ecx, 256; mov eax, 7; rep stosb; mov esi, kData; mov ecx, 200; rep lodsb
  Trip t(Code{0xbf, 0,    0x20, 0x40, 0,    0xb9, 0, 1,    0,   0, 0xb8, 7, 0,    0,   0,
              0xf3, 0xaa, 0xbe, 0,    0x20, 0x40, 0, 0xb9, 200, 0, 0,    0, 0xf3, 0xac} +
         kExit7);
  StopEvent e = t.timeline.resume(watch(kData + 150, 1, WatchKind::access));
  CHECK(e.position == 4);
  CHECK(e.after.at(0) == 7);
  CHECK(t.timeline.resume(watch(kData + 150, 1, WatchKind::access)).position == 7);
  CHECK(t.timeline.reverse_resume(watch(kData + 150, 1, WatchKind::read)).position == 6);
  CHECK(t.timeline.resume(watch(kData + 220, 1, WatchKind::read)).reason == StopReason::exit);
}

TEST_CASE("an interrupted command stops between two instructions, and the next one goes on") {
  Trip t({0xeb, 0xfe});  // jmp self
  Conditions c = at(kText);
  c.accept = [&t](const StopEvent& e) {
    if (e.position == 100'000) t.timeline.interrupt();
    return false;
  };
  const StopEvent e = t.timeline.resume(c);
  CHECK(e.reason == StopReason::interrupted);
  CHECK(e.position >= 100'000);
  CHECK(e.position < 120'000);
  CHECK(e.position == t.timeline.position());
  CHECK(t.timeline.step().position == e.position + 1);
}

TEST_CASE("a fault's handler is at the position of the fault, where what catches it stops") {
  // mov ebx, 0; mov [rbx], ebx faults; the handler, behind it, ends the program
  const auto set = [](u8 mov, u32 value) {
    Code c{mov, 0, 0, 0, 0};
    std::memcpy(&c[1], &value, 4);
    return c;
  };
  // rt_sigaction(SIGSEGV, kData, 0, 8); xor ebx, ebx
  const Code start = set(0xb8, 13) + set(0xbf, 11) + set(0xbe, kData) + Code{0x31, 0xd2} +
                     Code{0x41, 0xba, 8, 0, 0, 0, 0x0f, 0x05} + Code{0x31, 0xdb};
  const Code store{0x89, 0x1b};
  const u64 fault = kText + start.size(), handler = fault + store.size();
  constexpr u64 kFault = 7;  // its position
  const kernel::SigactionT action{handler, 0x04000000, handler, 0};
  ElfBuilder b;
  std::vector<u8> data(sizeof action);
  std::memcpy(data.data(), &action, sizeof action);
  b.set_data(data);
  auto bytes = b.build();
  const Code code = start + store + kExit7;
  std::copy(code.begin(), code.end(), bytes.begin() + 0x1000);
  TapeHost host;
  machine::Settings s;
  s.kernel.argv = {"guest"};
  machine::Timeline t(s, image_of(bytes), host);

  Conditions signals;
  signals.signals = true;
  for (const Conditions& c : {signals, at(handler), at(fault)}) {
    t.go_to(0);
    const StopEvent e = t.resume(c);
    CHECK(e.position == kFault);
    CHECK(t.machine().kernel().threads().front()->regs.rip == fault);
    CHECK(t.resume(c).reason == StopReason::exit);
    CHECK(t.reverse_resume(c).position == kFault);
    CHECK(t.machine().kernel().threads().front()->regs.rip == fault);
  }
  t.step();
  CHECK(t.position() == kFault + 1);
  CHECK(t.machine().kernel().threads().front()->regs.rip == handler + 5);
  CHECK(t.last_write({cpu::PlaceKind::gpr, cpu::rsp}, 1, kFault + 1)->by ==
        machine::WrittenBy::kernel);
}

TEST_CASE("from the end by a fault one goes back to the instruction that faulted") {
  Trip t({0x90, 0x31, 0xc9, 0x8b, 0x01});  // nop; xor ecx, ecx; mov eax, [rcx]
  const StopEvent end = t.timeline.resume();
  CHECK(end.reason == StopReason::exit);
  CHECK(end.exit->signal == 11);
  CHECK(end.position == 2);
  CHECK(t.timeline.reverse_resume(at(kText + 3)).reason == StopReason::breakpoint);
  CHECK(t.timeline.position() == 2);
  CHECK(t.timeline.resume().reason == StopReason::exit);
  CHECK(t.timeline.reverse_step().position == 2);
  CHECK(t.rip() == kText + 3);
  CHECK_FALSE(t.timeline.machine().kernel().exit);
  CHECK(t.timeline.reverse_step().position == 1);
}

TEST_CASE("a thread that ends by itself stops a run, both ways") {
  // clone(CLONE_VM|SIGHAND|THREAD, rsp); the child: exit(0); the other: jmp self
  Trip t({0xb8, 56,   0,    0, 0,    0xbf, 0,    9,    1,    0,  0x48, 0x89, 0xe6, 0x0f, 0x05,
          0x85, 0xc0, 0x74, 2, 0xeb, 0xfe, 0x31, 0xff, 0xb8, 60, 0,    0,    0,    0x0f, 0x05});
  Conditions c;
  c.threads_exited = true;
  const StopEvent ended = t.timeline.resume(c);
  CHECK(ended.reason == StopReason::thread_exited);
  CHECK(ended.thread == 2);
  CHECK(t.timeline.thread() == 1);
  CHECK(t.timeline.machine().kernel().find_thread(2) == nullptr);
  t.timeline.step(100);
  const StopEvent back = t.timeline.reverse_resume(c);
  CHECK(back.reason == StopReason::thread_exited);
  CHECK(back.position == ended.position - 1);
  CHECK(t.timeline.thread() == 2);
}
