#include "emulator/kernel/abi.hpp"
#include "emulator/kernel/epoll.hpp"
#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;

namespace {

enum : u64 { kAdd = 1, kDelete = 2, kModify = 3 };
constexpr u64 kEvents = World::kBuffer + 0x1000;

struct EpollWorld : World {
  u64 ep = call(kEpollCreate, 0);

  u64 control(u64 operation, u64 fd, u32 events) {
    put(kBuffer, EpollEvent{events, fd});
    return call(kEpollCtl, ep, operation, fd, kBuffer);
  }
  /// "fd:events …" of what is ready now, in hex.
  std::string ready(u64 epoll, u64 most = 16) {
    const u64 count = call(kEpollPwait, epoll, kEvents, most, 0, 0, 8);
    return shown(count);
  }
  std::string ready() { return ready(ep); }
  std::string shown(u64 count) {
    std::string text;
    for (u64 i = 0; i < count; ++i) {
      const auto e = get<EpollEvent>(kEvents + i * sizeof(EpollEvent));
      text += (i ? " " : "") + std::to_string(u64{e.data}) + ":" + std::to_string(u32{e.events});
    }
    return text;
  }
};

std::string item(u64 fd, u32 events) { return std::to_string(fd) + ":" + std::to_string(events); }

}  // namespace

TEST_CASE("level-triggered items are reported as long as they are ready") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  CHECK(w.control(kAdd, r, kPollIn) == 0);
  CHECK(w.ready() == "");
  w.write(wr, "xy");
  CHECK(w.ready() == item(r, kPollIn));
  CHECK(w.ready() == item(r, kPollIn));
  w.read(r);
  CHECK(w.ready() == "");
}

TEST_CASE("edge-triggered items are reported once for each time that data arrives") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  w.write(wr, "before");
  CHECK(w.control(kAdd, r, kPollIn | kEpollEdge) == 0);
  CHECK(w.ready() == item(r, kPollIn));
  CHECK(w.ready() == "");
  w.read(r, 1);
  CHECK(w.ready() == "");
  w.write(wr, "more");
  CHECK(w.ready() == item(r, kPollIn));
  CHECK(w.ready() == "");
  CHECK(w.control(kModify, r, kPollIn | kEpollEdge) == 0);
  CHECK(w.ready() == item(r, kPollIn));
}

TEST_CASE("an edge-triggered writer hears when a full pipe has room again") {
  EpollWorld w;
  const auto [r, wr] = w.pipe(kNonBlock);
  CHECK(w.control(kAdd, wr, kPollOut | kEpollEdge) == 0);
  CHECK(w.ready() == item(wr, kPollOut));
  CHECK(w.call(kWrite, wr, World::kScratch + 0x50000, 65536) == 65536);
  CHECK(w.ready() == "");
  w.read(r, 100);
  CHECK(w.ready() == "");
  w.read(r, 4096);
  CHECK(w.ready() == item(wr, kPollOut));
}

TEST_CASE("one-shot items are silent until they are armed again") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  w.write(wr, "x");
  CHECK(w.control(kAdd, r, kPollIn | kEpollOneShot) == 0);
  CHECK(w.ready() == item(r, kPollIn));
  CHECK(w.ready() == "");
  CHECK(w.control(kModify, r, kPollIn | kEpollOneShot) == 0);
  CHECK(w.ready() == item(r, kPollIn));
}

TEST_CASE("hang-up and error are reported whether asked for or not") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  const auto [r2, wr2] = w.pipe();
  w.control(kAdd, r, kPollIn | kPollRdHup | kEpollEdge);
  w.control(kAdd, wr2, 0);
  w.call(kClose, wr);
  w.call(kClose, r2);
  CHECK(w.ready() == item(r, kPollHup) + " " + item(wr2, kPollErr));
}

TEST_CASE("epoll_ctl refuses what epoll(7) says it refuses") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  CHECK(w.control(kAdd, r, kPollIn) == 0);
  CHECK(w.control(kAdd, r, kPollIn) == error(Errno::eexist));
  CHECK(w.control(kModify, wr, kPollIn) == error(Errno::enoent));
  CHECK(w.control(kDelete, wr, 0) == error(Errno::enoent));
  CHECK(w.control(kDelete, r, 0) == 0);
  CHECK(w.control(kAdd, w.ep, kPollIn) == error(Errno::einval));
  CHECK(w.control(kAdd, 99, kPollIn) == error(Errno::ebadf));
  CHECK(w.control(kAdd, w.open("/etc/hosts"), kPollIn) == error(Errno::eperm));
  CHECK(w.control(7, r, kPollIn) == error(Errno::einval));
  CHECK(w.call(kEpollCtl, r, kAdd, wr, World::kBuffer) == error(Errno::einval));
  CHECK(w.call(kEpollPwait, w.ep, kEvents, 0, 0, 0, 8) == error(Errno::einval));
  CHECK(w.call(kEpollPwait, r, kEvents, 1, 0, 0, 8) == error(Errno::einval));
}

TEST_CASE("epolls watch epolls, but not in a circle") {
  EpollWorld w;
  const u64 outer = w.call(kEpollCreate, 0);
  const auto [r, wr] = w.pipe();
  CHECK(w.control(kAdd, r, kPollIn) == 0);
  w.put(World::kBuffer, EpollEvent{kPollIn, w.ep});
  CHECK(w.call(kEpollCtl, outer, kAdd, w.ep, World::kBuffer) == 0);
  CHECK(w.ready(outer) == "");
  w.write(wr, "x");
  CHECK(w.ready(outer) == item(w.ep, kPollIn));
  CHECK(w.control(kAdd, outer, kPollIn) == error(Errno::eloop));
}

