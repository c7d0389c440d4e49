#include "emulator/kernel/abi.hpp"
#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;

TEST_CASE("what goes into a pipe comes out in order, and the end when the writers are gone") {
  World w;
  const auto [r, wr] = w.pipe();
  CHECK(w.write(wr, "one") == 3);
  CHECK(w.write(wr, "two") == 3);
  CHECK(w.read(r, 4) == "onet");
  CHECK(w.read(r) == "wo");
  CHECK(w.call(kLseek, r, 0, 0) == error(Errno::espipe));
  w.call(kClose, wr);
  CHECK(w.read(r) == "");
}

TEST_CASE("a read from an empty pipe waits for a writer") {
  World w;
  const auto [r, wr] = w.pipe();
  Thread& writer =
      *w.kernel.clone_thread(w.main(), 0x50f00, Addr(World::kScratch + 0x80000), Addr());
  w.call(kRead, r, World::kBuffer + 100, 50);
  REQUIRE(w.waits());
  CHECK(!w.kernel.can_resume(w.main()));
  w.put(World::kBuffer, "data", 4);
  CHECK(w.call_by(writer, kWrite, wr, World::kBuffer, 4) == 4);
  CHECK(w.retry() == 4);
  CHECK(w.bytes(World::kBuffer + 100, 4) == "data");
  w.call(kRead, r, World::kBuffer, 50);
  REQUIRE(w.waits());
  w.call_by(writer, kClose, wr);
  CHECK(w.retry() == 0);
}

TEST_CASE("O_NONBLOCK answers EAGAIN instead") {
  World w;
  const auto [r, wr] = w.pipe(kNonBlock);
  CHECK(w.read(r) == "errno 11");
  CHECK(w.call(kWrite, wr, World::kBuffer, 65536) == 65536);
  CHECK(w.write(wr, "x") == error(Errno::eagain));
  CHECK(w.call(kFcntl, wr, 1032) == 65536);
}

TEST_CASE("up to PIPE_BUF bytes go in whole or not at all; of more, what fits") {
  World w;
  const auto [r, wr] = w.pipe(kNonBlock);
  CHECK(w.call(kWrite, wr, World::kBuffer, 62000) == 62000);
  CHECK(w.call(kWrite, wr, World::kBuffer, 4096) == error(Errno::eagain));
  CHECK(w.call(kWrite, wr, World::kBuffer, 4097) == 3536);
}

TEST_CASE("a long write goes in bit by bit as the reader makes room") {
  World w;
  const auto [r, wr] = w.pipe();
  Thread& reader =
      *w.kernel.clone_thread(w.main(), 0x50f00, Addr(World::kScratch + 0x80000), Addr());
  const u64 source = World::kScratch + 0x50000, sink = World::kScratch + 0x90000;
  for (u64 i = 0; i < 100000; i += 4) w.put(source + i, static_cast<u32>(i));
  w.call(kWrite, wr, source, 100000);
  REQUIRE(w.waits());
  CHECK(w.call_by(reader, kRead, r, sink, 50000) == 50000);
  CHECK(w.retry() == 100000);
  CHECK(w.call_by(reader, kRead, r, sink + 50000, 60000) == 50000);
  CHECK(w.bytes(source, 100000) == w.bytes(sink, 100000));
}

TEST_CASE("a write without a reader is EPIPE and SIGPIPE") {
  World w;
  const auto [r, wr] = w.pipe();
  w.call(kClose, r);
  CHECK(w.write(wr, "x") == error(Errno::epipe));
  REQUIRE(w.main().pending.size() == 1);
  CHECK(w.main().pending.front().signal == 13);
}

TEST_CASE("an eventfd counts, or counts down as a semaphore") {
  World w;
  const u64 plain = w.call(kEventfd2, 3, kNonBlock),
            semaphore = w.call(kEventfd2, 2, kNonBlock | 1);
  w.put(World::kBuffer, u64{4});
  CHECK(w.call(kWrite, plain, World::kBuffer, 8) == 8);
  CHECK(w.call(kRead, plain, World::kBuffer, 8) == 8);
  CHECK(w.get<u64>(World::kBuffer) == 7);
  CHECK(w.call(kRead, plain, World::kBuffer, 8) == error(Errno::eagain));
  CHECK(w.call(kRead, plain, World::kBuffer, 7) == error(Errno::einval));
  for (int i = 0; i < 2; ++i) {
    CHECK(w.call(kRead, semaphore, World::kBuffer, 8) == 8);
    CHECK(w.get<u64>(World::kBuffer) == 1);
  }
  CHECK(w.call(kRead, semaphore, World::kBuffer, 8) == error(Errno::eagain));
  w.put(World::kBuffer, ~u64{0} - 1);
  CHECK(w.call(kWrite, plain, World::kBuffer, 8) == 8);
  w.put(World::kBuffer, u64{1});
  CHECK(w.call(kWrite, plain, World::kBuffer, 8) == error(Errno::eagain));
  w.put(World::kBuffer, ~u64{0});
  CHECK(w.call(kWrite, plain, World::kBuffer, 8) == error(Errno::einval));
}

TEST_CASE("a timerfd counts expirations on the virtual clock") {
  World w;
  const u64 fd = w.call(kTimerfdCreate, 1, 0);
  w.put(World::kBuffer, Itimerspec{{0, 1000}, {0, 5000}});
  CHECK(w.call(kTimerfdSettime, fd, 0, World::kBuffer, 0) == 0);
  w.call(kRead, fd, World::kBuffer, 8);
  REQUIRE(w.waits());
  REQUIRE(w.kernel.next_deadline());
  CHECK(w.kernel.next_deadline()->value == 5000);
  w.kernel.set_time(Nanos(5000));
  CHECK(w.retry() == 8);
  CHECK(w.get<u64>(World::kBuffer) == 1);
  w.kernel.set_time(Nanos(8500));
  CHECK(w.call(kRead, fd, World::kBuffer, 8) == 8);
  CHECK(w.get<u64>(World::kBuffer) == 3);
}

TEST_CASE("a socketpair carries bytes both ways and ends with its other side") {
  World w;
  CHECK(w.call(kSocketpair, 1, 1 | kNonBlock, 0, World::kBuffer) == 0);
  const u64 a = w.get<u32>(World::kBuffer), b = w.get<u32>(World::kBuffer + 4);
  CHECK(w.write(a, "ping") == 4);
  CHECK(w.read(b) == "ping");
  CHECK(w.write(b, "pong") == 4);
  CHECK(w.read(a) == "pong");
  CHECK(w.read(a) == "errno 11");
  w.call(kClose, b);
  CHECK(w.read(a) == "");
  CHECK(w.call(kSend, a, World::kBuffer, 1, 0x4000, 0, 0) == error(Errno::epipe));
  CHECK(w.main().pending.empty());
}

TEST_CASE("a checkpoint holds what is in a pipe") {
  World w;
  const auto [r, wr] = w.pipe();
  w.write(wr, "before");
  const Kernel::Checkpoint before = w.kernel.checkpoint();
  CHECK(w.read(r) == "before");
  w.call(kClose, wr);
  w.kernel.restore(before);
  CHECK(w.write(wr, "+") == 1);
  CHECK(w.read(r) == "before+");
}
