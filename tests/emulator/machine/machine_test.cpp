// Small programs in machine code on a whole machine.
#include "emulator/machine/machine.hpp"

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Machine;
using machine::Retired;
using machine::Settings;

using Code = std::vector<u8>;

std::shared_ptr<const kernel::ElfImage> program(const Code& code) {
  auto bytes = ElfBuilder().build();
  REQUIRE(code.size() <= kTextSize);
  std::copy(code.begin(), code.end(), bytes.begin() + 0x1000);
  return image_of(std::move(bytes));
}

struct Guest {
  NoHost host;
  Machine machine;
  machine::Observer observer{machine};

  explicit Guest(const Code& code, Settings settings = {})
      : machine((settings.kernel.argv = {"guest"}, std::move(settings)), program(code), host) {}
  int run() {
    const auto exit = machine.run();
    REQUIRE(exit);
    return exit->as_shell_status();
  }
};

Settings with_quantum(u64 quantum) {
  Settings s;
  s.quantum = quantum;
  return s;
}

Code operator+(Code a, const Code& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Code kExit7 = {0xbf, 7,    0, 0, 0,        // mov edi, 7
                     0xb8, 0xe7, 0, 0, 0,        // mov eax, 231 (exit_group)
                     0x0f, 0x05};                // syscall
const Code kCountTo1000 = {0xb9, 0xe8, 3, 0, 0,  // mov ecx, 1000
                           0xff, 0xc9,           // dec ecx
                           0x75, 0xfc};          // jnz -4
const Code kForever = {0xeb, 0xfe};              // jmp self

/// mprotect(kText, 4096, RWX)
const Code kWritableCode = {0xb8, 10,   0, 0, 0,    0xbf, 0, 0x10, 0x40, 0,    0xbe,
                            0,    0x10, 0, 0, 0xba, 7,    0, 0,    0,    0x0f, 0x05};

}  // namespace

TEST_CASE("a loop retires as many instructions as it has, whatever the turns are") {
  for (const u64 quantum : {1, 2, 3, 7, 1000, 1000000}) {
    Guest g(kCountTo1000 + kExit7, with_quantum(quantum));
    CHECK(g.run() == 7);
    CHECK(g.machine.retired() == 1 + 2000 + 3);
  }
}

