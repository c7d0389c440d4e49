// Forwards and backwards over small programs in machine code, whose every position is known.
#include "emulator/machine/timeline.hpp"

#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Conditions;
using machine::Settings;
using machine::StopEvent;
using machine::StopReason;
using machine::Timeline;
using machine::WatchKind;
using machine::WrittenBy;

const Code kExit7 = {0xbf, 7,    0, 0, 0,        // mov edi, 7
                     0xb8, 0xe7, 0, 0, 0,        // mov eax, 231 (exit_group)
                     0x0f, 0x05};                // syscall
const Code kCountTo1000 = {0xb9, 0xe8, 3, 0, 0,  // mov ecx, 1000
                           0xff, 0xc9,           // dec ecx
                           0x75, 0xfc};          // jnz -4
constexpr u64 kCell = 0x402000;
/// mov [kCell], ecx
const Code kStoreCount = {0x89, 0x0c, 0x25, 0, 0x20, 0x40, 0};
/// write(1, kCell, 4)
const Code kPrint = {0xb8, 1,    0,    0,    0,    0xbf, 1, 0, 0, 0,    0xbe,
                     0,    0x20, 0x40, 0x00, 0xba, 4,    0, 0, 0, 0x0f, 0x05};
/// ecx from 5 down: each is stored and printed. Seven instructions a round, from position 1 on:
/// store, mov eax, mov edi, mov esi, mov edx, syscall; then the counter comes back from memory.
const Code kPrintCounts = Code{0xb9, 5, 0, 0, 0} + kStoreCount + kPrint +
                          Code{0x8b, 0x0c, 0x25, 0, 0x20, 0x40, 0,  // mov ecx, [kCell]
                               0xff, 0xc9,                          // dec ecx
                               0x75, 0xd8};                         // jnz: to the store
constexpr u64 kRound = 9;

struct Trip {
  TapeHost host;
  Timeline timeline;
  explicit Trip(const Code& code, Settings s = {}, machine::TimelineSettings limits = {})
      : timeline((s.kernel.argv = {"guest"}, std::move(s)), image_of_code(code), host, limits) {}
  u64 rip() { return timeline.machine().kernel().threads().front()->regs.rip; }
  u64 reg(cpu::Gpr r) { return timeline.machine().kernel().threads().front()->regs[r]; }
};

Conditions at(u64 address) {
  Conditions c;
  c.addresses = {address};
  return c;
}
Conditions watch(u64 address, u64 size, WatchKind kind) {
  Conditions c;
  c.memory.push_back({{Addr(address), size}, kind, std::nullopt});
  return c;
}

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
  // futex(kCell, FUTEX_WAIT, 0, NULL): nobody can wake it
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
  const Conditions c = watch(kCell, 4, WatchKind::change);
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
  // mov [kCell], ecx twice with the same value; mov eax, [kCell]
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
  CHECK(stops(WatchKind::change, kCell, 4) == std::vector<u64>{2});
  CHECK(stops(WatchKind::write, kCell, 4) == std::vector<u64>{2, 3});
  CHECK(stops(WatchKind::read, kCell, 4) == std::vector<u64>{4});
  CHECK(stops(WatchKind::access, kCell, 4) == std::vector<u64>{2, 3, 4});
  CHECK(stops(WatchKind::access, kCell + 3, 1) == std::vector<u64>{2, 3, 4});
  CHECK(stops(WatchKind::change, kCell + 3, 1).empty());  // a zero over a zero
  CHECK(stops(WatchKind::access, kCell + 4, 4).empty());
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

TEST_CASE("the guest's output comes once, however often its past is executed") {
  Trip t(kPrintCounts + kExit7);
  std::string want;
  for (u8 i = 5; i > 0; --i) want += std::string{static_cast<char>(i), 0, 0, 0};
  for (const u64 to : {20, 3, 30, 12, 40, 1}) t.timeline.go_to(to);
  CHECK(t.host.out == want.substr(0, 4 * 4));  // the fourth is printed by instruction 33
  t.timeline.resume();
  t.timeline.go_to(0);
  t.timeline.resume();
  CHECK(t.host.out == want);
}

TEST_CASE("standard input is read once and comes again in the same pieces") {
  // again: read(0, kCell, 8); test eax, eax; jnz again
  const Code read_all = Code{0x31, 0xc0, 0x31, 0xff, 0xbe, 0,    0x20, 0x40, 0,    0xba,
                             8,    0,    0,    0,    0x0f, 0x05, 0x85, 0xc0, 0x75, 0xec};
  Trip t(read_all + kExit7);
  t.host.input = "abcdefghijkl";
  t.host.piece = 5;
  std::vector<u64> states;
  for (u64 n = 0; n <= 28; ++n) {
    t.timeline.go_to(n);
    states.push_back(state_of(t.timeline.machine()));
  }
  const int reads = t.host.reads;
  for (u64 n = 28; n-- > 0;) {
    t.timeline.go_to(n);
    CHECK(state_of(t.timeline.machine()) == states[n]);
  }
  t.timeline.go_to(28);
  CHECK(t.host.reads == reads);
  CHECK(t.host.input.empty());
}

