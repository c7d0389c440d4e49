// Guests that would take all the host has: time, memory for pages, for decoded code.
#include "emulator/base/error.hpp"
#include "emulator/machine/machine.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Machine;
using machine::Settings;

using Code = std::vector<u8>;

Code operator+(Code a, const Code& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class T>
Code bytes_of(T value) {
  Code out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

Code set(cpu::Gpr r, u64 value) {  // mov r64, imm64, of the first eight
  return Code{0x48, static_cast<u8>(0xb8 + r)} + bytes_of(value);
}
Code system_call(u64 number, u64 a, u64 b, u64 c = 0, u64 d = 0, u64 e = ~u64{0}, u64 f = 0) {
  const auto set_high = [](u8 reg, u64 value) { return Code{0x49, reg} + bytes_of(value); };
  using enum cpu::Gpr;
  return set(rax, number) + set(rdi, a) + set(rsi, b) + set(rdx, c) + set_high(0xba, d) +
         set_high(0xb8, e) + set_high(0xb9, f) + Code{0x0f, 0x05};
}

struct Guest {
  NoHost host;
  Machine machine;

  explicit Guest(const Code& code, std::vector<u8> data = {}, Settings settings = {})
      : machine((settings.kernel.argv = {"guest"}, std::move(settings)), image(code, data), host) {}

  static std::shared_ptr<const kernel::ElfImage> image(const Code& code,
                                                       const std::vector<u8>& data) {
    ElfBuilder b;
    if (!data.empty()) b.set_data(data);
    auto bytes = b.build();
    REQUIRE(code.size() <= kTextSize);
    std::copy(code.begin(), code.end(), bytes.begin() + 0x1000);
    return image_of(std::move(bytes));
  }
  /// What the limit that the guest comes to says.
  std::string limit() {
    try {
      (void)machine.run();
    } catch (const base::LimitReached& e) {
      return e.what();
    }
    return "none";
  }
};

Settings with_memory(u64 bytes) {
  Settings s;
  s.memory_limit = bytes;
  return s;
}

constexpr u64 kArena = 0x10000000000, kReserve = 0x4022 | 0x10;  // private, anonymous, fixed

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("pages that lie far apart come to a limit on page tables") {
  // mmap terabytes; loop: mov [rdi], al; add rdi, 2 MiB
  const Code code = system_call(9, kArena, u64{1} << 44, 3, kReserve) + set(cpu::rdi, kArena) +
                    set(cpu::rcx, 2 << 20) + Code{0x88, 0x07, 0x48, 0x01, 0xcf, 0xeb, 0xf9};
  Guest g(code, {}, with_memory(64 << 20));
  CHECK(contains(g.limit(), "lie so far apart"));
  CHECK(g.machine.memory().touched_bytes() < 32 << 20);
}

TEST_CASE("memory without end comes to --memory") {
  const Code code = system_call(9, kArena, u64{1} << 44, 3, kReserve) + set(cpu::rdi, kArena) +
                    set(cpu::rcx, u64{1} << 40) + Code{0xf3, 0xaa};
  Guest g(code, {}, with_memory(16 << 20));
  CHECK(contains(g.limit(), "--memory allows (16 MiB)"));
  CHECK(g.machine.memory().touched_bytes() <= 16 << 20);
}

TEST_CASE("decoded code is dropped when it takes too much, and the guest does not notice") {
  // mmap code; fill it with 48 B8 … (mov rax, imm64), whose bytes decode at every offset; call each
  // address: rdi walks, and the code at the end returns.
  constexpr u64 kSize = 1 << 20;
  const Code code = system_call(9, kArena, kSize + 0x1000, 7, kReserve) + set(cpu::rdi, kArena) +
                    set(cpu::rcx, kSize) + Code{0xb0, 0x90} +  // nop
                    Code{0xf3, 0xaa, 0xc6, 0x07, 0xc3} +       // ret behind
                    set(cpu::rbx, kArena + kSize - 40) +
                    // again: call rbx; sub rbx, 1; mov rax, rbx; jmp again
                    Code{0xff, 0xd3, 0x48, 0xff, 0xcb, 0xeb, 0xf9};
  Settings s;
  s.max_instructions = 60'000'000;
  Guest g(code, {}, s);
  u64 most = 0;
  for (u64 n = 10'000'000; n <= 50'000'000; n += 10'000'000) {
    g.machine.stop_at(n);
    CHECK_FALSE(g.machine.run().has_value());
    CHECK(g.machine.retired() == n);
    most = std::max(most, g.machine.loop().decoded_bytes());
  }
  CHECK(most < machine::RunLoop::kMostDecoded + 4096);
}

TEST_CASE("a string instruction that reads for ever comes to a limit", "[.slow]") {
  const Code code = system_call(9, kArena, u64{1} << 45, 1, kReserve) + set(cpu::rsi, kArena) +
                    set(cpu::rcx, u64{1} << 45) + Code{0xf3, 0xac};
  CHECK(contains(Guest(code).limit(), "repeats more than"));
}

TEST_CASE("a timer that wakes nobody does not keep a sleeping guest alive for ever") {
  // timer_create(CLOCK_MONOTONIC, SIGEV_NONE), every nanosecond; pause()
  Code data(0x200, 0);
  data[12] = 1;         // sigev_notify
  data[0x90 + 8] = 1;   // it_interval
  data[0x90 + 24] = 1;  // it_value
  const Code code = system_call(222, 1, kData, kData + 0x80) +
                    system_call(223, 0, 0, kData + 0x90) + system_call(34, 0, 0);
  CHECK(contains(Guest(code, data).limit(), "nothing can wake one"));
}

TEST_CASE("sleeping beyond the end of virtual time comes to a limit") {
  Code data(0x200, 0);
  data[7] = 0x10;  // 2^60 seconds
  CHECK(contains(Guest(system_call(35, kData, 0), data).limit(), "end of virtual time"));
  // Close to it, clocks still work.
  Code long_sleep(0x200, 0);
  const auto seconds = bytes_of(u64{4'600'000'000});
  std::copy(seconds.begin(), seconds.end(), long_sleep.begin());
  Guest g(system_call(35, kData, 0) + system_call(228, 0, kData + 16) + system_call(231, 7, 0),
          long_sleep);
  const auto exit = g.machine.run();
  REQUIRE(exit);
  CHECK(exit->status == 7);
}

TEST_CASE("a system call that writes the same page over and over is bounded where it is recorded") {
  // preadv(/dev/zero) into 1024 pieces that are all the same 64 KiB: open, then readv.
  Code data(0x200, 0);
  const std::string name = "/dev/zero";
  std::copy(name.begin(), name.end(), data.begin());
  Code code = system_call(2, kData, 0) + system_call(9, kArena, 0x100000, 3, kReserve);
  // Each iovec: base kArena + 0x10000, length 0x10000.
  code = code + set(cpu::rdi, kArena) + set(cpu::rcx, 1024) + set(cpu::rax, kArena + 0x10000) +
         set(cpu::rdx, 0x10000) +
         // mov [rdi], rax; mov [rdi+8], rdx; add rdi, 16; dec rcx; jnz
         Code{0x48, 0x89, 0x07, 0x48, 0x89, 0x57, 0x08, 0x48,
              0x83, 0xc7, 0x10, 0x48, 0xff, 0xc9, 0x75, 0xf0} +
         system_call(19, 3, kArena, 1024) + system_call(231, 7, 0);
  Guest fast(code, data, with_memory(32 << 20)), observed(code, data, with_memory(32 << 20));
  CHECK(fast.limit() == "none");
  machine::Observer observer(observed.machine);
  observer.on.retired = [](const kernel::Thread&, const machine::Retired&) {};
  observer.observe(true);
  CHECK(contains(observed.limit(), "too much to record"));
}
