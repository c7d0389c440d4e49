// Random code with random registers and memory on a whole machine, twice: by the fast loop and by
// the observed one. Both must end alike, within their limits.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "emulator/base/error.hpp"
#include "emulator/base/random.hpp"
#include "emulator/machine/machine.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/fuzz/registers.hpp"
#include "tests/fuzz/target.hpp"

namespace fuzz {
namespace {

using namespace emulator;

constexpr u64 kInstructions = 3'000, kMemory = u64{8} << 20;
constexpr u64 kDataSize = 0x4000;

struct Plan {
  machine::Settings settings;
  cpu::Registers regs;
  bool writable_code = false;
  Input code, data;
};

Plan plan_of(Bytes input) {
  Choices choices(input);
  Plan p;
  const u8 machine = choices.take<u8>(), memory = choices.take<u8>();
  constexpr u64 kQuanta[] = {1, 3, 50, 10'000};
  p.settings.kernel = tests::plain_config();
  p.settings.kernel.max_threads = 20;
  p.settings.kernel.max_open_files = 40;
  p.settings.profile.level = static_cast<cpu::Level>(2 - machine % 3);
  p.settings.quantum = kQuanta[machine / 4 % 4];
  p.settings.max_instructions = kInstructions;
  p.settings.memory_limit = kMemory;
  p.writable_code = (machine & 64) != 0;
  choose_registers(choices, p.regs, tests::kData, kDataSize, tests::kText);
  const Bytes code = choices.rest();
  p.code.assign(code.begin(), code.end());
  p.code.resize(std::min<std::size_t>(p.code.size(), tests::kTextSize));
  p.data.resize(0x800);
  u64 random = memory;
  for (u8& byte : p.data) byte = static_cast<u8>(base::next_random(random));
  return p;
}

std::shared_ptr<const kernel::ElfImage> image_of(const Plan& p) {
  tests::ElfBuilder b;
  b.set_data(p.data);
  b.programs[1].memsz = kDataSize;
  if (p.writable_code) b.programs[0].flags |= kernel::kFlagWrite;
  Input file = b.build();
  std::copy(p.code.begin(), p.code.end(), file.begin() + 0x1000);
  return tests::image_of(std::move(file));
}

/// How a run ended, and the state that it left.
struct Ending {
  std::string how;
  u64 retired = 0;
  std::vector<kernel::Thread> threads;
  std::map<u64, Input> pages;  // but those that are all zero
  std::string output;
};

class Output : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int fd, std::span<const u8> bytes) override {
    text += static_cast<char>('0' + fd);
    text.append(bytes.begin(), bytes.end());
    return bytes.size();
  }
  kernel::Result<u64> read_input(std::span<u8> to) override {
    if (std::exchange(ended, true)) return 0;
    std::fill(to.begin(), to.end(), u8{'x'});
    return to.size();
  }
  std::string text;
  bool ended = false;
};

Ending run(const Plan& p, bool observed) {
  Output host;
  machine::Machine m(p.settings, image_of(p), host);
  const u64 rip = m.kernel().threads().front()->regs.rip;
  m.kernel().threads().front()->regs = p.regs;
  m.kernel().threads().front()->regs.rip = rip;
  u64 told = 0;
  machine::Observer observer(m);
  observer.on.retired = [&told](const kernel::Thread&, const machine::Retired&) { ++told; };
  observer.observe(observed);
  Ending end;
  try {
    const auto exit = m.run();
    end.how = fmt::format("status {}", exit->as_shell_status());
  } catch (const base::LimitReached& e) {
    end.how = e.what();
  } catch (const base::Unimplemented& e) {
    end.how = e.what();
  }
  end.retired = m.retired();
  if (end.retired > kInstructions) fail("more instructions than allowed");
  if (m.memory().touched_bytes() > kMemory) fail("more memory than allowed");
  for (const auto& t : m.kernel().threads()) end.threads.push_back(*t);
  m.memory().for_each_page([&end](u64 page, std::span<const u8, base::kPageSize> bytes) {
    if (std::ranges::any_of(bytes, [](u8 b) { return b != 0; }))
      end.pages[page] = Input(bytes.begin(), bytes.end());
  });
  end.output = std::move(host.text);
  return end;
}

void compare(const Ending& a, const Ending& b) {
  if (a.how != b.how)
    fail(fmt::format("the loops end differently: \"{}\" after {}, \"{}\" after {}", a.how,
                     a.retired, b.how, b.retired));
  if (a.retired != b.retired)
    fail(fmt::format("the loops retired {} and {} instructions", a.retired, b.retired));
  if (a.threads.size() != b.threads.size()) fail("the loops leave different threads");
  for (std::size_t i = 0; i < a.threads.size(); ++i) {
    const auto &x = a.threads[i].regs, &y = b.threads[i].regs;
    if (x.slots != y.slots || x.rip != y.rip || x.rflags() != y.rflags() || x.mxcsr != y.mxcsr ||
        x.ymm != y.ymm)
      fail("the loops leave different registers");
  }
  if (a.pages != b.pages) fail("the loops leave different memory");
  if (a.output != b.output) fail("the loops print different things");
}

}  // namespace

void run_guest(Bytes input) {
  const Plan p = plan_of(input);
  compare(run(p, false), run(p, true));
}

std::vector<Input> guest_seeds() {
  const std::vector<Input> codes = {
      // mov ecx, 1000; dec ecx; jnz -4; exit_group(7)
      {0xb9, 0xe8, 3, 0,    0,    0xff, 0xc9, 0x75, 0xfc, 0xbf, 7,
       0,    0,    0, 0xb8, 0xe7, 0,    0,    0,    0x0f, 0x05},
      // mov eax, 1 (write); mov edi, eax; lea rsi, [rip]; mov edx, 9; syscall; jmp to the start
      {0xb8, 1, 0,    0, 0, 0x89, 0xc7, 0x48, 0x8d, 0x35, 0,   0,
       0,    0, 0xba, 9, 0, 0,    0,    0x0f, 0x05, 0xeb, 0xe9},
      // inc byte [rip-6]; jmp to the start: code that writes over itself
      {0xfe, 0x05, 0xfa, 0xff, 0xff, 0xff, 0xeb, 0xf8},
      // clone(CLONE_VM|SIGHAND|THREAD, rsp); jmp self
      {0xb8, 56,   0,    0,    0,    0xbf, 0,    9,    1,    0,   0x48,
       0x89, 0xe6, 0x0f, 0x05, 0xff, 0xc0, 0x48, 0xab, 0xeb, 0xf9},
      // call +0; pop rax; push; rep stosb; ret
      {0xe8, 0, 0, 0, 0, 0x58, 0x50, 0xb9, 9, 0, 0, 0, 0xf3, 0xaa, 0xc3},
      // paddq; movups to [rdi]; div
      {0x66, 0x0f, 0xd4, 0xc1, 0x0f, 0x11, 0x07, 0x48, 0xf7, 0xf6, 0xeb, 0xf4},
  };
  std::vector<Input> seeds;
  for (const u8 machine : {u8{0}, u8{4}, u8{72}, u8{76}})
    for (const Input& code : codes) {
      Input seed = {machine, 1};
      for (u8 r = 0; r < 16; ++r) seed.insert(seed.end(), {static_cast<u8>(r % 10), r});
      seed.insert(seed.end(), {9, 1});
      seed[2 + 2 * 6] = seed[2 + 2 * 7] = 2;
      seed.insert(seed.end(), code.begin(), code.end());
      seeds.push_back(seed);
    }
  return seeds;
}

}  // namespace fuzz