TEST_CASE("a change by the user becomes part of the past, and what lay ahead is forgotten") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.resume();
  CHECK(t.host.out.size() == 20);
  t.timeline.go_to(1 + kRound * 2);
  cpu::Registers regs = t.timeline.machine().kernel().threads().front()->regs;
  CHECK(regs[cpu::rcx] == 3);
  regs[cpu::rcx] = 1;
  CHECK(t.timeline.set_registers(1, regs));
  CHECK_FALSE(t.timeline.set_registers(42, regs));
  CHECK(t.timeline.furthest() == 1 + kRound * 2);
  CHECK_FALSE(t.timeline.end());
  t.timeline.go_to(3);
  t.timeline.go_to(1 + kRound * 2);
  CHECK(t.reg(cpu::rcx) == 1);
  t.timeline.reverse_step();
  t.timeline.step();
  CHECK(t.reg(cpu::rcx) == 1);
  const StopEvent end = t.timeline.resume();
  CHECK(end.position == 1 + kRound * 3 + 3);
  CHECK(t.host.out.substr(20) == std::string{1, 0, 0, 0});

  t.timeline.go_to(0);
  const Code exit_now = Code{0xe9, 0x28, 0, 0, 0};  // jmp to the exit
  CHECK(t.timeline.write_memory(Addr(kText), exit_now));
  CHECK_FALSE(t.timeline.write_memory(Addr(0x10), exit_now));
  CHECK(t.timeline.resume().position == 4);
}

TEST_CASE("who wrote last is found for memory and registers, before any position") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.resume();
  const u64 here = t.timeline.position(), state = state_of(t.timeline.machine());
  const auto last = t.timeline.last_write({Addr(kCell), 4}, here);
  REQUIRE(last);
  CHECK(last->number == 1 + kRound * 4);
  CHECK(last->thread == 1);
  CHECK(last->pc == Addr(kText + 5));
  CHECK(last->by == WrittenBy::instruction);
  CHECK(last->after.at(0) == 1);
  const auto earlier = t.timeline.last_write({Addr(kCell + 1), 1}, 1 + kRound * 4);
  REQUIRE(earlier);
  CHECK(earlier->number == 1 + kRound * 3);
  CHECK_FALSE(t.timeline.last_write({Addr(kCell), 4}, 1));
  CHECK_FALSE(t.timeline.last_write({Addr(kCell + 64), 4}, here));
  const auto rax = t.timeline.last_write({cpu::PlaceKind::gpr, cpu::rax}, 1, 8);
  REQUIRE(rax);
  CHECK(rax->number == 6);
  CHECK(rax->by == WrittenBy::system_call);
  CHECK(rax->after.at(0) == 4);
  CHECK(t.timeline.position() == here);
  CHECK(state_of(t.timeline.machine()) == state);
}

TEST_CASE("the effects of any instruction of the past can be had") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.go_to(20);
  const auto store = t.timeline.executed(1);
  REQUIRE(store);
  CHECK(store->pc == Addr(kText + 5));
  CHECK(store->length == 7);
  CHECK(store->row->name == "mov");
  REQUIRE(store->effects.count == 1);
  CHECK(store->effects.list[0].address == Addr(kCell));
  CHECK(store->effects.list[0].after[0] == 5);
  CHECK_FALSE(t.timeline.executed(20));
  CHECK(t.timeline.position() == 20);
  CHECK(t.host.out.size() == 8);
}

TEST_CASE("a REP string instruction is found by what it touches beyond its recorded effects") {
  // mov edi, kCell; mov ecx, 256; mov eax, 7; rep stosb; mov esi, kCell; mov ecx, 200; rep lodsb
  Trip t(Code{0xbf, 0,    0x20, 0x40, 0,    0xb9, 0, 1,    0,   0, 0xb8, 7, 0,    0,   0,
              0xf3, 0xaa, 0xbe, 0,    0x20, 0x40, 0, 0xb9, 200, 0, 0,    0, 0xf3, 0xac} +
         kExit7);
  StopEvent e = t.timeline.resume(watch(kCell + 150, 1, WatchKind::access));
  CHECK(e.position == 4);
  CHECK(e.after.at(0) == 7);
  CHECK(t.timeline.resume(watch(kCell + 150, 1, WatchKind::access)).position == 7);
  CHECK(t.timeline.reverse_resume(watch(kCell + 150, 1, WatchKind::read)).position == 6);
  CHECK(t.timeline.resume(watch(kCell + 220, 1, WatchKind::read)).reason == StopReason::exit);
}

TEST_CASE("checkpoints keep within their bound, and every position can still be reached") {
  // ecx from 200,000 down, each stored at [rsp - 8 * (ecx & 0xffff) ]: many pages
  Code loop = {0xb9, 0x40, 0x0d, 0x03, 0,  // mov ecx, 200000
               0x0f, 0xb7, 0xc1,           // movzx eax, cx
               0x48, 0xf7, 0xd8,           // neg rax
               0x89, 0x0c, 0xc4,           // mov [rsp + 8 * rax], ecx
               0xff, 0xc9, 0x75, 0xf3};    // dec ecx; jnz
  constexpr u64 kBound = 4 << 20;
  Trip t(loop + kExit7, {}, {kBound});
  CHECK(t.timeline.resume().reason == StopReason::exit);
  CHECK(t.timeline.checkpoint_bytes() <= kBound);
  CHECK(t.timeline.checkpoints() > 1);
  for (const u64 n : {900'000, 5, 700'123, 700'122, 1'000'001, 333'333}) {
    t.timeline.go_to(n);
    CHECK(t.timeline.position() == n);
    CHECK(t.reg(cpu::rcx) == 200'000 - (n - 1 + 1) / 5);
    CHECK(t.timeline.checkpoint_bytes() <= kBound);
  }
  t.timeline.set_checkpoint_bytes(1 << 20);
  CHECK(t.timeline.checkpoint_bytes() <= 1 << 20);
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
