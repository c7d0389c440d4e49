// Guests that ask for more and more of each thing: every one comes to a named limit, and what they
// cost the host stays small.
#include "emulator/kernel/limits.hpp"

#include <malloc.h>

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
namespace limits = kernel::limits;

namespace {

constexpr u64 kMib = 1 << 20;
constexpr u64 kMmap = 9, kMprotect = 10, kMunmap = 11, kOpen = 2, kClose = 3, kWrite = 1;
constexpr u64 kPipe2 = 293, kFcntl = 72, kSetrlimit = 160, kEpollCreate = 291, kEpollCtl = 233;
constexpr u64 kTimerCreate = 222, kTgkill = 234, kSigprocmask = 14, kMemfd = 319, kSymlink = 88;
constexpr u64 kUnlink = 87, kFutex = 202, kGetdents = 217, kFtruncate = 77, kDup = 32;
constexpr u64 kPrivateAnonymous = 0x22, kArena = 0x10000000000;

/// What is allocated now beyond what was at the start.
class Heap {
 public:
  u64 grown() const { return now() > start_ ? now() - start_ : 0; }

 private:
  static u64 now() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  u64 start_ = now();
};

/// A world whose guest has raised RLIMIT_NOFILE as far as it may.
struct Wide : World {
  u64 area = call(kMmap, 0, 0x10000, 3, kPrivateAnonymous, -1, 0);
  Wide() {
    put(area, kernel::Rlimit{1 << 20, 1 << 20});
    REQUIRE(call(kSetrlimit, 7, area) == 0);
  }
  u64 path(std::string_view text) {
    memory.poke(Addr(area + 0x100),
                std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
    put(area + 0x100 + text.size(), u8{0});
    return area + 0x100;
  }
  bool said(std::string_view text) const {
    for (const auto& notice : notices)
      if (notice.find(text) != std::string::npos) return true;
    return false;
  }
};

/// Calls `again` until it fails; returns how often it did not, and the error.
template <class Again>
std::pair<u64, u64> until_refused(Again again) {
  u64 count = 0, result = 0;
  while (static_cast<i64>(result = again()) >= 0) ++count;
  return {count, result};
}

}  // namespace

TEST_CASE("Threads without end: EAGAIN at the limit, and the guest that goes on is stopped") {
  Wide w;
  const Heap heap;
  const auto clone = [&] { return w.call(56, 0x50f00, 0x7fff0000, 0, 0, 0); };
  const auto [count, error] = until_refused(clone);
  CHECK(count == 9'999);  // and the first
  CHECK(error == failed(Errno::eagain));
  CHECK(w.said("the limit \"threads\" (10000) is reached: the guest is answered EAGAIN"));
  CHECK(heap.grown() < 32 * kMib);
  const auto storm = [&] {
    for (u64 i = 0; i < limits::kRefusals; ++i) clone();
  };
  CHECK_THROWS_AS(storm(), base::LimitReached);
}

TEST_CASE("Mappings without end: ENOMEM at vm.max_map_count, for what splits them as well") {
  Wide w;
  const Heap heap;
  u64 n = 0;
  const auto [count, error] =
      until_refused([&] { return w.call(kMmap, kArena + 0x3000 * ++n, 0x1000, 1, 0x4032, -1, 0); });
  CHECK(count > 65'000);
  CHECK(error == failed(Errno::enomem));
  CHECK(w.memory.regions().size() == limits::kMappings);
  CHECK(heap.grown() < 32 * kMib);
  CHECK(w.call(kMunmap, w.area + 0x1000, 0x1000) == failed(Errno::enomem));
  CHECK(w.call(kMprotect, w.area + 0x1000, 0x1000, 1) == failed(Errno::enomem));
  CHECK(w.memory.regions().size() == limits::kMappings);
  CHECK(w.call(kMunmap, w.area, 0x10000) == 0);
}

TEST_CASE("Files opened without end: ENFILE") {
  Wide w;
  const Heap heap;
  const u64 name = w.path("/dev/null");
  const auto [count, error] = until_refused([&] { return w.call(kOpen, name, 0, 0); });
  CHECK(count == limits::kOpenFiles - 3);
  CHECK(error == failed(Errno::enfile));
  CHECK(heap.grown() < 64 * kMib);
  CHECK(w.call(kClose, 100) == 0);
  CHECK(w.call(kOpen, name, 0, 0) == 100);
}

TEST_CASE("Descriptors without end: EMFILE") {
  Wide w;
  const Heap heap;
  const auto [count, error] = until_refused([&] { return w.call(kDup, 1); });
  CHECK(count == (1 << 20) - 3);
  CHECK(error == failed(Errno::emfile));
  CHECK(heap.grown() < 80 * kMib);
}

TEST_CASE("Full pipes without end: new ones get smaller, then ENFILE") {
  Wide w;
  const Heap heap;
  constexpr u64 kNonBlock = 04000, kSetSize = 1031;
  u64 writer = 0;
  const auto [count, error] = until_refused([&] {
    const u64 made = w.call(kPipe2, w.area, kNonBlock);
    if (made != 0) return made;
    writer = w.get<std::array<u32, 2>>(w.area)[1];
    while (static_cast<i64>(w.call(kWrite, writer, w.area, 0x10000)) > 0) {
    }
    return made;
  });
  CHECK(count > 1'024);
  CHECK(error == failed(Errno::enfile));
  CHECK(w.call(kFcntl, writer, kSetSize, kMib) == failed(Errno::eperm));
  CHECK(w.said("bytes of all pipes"));
  CHECK(heap.grown() < 192 * kMib);
}

TEST_CASE("Epoll watches without end: ENOSPC, over all instances") {
  Wide w;
  const Heap heap;
  std::vector<u64> watched;
  for (int i = 0; i < 400; ++i) {
    REQUIRE(w.call(kPipe2, w.area, 0) == 0);
    watched.push_back(w.get<std::array<u32, 2>>(w.area)[0]);
  }
  w.put(w.area + 0x40, kernel::EpollEvent{1, 0});
  u64 n = 0, epoll = 0;
  const auto [count, error] = until_refused([&] {
    if (n % watched.size() == 0) epoll = w.call(kEpollCreate, 0);
    return w.call(kEpollCtl, epoll, 1, watched[n++ % watched.size()], w.area + 0x40);
  });
  CHECK(count == limits::kWatches);
  CHECK(error == failed(Errno::enospc));
  CHECK(heap.grown() < 64 * kMib);
}

TEST_CASE("Queued signals and timers without end: EAGAIN at RLIMIT_SIGPENDING") {
  Wide w;
  const Heap heap;
  w.put(w.area, ~u64{0});
  REQUIRE(w.call(kSigprocmask, 0, w.area, 0, 8) == 0);  // all blocked
  const auto [timers, no_timer] =
      until_refused([&] { return w.call(kTimerCreate, 1, 0, w.area + 8); });
  CHECK(timers == 10'000);
  CHECK(no_timer == failed(Errno::eagain));
  CHECK(w.call(kTgkill, 1, 1, 40) == failed(Errno::eagain));
  CHECK(w.call(kTgkill, 1, 1, 10) == 0);
  CHECK(w.call(226, 0) == 0);
  CHECK(w.call(226, 1) == 0);
  CHECK(w.call(kTgkill, 1, 1, 40) == 0);
  CHECK(w.call(kTgkill, 1, 1, 40) == failed(Errno::eagain));
  CHECK(heap.grown() < 8 * kMib);
}

TEST_CASE("Text of /proc files held open without end: ENOMEM") {
  Wide w;
  for (u64 i = 0; i < 20'000; ++i) w.call(kMmap, kArena + 0x3000 * i, 0x1000, 1, 0x4032, -1, 0);
  const Heap heap;
  const u64 name = w.path("/proc/self/maps");
  const auto [count, error] = until_refused([&] { return w.call(kOpen, name, 0, 0); });
  CHECK(count > 10);
  CHECK(error == failed(Errno::enomem));
  CHECK(heap.grown() < 96 * kMib);
}

TEST_CASE("Directory listings held open without end: ENOMEM") {
  Wide w;
  const u64 target = w.area + 0x800;
  w.put(target, u16{'x'});
  for (int i = 0; i < 20'000; ++i)
    REQUIRE(w.call(kSymlink, target, w.path("/tmp/l" + std::to_string(i))) == 0);
  const Heap heap;
  const u64 name = w.path("/tmp");
  const auto [count, error] = until_refused([&] {
    const u64 fd = w.call(kOpen, name, 0, 0);
    return w.call(kGetdents, fd, w.area + 0x1000, 0x1000);
  });
  CHECK(count > 10);
  CHECK(error == failed(Errno::enomem));
  CHECK(heap.grown() < 96 * kMib);
}

TEST_CASE("A file that cannot be opened for want of a descriptor is not made either") {
  World w;
  const u64 area = w.page();
  while (static_cast<i64>(w.call(kDup, 1)) >= 0) {
  }
  w.put(area, u64{0x612f706d742f});  // "/tmp/a"
  const Heap heap;
  for (int i = 0; i < 50'000; ++i) CHECK(w.call(kMemfd, area, 0) == failed(Errno::emfile));
  CHECK(heap.grown() < kMib);
  CHECK(w.call(kOpen, area, 0102, 0644) == failed(Errno::emfile));
  w.call(kClose, 3);
  CHECK(w.call(kOpen, area, 0, 0) == failed(Errno::enoent));
}

TEST_CASE("Symbolic links with long targets count as several names") {
  Wide w;
  const Heap heap;
  const u64 target = w.area + 0x1000;
  w.memory.poke(Addr(target), std::vector<u8>(4000, 'x'));
  u64 n = 0;
  const auto [count, error] = until_refused(
      [&] { return w.call(kSymlink, target, w.path("/tmp/" + std::to_string(++n))); });
  CHECK(count < 65'536 / 15);
  CHECK(error == failed(Errno::enospc));
  CHECK(heap.grown() < 64 * kMib);
  CHECK(w.call(kUnlink, w.path("/tmp/1")) == 0);
  CHECK(w.call(kSymlink, target, w.path("/tmp/1")) == 0);
}

TEST_CASE("Mapped files count by what they hold of the host's memory, until they are unmapped") {
  Wide w;
  const u64 fd = w.call(kMemfd, w.path("big"), 0);
  REQUIRE(w.call(kFtruncate, fd, kMib) == 0);
  const Heap heap;
  u64 last = 0;
  const auto map = [&] { return w.call(kMmap, 0, 0x1000, 1, 2, fd, 0); };
  const auto [count, error] = until_refused([&] {
    const u64 at = map();
    if (static_cast<i64>(at) > 0) last = at;
    return at;
  });
  CHECK(count == World::kMemoryLimit / kMib);
  CHECK(error == failed(Errno::enomem));
  CHECK(heap.grown() < World::kMemoryLimit + 8 * kMib);
  CHECK(w.call(kMunmap, last, 0x1000) == 0);
  CHECK(static_cast<i64>(map()) > 0);
}

TEST_CASE("Sentences about what is not modelled end at some point") {
  World w;
  const Heap heap;
  for (u64 number = 1000; number < 100'000; ++number) w.call(number);
  CHECK(w.notices.size() == limits::kNotices + 1);
  CHECK(heap.grown() < kMib);
}

TEST_CASE("Standard input that was read is not kept, unless a checkpoint needs it") {
  struct Endless : NoHost {
    kernel::Result<u64> read_input(std::span<u8> to) override { return to.size(); }
  } host;
  memory::AddressSpace memory(World::kMemoryLimit);
  kernel::Files files;
  std::vector<u8> buffer(65536);
  const Heap heap;
  for (int i = 0; i < 2000; ++i) CHECK(*files.read_input(host, buffer) == buffer.size());
  CHECK(heap.grown() < kMib);
  kernel::Files checkpoint = files;
  for (int i = 0; i < 16; ++i) CHECK(*files.read_input(host, buffer) == buffer.size());
  CHECK(heap.grown() >= kMib);
  CHECK(checkpoint.input_buffered() == buffer.size());
}

TEST_CASE("A storm of futex calls costs no memory") {
  Wide w;
  for (int i = 0; i < 200; ++i) w.new_thread();
  w.put(w.area, u32{0});
  const Heap heap;
  for (int round = 0; round < 200; ++round) {
    for (const auto& t : w.kernel.threads())
      if (t->tid != 1 && t->state == ThreadState::runnable) w.call(*t, kFutex, w.area, 128, 0, 0);
    CHECK(w.call(kFutex, w.area, 129, 1 << 30) == 200);
    for (const auto& t : w.kernel.threads()) (void)w.wake(*t);
  }
  CHECK(heap.grown() < kMib);
}

TEST_CASE("mremap of a reservation of terabytes moves only the pages that are there") {
  Wide w;
  constexpr u64 kHuge = u64{1} << 45;
  const u64 at = w.call(kMmap, 0, kHuge, 3, 0x4022, -1, 0);
  REQUIRE(static_cast<i64>(at) > 0);
  w.put(at + 0x5000, u64{42});
  w.put(at + kHuge - 8, u64{43});
  const u64 to = w.call(25, at, kHuge, kHuge, 3, at - kHuge - 0x10000, 0);
  REQUIRE(to == at - kHuge - 0x10000);
  CHECK(w.get<u64>(to + 0x5000) == 42);
  CHECK(w.get<u64>(to + kHuge - 8) == 43);
  CHECK(w.memory.region_at(Addr(at)) == nullptr);
}
