// System calls one after another, with arguments that are likely to mean something, made by any of
// the threads that can run.
#include "emulator/base/error.hpp"
#include "emulator/base/random.hpp"
#include "emulator/kernel/clock.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/fuzz/target.hpp"

namespace fuzz {
namespace {

using namespace emulator;
using kernel::Thread;
using kernel::ThreadState;

constexpr u64 kArea = 0x10000000, kAreaSize = 0x10000;
constexpr unsigned kMostCalls = 60;
constexpr std::string_view kPaths[] = {
    "/tmp",        "/tmp/a",           "a",         "/proc/self/maps", "/dev/zero", "/tmp/a/b",
    "..",          "/proc/self/fd/0",  "/tmp/link", "/proc/self/exe",  "/dev/null", "/etc/hosts",
    "/dev/random", "/proc/self/status"};

/// Paths at the start of the area, then small numbers, as most structures hold them.
void fill_area(tests::World& w, u8 seed) {
  memory::Region region;
  region.protection = memory::kRead | memory::kWrite;
  w.memory.map(Addr(kArea), kAreaSize, region);
  u64 random = seed;
  for (u64 at = 0; at < kAreaSize; at += 8) {
    const u64 word = base::next_random(random);
    w.put(kArea + at, word >> (word % 64));
  }
  for (u64 i = 0; i < std::size(kPaths); ++i) {
    std::string text(kPaths[i]);
    text.resize(32);
    w.memory.poke(Addr(kArea + 32 * i), {reinterpret_cast<const u8*>(text.data()), 32});
  }
}

u64 argument(u8 kind, u8 detail) {
  switch (kind % 8) {
    case 0:
      return detail;
    case 1:
      return kArea + 32 * (detail % std::size(kPaths));
    case 2:
      return kArea + 0x1000 + u64{detail} * 128;
    case 3:
      return u64{1} << detail % 64;
    case 4:
      return ~u64{0} - detail;
    case 5:
      return u64{detail} * base::kPageSize;
    case 6:
      return kArea + kAreaSize - detail;
    default:
      return u64{detail} << 8 | kind;
  }
}

/// The thread whose turn it is: the next that can run. Time goes on when none can.
Thread* next_thread(tests::World& w, unsigned turn) {
  for (int tries = 0; tries < 3; ++tries) {
    auto& threads = w.kernel.threads();
    for (std::size_t i = 0; i < threads.size(); ++i) {
      Thread& t = *threads[(turn + i) % threads.size()];
      if (t.state == ThreadState::waiting) (void)w.wake(t);
      if (w.kernel.exit) return nullptr;
      if (t.state == ThreadState::runnable) return &t;
    }
    const auto deadline = w.kernel.next_deadline();
    if (!deadline || *deadline > kernel::kEndOfTime) return nullptr;
    w.kernel.set_time(*deadline);
  }
  return nullptr;
}

void make_calls(tests::World& w, Choices& choices) {
  for (unsigned n = 0; n < kMostCalls && !choices.empty(); ++n) {
    Thread* const t = next_thread(w, n);
    if (t == nullptr) return;
    const u64 number = choices.take<u16>() % 470;
    const u64 count = choices.take<u8>() % 7;
    std::array<u64, 6> a{};
    for (u64 i = 0; i < count; ++i) {
      const u8 kind = choices.take<u8>(), detail = choices.take<u8>();
      a[i] = argument(kind, detail);
    }
    w.kernel.ran(*t, 1);
    (void)w.call(*t, number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (w.kernel.exit) return;
    w.kernel.set_time(w.kernel.now() + Nanos(1));
    for (const auto& other : w.kernel.threads()) w.kernel.deliver_signals(*other);
    if (w.kernel.exit) return;
  }
}

}  // namespace

void run_system_calls(Bytes input) {
  Choices choices(input);
  kernel::Config config = tests::plain_config();
  config.max_threads = 20;
  config.max_open_files = 40;
  try {
    tests::World w(config);
    fill_area(w, choices.take<u8>());
    make_calls(w, choices);
    const auto point = w.kernel.checkpoint();
    w.kernel.restore(point);
    if (w.memory.touched_bytes() > tests::World::kMemoryLimit) fail("more memory than allowed");
  } catch (const base::LimitReached&) {
  }
}

std::vector<Input> system_call_seeds() {
  struct Call {
    u16 number;
    std::vector<u8> arguments;  // kind, detail …
  };
  const std::vector<std::vector<Call>> programs = {
      // open a file, write, seek, read, stat, close
      {{2, {1, 1, 0, 0x42, 7, 1}},
       {1, {0, 3, 2, 0, 0, 200}},
       {8, {0, 3, 0, 0, 0, 0}},
       {0, {0, 3, 2, 9, 0, 99}},
       {5, {0, 3, 2, 2}},
       {77, {0, 3, 3, 16}},
       {3, {0, 3}}},
      // mmap, mprotect, mremap, madvise, munmap
      {{9, {0, 0, 5, 8, 0, 3, 0, 0x22, 4, 0, 0, 0}},
       {10, {2, 0, 5, 1, 0, 1}},
       {25, {2, 0, 5, 1, 5, 4, 0, 1}},
       {28, {2, 0, 5, 2, 0, 4}},
       {11, {2, 32, 5, 1}}},
      // pipe2, write, read, epoll, eventfd, poll
      {{293, {2, 0, 0, 0}},
       {1, {0, 4, 2, 1, 0, 9}},
       {291, {0, 0}},
       {233, {0, 5, 0, 1, 0, 3, 2, 8}},
       {232, {0, 5, 2, 3, 0, 4, 0, 0}},
       {290, {0, 1, 0, 0}},
       {7, {2, 4, 0, 2, 0, 5}},
       {0, {0, 3, 2, 1, 0, 9}}},
      // clone, futex wait and wake, tgkill, signals
      {{56, {7, 0x0f, 2, 9, 0, 0, 0, 0, 0, 0}},
       {202, {2, 0, 0, 128, 0, 0, 0, 0}},
       {202, {2, 0, 0, 129, 0, 1}},
       {13, {0, 10, 2, 0, 0, 0, 0, 8}},
       {234, {0, 1, 0, 1, 0, 10}},
       {14, {0, 0, 2, 0, 0, 0, 0, 8}},
       {131, {2, 0, 0, 0}}},
      // timers and clocks
      {{222, {0, 1, 0, 0, 2, 0}},
       {223, {0, 0, 0, 0, 2, 1, 0, 0}},
       {38, {0, 0, 2, 0, 0, 0}},
       {35, {2, 0, 0, 0}},
       {228, {0, 1, 2, 0}},
       {283, {0, 1, 0, 0}},
       {286, {0, 3, 0, 0, 2, 0, 0, 0}}},
      // directories, links, names
      {{83, {1, 1, 0, 255}},
       {88, {1, 0, 1, 8}},
       {80, {1, 0}},
       {257, {4, 99, 1, 2, 0, 0x42, 7, 1}},
       {217, {0, 3, 2, 0, 7, 4}},
       {82, {1, 2, 1, 5}},
       {87, {1, 5}},
       {89, {1, 8, 2, 0, 0, 99}}},
      // memfd, mmap of a file, copy, splice between files
      {{319, {1, 2, 0, 0}},
       {77, {0, 3, 5, 4}},
       {9, {0, 0, 5, 2, 0, 1, 0, 2, 0, 3, 0, 0}},
       {40, {0, 1, 0, 3, 0, 0, 0, 99}},
       {285, {0, 3, 0, 0, 5, 1, 5, 2}},
       {32, {0, 3}}},
  };
  std::vector<Input> seeds;
  for (const auto& calls : programs) {
    Input seed = {1};
    for (const Call& call : calls) {
      seed.insert(seed.end(), {static_cast<u8>(call.number), static_cast<u8>(call.number >> 8),
                               static_cast<u8>(call.arguments.size() / 2)});
      seed.insert(seed.end(), call.arguments.begin(), call.arguments.end());
    }
    seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace fuzz
