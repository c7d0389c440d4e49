// The oracle itself, held against results that the manual gives: whoever trusts it for four
// thousand forms wants to have seen it add two numbers.
#include "tests/oracle/host_cpu.hpp"

#include <csignal>
#include <cstring>
#include <initializer_list>

#include "tests/support/catch.hpp"

namespace tests::oracle {
namespace {

Case instruction(std::initializer_list<int> bytes) {
  Case one;
  for (const int byte : bytes) one.code[one.length++] = static_cast<u8>(byte);
  one.before.rip = kCodeBase + 0x100;
  one.before.gpr[kRsp] = kDataBase + 0x800;
  return one;
}

HostCpu* host() {
  static std::string why;
  static const std::unique_ptr<HostCpu> cpu = HostCpu::start(why);
  if (cpu == nullptr) WARN("skipped: " << why);
  return cpu.get();
}

/// Runs it; the state that the instruction is expected to leave is changed from `expected`.
Outcome run(const Case& one) {
  const Outcome outcome = host()->run(one);
  REQUIRE(outcome.ending == Ending::kRan);
  return outcome;
}

TEST_CASE("add sets sum, flags and rip, and leaves everything else alone") {
  if (host() == nullptr) return;
  Case one = instruction({0x48, 0x01, 0xd8});  // add rax, rbx
  for (u64 r = 0; r < 16; ++r) one.before.gpr[r] = 0x1111111111111111 * r;
  for (u64 r = 0; r < 16; ++r) one.before.ymm[r] = {r, r + 1, r + 2, r + 3};
  one.before.gpr[kRax] = 0x7fffffffffffffff;
  one.before.gpr[kRbx] = 1;
  one.before.fs_base = 0x1234567000;
  one.before.rflags = kCF | kDF;
  one.before.mxcsr = 0x7f80;
  CpuState expected = one.before;
  expected.gpr[kRax] = 0x8000000000000000;
  expected.rip += 3;
  expected.rflags = kOF | kSF | kAF | kPF | kDF;
  const Outcome outcome = run(one);
  CHECK(outcome.fault == Fault{});
  CHECK(outcome.after == expected);
  CHECK(outcome.written.size == 0);
  one.stop = Stop::kSingleStep;
  CHECK(run(one).after == expected);
}

TEST_CASE("adc takes the carry in") {
  if (host() == nullptr) return;
  Case one = instruction({0x14, 0xff});  // adc al, 0xff
  one.before.gpr[kRax] = 0xaa00;
  one.before.rflags = kCF;
  const Outcome outcome = run(one);
  CHECK(outcome.after.gpr[kRax] == 0xaa00);
  CHECK(outcome.after.rflags == (kCF | kPF | kAF | kZF));
}

TEST_CASE("a division by zero is SIGFPE at the instruction") {
  if (host() == nullptr) return;
  Case one = instruction({0x48, 0xf7, 0xf3});  // div rbx
  const Outcome outcome = run(one);
  CHECK(outcome.fault == Fault{SIGFPE, FPE_INTDIV, one.before.rip});
  CHECK(outcome.after == one.before);
}

TEST_CASE("loads fault where the pages end, stores also where they are read-only") {
  if (host() == nullptr) return;
  Case load = instruction({0x48, 0x8b, 0x03});  // mov rax, [rbx]
  load.before.gpr[kRbx] = kDataEnd - 4;
  CHECK(run(load).fault == Fault{SIGSEGV, SEGV_MAPERR, kDataEnd});
  load.before.gpr[kRbx] = 0x8000000000000000;
  CHECK(run(load).fault == Fault{SIGSEGV, SI_KERNEL, 0});

  Case store = instruction({0x48, 0x89, 0x03});  // mov [rbx], rax
  const u64 read_only = kDataBase + kReadOnlyPage * kPage;
  store.before.gpr[kRbx] = read_only - 4;
  const Outcome outcome = run(store);
  CHECK(outcome.fault == Fault{SIGSEGV, SEGV_ACCERR, read_only});
  CHECK(outcome.written.size == 0);
}

TEST_CASE("movups stores across a page, and a case starts from clean data") {
  if (host() == nullptr) return;
  const DataImage image = initial_data();
  Case one = instruction({0x0f, 0x11, 0x03});  // movups [rbx], xmm0
  one.before.gpr[kRbx] = kDataBase + kPage - 8;
  one.before.ymm[0] = {0x1111111111111111, 0x2222222222222222, 3, 4};
  for (int again = 0; again < 2; ++again) {
    const Outcome outcome = run(one);
    REQUIRE(outcome.written.size == 16);
    CHECK(outcome.written.offset == kPage - 8);
    CHECK(std::memcmp(outcome.written.bytes.data(), one.before.ymm[0].data(), 16) == 0);
  }
  Case load = instruction({0x48, 0x8b, 0x03});
  load.before.gpr[kRbx] = kDataBase + kPage - 8;
  u64 word = 0;
  std::memcpy(&word, image.data() + kPage - 8, 8);
  CHECK(run(load).after.gpr[kRax] == word);
  load.patch_count = 1;
  load.patches[0] = {kPage - 8, 8, {1, 2, 3, 4, 5, 6, 7, 8}};
  CHECK(run(load).after.gpr[kRax] == 0x0807060504030201);
}

TEST_CASE("rep movsb runs to its end, or to its fault") {
  if (host() == nullptr) return;
  Case one = instruction({0xf3, 0xa4});
  one.before.gpr[kRcx] = 32;
  one.before.gpr[kRsi] = kDataBase;
  one.before.gpr[kRdi] = kDataBase + 0x100;
  Outcome outcome = run(one);
  CHECK(outcome.after.gpr[kRcx] == 0);
  CHECK(outcome.after.gpr[kRsi] == kDataBase + 32);
  CHECK(outcome.after.rip == one.before.rip + 2);
  CHECK(outcome.written.size == 32);
  one.before.gpr[kRdi] = kDataEnd - 8;
  outcome = run(one);
  CHECK(outcome.fault == Fault{SIGSEGV, SEGV_MAPERR, kDataEnd});
  CHECK(outcome.after.gpr[kRcx] == 24);
  CHECK(outcome.after.rip == one.before.rip);
  CHECK(outcome.written.size == 8);
}

TEST_CASE("vpaddd adds eight lanes and knows the upper halves") {
  if (host() == nullptr || !host_has("avx2")) return;
  Case one = instruction({0xc5, 0xf5, 0xfe, 0xc2});  // vpaddd ymm0, ymm1, ymm2
  one.before.ymm[1] = {0x00000001'ffffffff, 2, 3, 4};
  one.before.ymm[2] = {0x00000001'00000001, 10, 20, 0x7fffffff'00000000};
  CHECK(run(one).after.ymm[0] == Ymm{0x00000002'00000000, 12, 23, 0x7fffffff'00000004});
}

TEST_CASE("jumps are followed, even to where nothing is; int3 and ud2 are faults") {
  if (host() == nullptr) return;
  Case jump = instruction({0xff, 0xe0});  // jmp rax
  jump.stop = Stop::kSingleStep;
  jump.before.gpr[kRax] = 0x123456000;
  const Outcome outcome = run(jump);
  CHECK(outcome.fault == Fault{});
  CHECK(outcome.after.rip == 0x123456000);
  Case trap = instruction({0xcc});
  trap.stop = Stop::kSingleStep;
  CHECK(run(trap).fault.signal == SIGTRAP);
  CHECK(run(trap).fault.code == SI_KERNEL);
  CHECK(run(instruction({0x0f, 0x0b})).fault.signal == SIGILL);
}

TEST_CASE("an instruction that the page's end cuts in two faults on the next page") {
  if (host() == nullptr) return;
  Case one = instruction({0x48, 0x01, 0xd8});
  one.before.rip = kCodeEnd - 2;
  one.stop = Stop::kSingleStep;
  CHECK(run(one).fault == Fault{SIGSEGV, SEGV_MAPERR, kCodeEnd});
}

TEST_CASE("a case that kills the child costs that case alone") {
  if (host() == nullptr) return;
  std::array<Case, 3> cases = {instruction({0x90}), instruction({0x0f, 0x05}), instruction({0x90})};
  cases[1].before.gpr[kRax] = 231;  // syscall: exit_group
  std::array<Outcome, 3> outcomes;
  host()->run(cases, outcomes);
  CHECK(outcomes[0].ending == Ending::kRan);
  CHECK(outcomes[1].ending == Ending::kLost);
  CHECK(outcomes[2].ending == Ending::kRan);
}

}  // namespace
}  // namespace tests::oracle