TEST_CASE("a thread goes on inside the block where its turn ended: code is decoded once") {
  Code nops(40, 0x90);
  const Code loop = Code{0xb9, 0xe8, 3, 0, 0} + nops +      // mov ecx, 1000; 40 times nop
                    Code{0xff, 0xc9, 0x75, 0xd4} + kExit7;  // dec ecx; jnz to the nops
  for (const bool observed : {false, true}) {
    Guest g(loop, with_quantum(7));
    g.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
    g.observer.observe(observed);
    CHECK(g.run() == 7);
    CHECK(g.machine.retired() == 1 + 42'000 + 3);
    CHECK(g.machine.loop().decoded_blocks() <= 3);
  }
}

TEST_CASE("the observed loop retires the same instructions as the fast one") {
  Guest g(kCountTo1000 + kExit7);
  u64 count = 0, last = 0;
  g.observer.on.retired = [&](const kernel::Thread&, const Retired& r) {
    ++count, last = r.number;
  };
  g.observer.observe(true);
  CHECK(g.run() == 7);
  CHECK(count == 2004);
  CHECK(last == 2003);
}

TEST_CASE("stopping at an instruction number stops exactly there, in both loops") {
  for (const u64 n : {1, 2, 3, 500, 1999}) {
    Guest fast(kCountTo1000 + kExit7), observed(kCountTo1000 + kExit7);
    observed.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
    observed.observer.observe(true);
    for (Guest* g : {&fast, &observed}) {
      g->machine.stop_at(n);
      CHECK_FALSE(g->machine.run().has_value());
      CHECK(g->machine.retired() == n);
    }
    const auto& a = fast.machine.kernel().threads().front()->regs;
    const auto& b = observed.machine.kernel().threads().front()->regs;
    CHECK(a.slots == b.slots);
    CHECK(a.rip == b.rip);
    CHECK(a.rflags() == b.rflags());
  }
}

TEST_CASE("stop() from the observed loop's hook returns before the next instruction") {
  Guest g(kCountTo1000 + kExit7);
  u64 reported = 0;
  g.observer.on.retired = [&](const kernel::Thread& t, const Retired& r) {
    ++reported;
    CHECK(r.number + 1 == g.machine.retired());
    CHECK(g.machine.registers(t).rip != r.pc.value);
    if (r.number % 500 == 2) g.machine.stop();
  };
  g.observer.observe(true);
  for (const u64 n : {3, 503, 1003, 1503, 2003}) {
    CHECK_FALSE(g.machine.run().has_value());
    CHECK(g.machine.retired() == n);
    CHECK(reported == n);
  }
  CHECK(g.run() == 7);
}

TEST_CASE("an instruction that its own block writes over takes effect in its new form") {
  // mov byte [next instruction's immediate], 42; mov edi, 0
  Code code = kWritableCode;
  const u32 patched = static_cast<u32>(kText + code.size() + 8 + 1);
  code = code +
         Code{0xc6,
              0x04,
              0x25,
              static_cast<u8>(patched),
              static_cast<u8>(patched >> 8),
              static_cast<u8>(patched >> 16),
              static_cast<u8>(patched >> 24),
              42} +
         Code{0xbf, 0, 0, 0, 0} + Code{0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
  for (const bool observe : {false, true}) {
    Guest g(code);
    g.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
    g.observer.observe(observe);
    CHECK(g.run() == 42);
  }
}

TEST_CASE("what is told of an instruction is told of the bytes that were executed") {
  // mov ecx, 0x11; mov [its own last byte], cl
  const Code code = kWritableCode + Code{0xb9, 0x11, 0, 0, 0};
  const u32 pc = static_cast<u32>(kText + code.size()), last = pc + 6;
  const Code store{0x88,
                   0x0c,
                   0x25,
                   static_cast<u8>(last),
                   static_cast<u8>(last >> 8),
                   static_cast<u8>(last >> 16),
                   static_cast<u8>(last >> 24)};
  Guest g(code + store + kExit7);
  std::vector<u8> told;
  g.observer.on.retired = [&](const kernel::Thread&, const Retired& r) {
    if (r.pc.value == pc) told.assign(r.bytes().begin(), r.bytes().end());
  };
  g.observer.observe(true);
  CHECK(g.run() == 7);
  CHECK(told == store);
}

TEST_CASE("each instruction is told with its facts, its accesses and where it goes on") {
  Guest g(kCountTo1000 + kExit7);
  u64 taken = 0, expected = 0, calls = 0;
  g.observer.on.retired = [&](const kernel::Thread& t, const Retired& r) {
    if (expected != 0) CHECK(r.pc.value == expected);
    expected = r.next.value;
    CHECK(g.machine.registers(t).rip == r.next.value);
    CHECK((r.taken || r.next == r.end()));
    taken += r.taken;
    calls += r.facts->flow == decode::Flow::system_call;
    for (const auto& e : r.accesses()) CHECK(e.kind >= cpu::PlaceKind::memory_read);
  };
  g.observer.observe(true);
  CHECK(g.run() == 7);
  CHECK(taken == 999);
  CHECK(calls == 1);  // exit_group
}

TEST_CASE("a branch to the very next instruction is taken or not, as its condition says") {
  // cmp eax, eax; jz +0; jnz +0
  Guest g(Code{0x39, 0xc0, 0x74, 0x00, 0x75, 0x00} + kExit7);
  std::vector<bool> taken;
  g.observer.on.retired = [&](const kernel::Thread&, const Retired& r) {
    if (r.facts->flow == decode::Flow::branch) taken.push_back(r.taken);
  };
  g.observer.observe(true);
  CHECK(g.run() == 7);
  CHECK(taken == std::vector<bool>{true, false});
}

TEST_CASE("instructions of equal bytes at different addresses keep their own addresses") {
  // lea rax, [rip]; mov rbx, rax; jmp +0; lea rax, [rip]; jmp +0; sub rax, rbx; exit_group(rax)
  const Code lea{0x48, 0x8d, 0x05, 0, 0, 0, 0};
  for (const Code& prefix : {Code{}, Code{0x64}}) {  // plain; with FS, whose base is zero
    const Code code = prefix + lea + Code{0x48, 0x89, 0xc3, 0xeb, 0x00} + prefix + lea +
                      Code{0xeb, 0x00, 0x48, 0x29, 0xd8, 0x89, 0xc7} +
                      Code{0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
    CHECK(Guest(code).run() == static_cast<int>(prefix.size() + lea.size() + 5));
  }
}

TEST_CASE("a loop that writes over its own page in each round runs to its end") {
  // mov ecx, 3; again: mov [immediate of the mov below], cl; dec ecx; jnz again; mov edi, 0
  Code code = kWritableCode;
  const u32 patched = static_cast<u32>(kText + code.size() + 5 + 7 + 2 + 2 + 1);
  code = code + Code{0xb9, 3, 0, 0, 0} +
         Code{0x88,
              0x0c,
              0x25,
              static_cast<u8>(patched),
              static_cast<u8>(patched >> 8),
              static_cast<u8>(patched >> 16),
              static_cast<u8>(patched >> 24)} +
         Code{0xff, 0xc9, 0x75, 0xf5} + Code{0xbf, 0, 0, 0, 0} +
         Code{0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
  for (const bool observe : {false, true}) {
    Guest g(code);
    g.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
    g.observer.observe(observe);
    CHECK(g.run() == 1);
  }
}

TEST_CASE("code that is written over takes effect at once wherever a turn ends") {
  // As above, with three instructions between the store and the one that it changes.
  Code code = kWritableCode;
  const u32 patched = static_cast<u32>(kText + code.size() + 8 + 3 + 1);
  code = code +
         Code{0xc6,
              0x04,
              0x25,
              static_cast<u8>(patched),
              static_cast<u8>(patched >> 8),
              static_cast<u8>(patched >> 16),
              static_cast<u8>(patched >> 24),
              42} +
         Code{0x90, 0x90, 0x90} + Code{0xbf, 0, 0, 0, 0} + Code{0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05};
  for (u64 n = 1; n < 12; ++n) {
    Guest g(code);
    g.machine.stop_at(n);  // the block is executed in two parts
    CHECK_FALSE(g.machine.run().has_value());
    g.machine.stop_at(~u64{0});
    CHECK(g.run() == 42);
  }
}

TEST_CASE("faults become the signals that Linux sends") {
  const auto killed_by = [](const Code& code) { return Guest(code).run() - 128; };
  CHECK(killed_by({0x0f, 0x0b}) == 4);               // ud2: SIGILL
  CHECK(killed_by({0xcc}) == 5);                     // int3: SIGTRAP
  CHECK(killed_by({0x31, 0xc9, 0xf7, 0xf1}) == 8);   // xor ecx, ecx; div ecx: SIGFPE
  CHECK(killed_by({0x31, 0xc9, 0x8b, 0x01}) == 11);  // mov eax, [rcx]: SIGSEGV
  CHECK(killed_by({0xf4}) == 11);                    // hlt: SIGSEGV
  CHECK(killed_by({0xff, 0xe0}) == 11);              // jmp rax to 0
  CHECK(killed_by({0x06}) == 4);                     // invalid in 64-bit mode: SIGILL
  CHECK(killed_by({0xf0, 0x01, 0xc8}) == 4);         // lock add eax, ecx: SIGILL
}

TEST_CASE("a jump through a register to any address without code is a SIGSEGV, in both loops") {
  for (const u8 target : {u8{0xff}, u8{0}, u8{1}, u8{2}})  // -1, 0, 1, 2
    for (const bool observed : {false, true}) {
      const u8 sign = target == 0xff ? 0xff : 0;
      Guest g(
          {0x48, 0xc7, 0xc3, target, sign, sign, sign, 0xff, 0xe3});  // mov rbx, target; jmp rbx
      g.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
      g.observer.observe(observed);
      CHECK(g.run() == 128 + 11);
    }
}

TEST_CASE("an instruction that rt0 lacks stops and names itself") {
  Guest g({0x90, 0xd9, 0xe8});  // nop; fld1
  try {
    (void)g.machine.run();
    FAIL("not stopped");
  } catch (const base::Unimplemented& e) {
    const std::string text = e.what();
    CHECK(text.find("0x401001") != std::string::npos);
    CHECK(text.find("d9 e8") != std::string::npos);
    CHECK(text.find("fld1") != std::string::npos);
    CHECK(g.machine.retired() == 1);
  }
}

TEST_CASE("an instruction of a later level is invalid on an earlier one") {
  const Code vpxor = {0xc5, 0xf1, 0xef, 0xc0};  // vpxor xmm0, xmm1, xmm0
  Settings v2;
  v2.profile.level = cpu::Level::v2;
  CHECK(Guest(vpxor + kExit7).run() == 7);
  CHECK(Guest(vpxor + kExit7, v2).run() == 128 + 4);
}

TEST_CASE("a limit on instructions stops exactly there") {
  Settings s;
  s.max_instructions = 12345;
  Guest g(kForever, s);
  CHECK_THROWS_AS(g.machine.run(), base::LimitReached);
  CHECK(g.machine.retired() == 12345);
}

TEST_CASE("a guest in which everybody sleeps for ever is reported with each thread") {
  // futex(kData, FUTEX_WAIT, 0, NULL)
  Guest g({0xb8, 0xca, 0, 0, 0, 0xbf, 0, 0x20, 0x40, 0, 0x31, 0xf6, 0x31, 0xd2, 0x4d, 0x31, 0xd2,
           0x0f, 0x05});
  try {
    (void)g.machine.run();
    FAIL("not stopped");
  } catch (const base::LimitReached& e) {
    const std::string text = e.what();
    CHECK(text.find("deadlock") != std::string::npos);
    CHECK(text.find("thread 1 in futex") != std::string::npos);
  }
}

TEST_CASE("sleeping takes virtual time and no instructions") {
  // nanosleep(&{3600, 0}, NULL): the timespec is pushed
  Guest g(Code{0x6a, 0, 0x68, 0x10, 0x0e, 0, 0, 0x48, 0x89, 0xe7, 0x31, 0xf6, 0xb8, 35, 0, 0, 0,
               0x0f, 0x05} +
          kExit7);
  CHECK(g.run() == 7);
  CHECK(g.machine.now().value >= i64{3600} * 1000000000);
  CHECK(g.machine.retired() < 20);
}

TEST_CASE("a probe stops before its instruction each time, and not when removed") {
  Guest g(kCountTo1000 + kExit7);
  const u64 at = kText + 7;  // the jnz
  g.observer.set_probes({at});
  u64 hits = 0;
  g.observer.on.probe = [&](const kernel::Thread&, Addr a) {
    CHECK(a == Addr(at));
    if (++hits == 10) g.observer.remove_probe(a);
  };
  CHECK(g.run() == 7);
  CHECK(hits == 10);
  CHECK(g.machine.retired() == 2004);
}

TEST_CASE("observers come and go, and a probe stands as long as one wants it") {
  Guest g(kCountTo1000 + kExit7);
  const Addr loop(kText + 5);
  std::vector<u64> first, second, retired;
  g.observer.on.probe = [&](const kernel::Thread&, Addr) {
    first.push_back(g.machine.retired());
    if (first.size() == 10) g.observer.remove_probe(loop);
  };
  g.observer.add_probe(loop);
  {
    machine::Observer other(g.machine);
    other.on.probe = [&](const kernel::Thread&, Addr) {
      second.push_back(g.machine.retired());
      if (second.size() == 20) g.machine.stop();
    };
    other.add_probe(loop);
    other.on.retired = [&](const kernel::Thread&, const Retired& r) {
      retired.push_back(r.number);
    };
    CHECK_FALSE(g.machine.run().has_value());
    CHECK(first.size() == 10);
    CHECK(second.size() == 20);
    other.observe(true);
    g.machine.stop_at(100);
    CHECK_FALSE(g.machine.run().has_value());
    // Behind the stop the instruction at the probe is executed: nobody hears of it twice.
    CHECK(second[19] + 2 == second[20]);
    CHECK(retired.front() == second[19]);
    CHECK(retired.back() == 99);
  }
  g.machine.stop_at(~u64{0});
  const std::size_t heard = second.size();
  CHECK(g.run() == 7);
  CHECK(first.size() == 10);
  CHECK(second.size() == heard);
}

TEST_CASE("one who observes now and then does not turn observation off for others") {
  Guest g(kCountTo1000 + kExit7);
  u64 all = 0, some = 0;
  g.observer.on.retired = [&](const kernel::Thread&, const Retired&) { ++all; };
  g.observer.observe(true);
  machine::Observer other(g.machine);
  const Addr loop(kText + 5);
  other.on.retired = [&](const kernel::Thread&, const Retired& r) {
    ++some;
    other.observe(r.number % 10 != 9);
  };
  other.on.probe = [&](const kernel::Thread&, Addr) {
    if (g.machine.retired() % 100 == 1) other.observe(true);
  };
  other.add_probe(loop);
  CHECK(g.run() == 7);
  CHECK(all == 2004);
  CHECK(some == 20 * 9);
}

TEST_CASE("pages that one watches are told while another observes, and when nobody does") {
  // mov [stack], cl for each of 1000 rounds
  const Code stores = Code{0xb9, 0xe8, 3, 0, 0, 0x88, 0x4c, 0x24, 0xf0, 0xff, 0xc9, 0x75, 0xf8};
  for (const bool observed : {false, true}) {
    Guest g(stores + kExit7);
    machine::Observer watcher(g.machine);
    u64 writes = 0;
    watcher.on.retired = [&](const kernel::Thread&, const Retired& r) {
      for (const auto& e : r.accesses()) writes += e.kind == cpu::PlaceKind::memory_write;
    };
    const u64 sp = g.machine.kernel().threads().front()->regs[cpu::rsp];
    watcher.watch_pages({{(sp - 16) / base::kPageSize, false}});
    g.observer.on.retired = [](const kernel::Thread&, const Retired&) {};
    g.observer.observe(observed);
    CHECK(g.run() == 7);
    CHECK(writes == 1000);
  }
}