TEST_CASE("an epoll watches only so many epolls") {
  EpollWorld w;
  for (int i = 0; i < 8; ++i) CHECK(w.control(kAdd, w.call(kEpollCreate, 0), kPollIn) == 0);
  CHECK(w.control(kAdd, w.call(kEpollCreate, 0), kPollIn) == error(Errno::einval));
}

TEST_CASE("closing the last descriptor of a file takes it off the list") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  w.control(kAdd, r, kPollIn);
  w.write(wr, "x");
  const u64 copy = w.call(kDup, r);
  w.call(kClose, r);
  CHECK(w.ready() == item(r, kPollIn));  // the description is still open
  w.call(kClose, copy);
  CHECK(w.ready() == "");
}

TEST_CASE("when more is ready than asked for, everybody gets a turn") {
  EpollWorld w;
  std::vector<u64> readers;
  for (int i = 0; i < 3; ++i) {
    const auto [r, wr] = w.pipe();
    w.control(kAdd, r, kPollIn);
    w.write(wr, "x");
    readers.push_back(r);
  }
  for (int round = 0; round < 2; ++round)
    for (const u64 r : readers) CHECK(w.ready(w.ep, 1) == item(r, kPollIn));
}

TEST_CASE("a wait ends with an event") {
  EpollWorld w;
  const auto [r, wr] = w.pipe();
  Thread& writer =
      *w.kernel.clone_thread(w.main(), 0x50f00, Addr(World::kScratch + 0x80000), Addr());
  w.control(kAdd, r, kPollIn);
  w.call(kEpollPwait, w.ep, kEvents, 16, -1, 0, 8);
  REQUIRE(w.waits());
  CHECK(!w.kernel.next_deadline());
  w.call_by(writer, kWrite, wr, World::kBuffer, 1);
  CHECK(w.retry() == 1);
  CHECK(w.shown(1) == item(r, kPollIn));
}

TEST_CASE("a wait ends at its deadline, which later tries do not move") {
  EpollWorld w;
  w.kernel.set_time(Nanos(1'000'000));
  w.call(kEpollPwait, w.ep, kEvents, 16, 5, 0, 8);
  REQUIRE(w.waits());
  CHECK(w.kernel.next_deadline()->value == 6'000'000);
  w.kernel.set_time(Nanos(3'000'000));
  w.kernel.changed();
  w.kernel.resume(w.main());
  REQUIRE(w.waits());
  CHECK(w.kernel.next_deadline()->value == 6'000'000);
  w.kernel.set_time(Nanos(6'000'000));
  CHECK(w.retry() == 0);
}

TEST_CASE("a timerfd that comes due ends an endless wait") {
  EpollWorld w;
  const u64 timer = w.call(kTimerfdCreate, 1, kNonBlock);
  w.put(World::kBuffer, Itimerspec{{0, 0}, {0, 700}});
  w.call(kTimerfdSettime, timer, 0, World::kBuffer, 0);
  w.control(kAdd, timer, kPollIn | kEpollEdge);
  w.call(kEpollPwait, w.ep, kEvents, 16, -1, 0, 8);
  REQUIRE(w.waits());
  CHECK(w.kernel.next_deadline()->value == 700);
  w.kernel.set_time(Nanos(700));
  CHECK(w.retry() == 1);
  CHECK(w.ready() == "");
}

TEST_CASE("a signal mask holds for the wait only") {
  EpollWorld w;
  w.main().mask = 0x10;
  w.put(World::kBuffer, u64{0x200});
  w.call(kEpollPwait, w.ep, kEvents, 16, 5, World::kBuffer, 8);
  REQUIRE(w.waits());
  CHECK(w.main().mask == 0x200);
  w.kernel.set_time(Nanos(5'000'000));
  CHECK(w.retry() == 0);
  CHECK(w.main().mask == 0x10);
  CHECK(w.call(kEpollPwait, w.ep, kEvents, 16, 5, World::kBuffer, 4) == error(Errno::einval));
}

TEST_CASE("poll tells what each descriptor is ready for") {
  World w;
  const auto [r, wr] = w.pipe();
  const u64 at = World::kBuffer + 0x100;
  w.put(at, std::array<PollRecord, 4>{{{static_cast<i32>(r), kPollIn, 0},
                                       {static_cast<i32>(wr), kPollOut, 0},
                                       {-1, kPollIn, 7},
                                       {99, kPollIn, 0}}});
  CHECK(w.call(kPoll, at, 4, -1) == 2);
  const auto records = w.get<std::array<PollRecord, 4>>(at);
  CHECK(records[0].revents == 0);
  CHECK(records[1].revents == kPollOut);
  CHECK(records[2].revents == 0);
  CHECK(records[3].revents == kPollNval);
  CHECK(w.call(kPoll, at, 1, 0) == 0);
  CHECK(w.call(kPoll, at, 5000, 0) == error(Errno::einval));
  w.call(kPoll, at, 1, 20);
  CHECK(w.waits());
}

TEST_CASE("select clears what is not ready") {
  World w;
  const auto [r, wr] = w.pipe();
  const u64 reads = World::kBuffer + 0x100, writes = reads + 8;
  w.put(reads, u64{1} << r);
  w.put(writes, u64{1} << wr);
  CHECK(w.call(kSelect, wr + 1, reads, writes, 0, 0) == 1);
  CHECK(w.get<u64>(reads) == 0);
  CHECK(w.get<u64>(writes) == u64{1} << wr);
  w.put(reads, u64{1} << 40);
  CHECK(w.call(kSelect, 64, reads, 0, 0, 0) == error(Errno::ebadf));
}
