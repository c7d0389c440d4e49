#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;

TEST_CASE("a descriptor is the lowest number that is free") {
  World w;
  CHECK(w.open("/dev/null") == 3);
  CHECK(w.open("/dev/null") == 4);
  CHECK(w.call(kClose, 3) == 0);
  CHECK(w.open("/dev/zero") == 3);
  CHECK(w.call(kClose, 7) == error(Errno::ebadf));
}

TEST_CASE("RLIMIT_NOFILE is the number of descriptors: then EMFILE") {
  World w;
  w.kernel.rlimit(kLimitOpenFiles).current = 5;
  CHECK(w.open("/dev/null") == 3);
  CHECK(w.open("/dev/null") == 4);
  CHECK(w.open("/dev/null") == error(Errno::emfile));
  CHECK(w.call(kPipe2, World::kBuffer, 0) == error(Errno::emfile));
  CHECK(w.call(kDup, 1) == error(Errno::emfile));
  CHECK(w.call(kDup2, 1, 5) == error(Errno::ebadf));
  CHECK(w.call(kClose, 4) == 0);
  CHECK(w.call(kPipe2, World::kBuffer, 0) == error(Errno::emfile));
  CHECK(w.open("/dev/null") == 4);
}

TEST_CASE("dup shares the offset and the status flags, not the close-on-exec flag") {
  World w;
  w.make("/tmp/f", "abcdef");
  const u64 fd = w.open("/tmp/f", kReadWrite | kCloseOnExec);
  const u64 copy = w.call(kDup, fd);
  CHECK(w.read(fd, 2) == "ab");
  CHECK(w.read(copy, 2) == "cd");
  CHECK(w.call(kFcntl, fd, 1) == 1);
  CHECK(w.call(kFcntl, copy, 1) == 0);
  CHECK(w.call(kFcntl, copy, 4, kAppend) == 0);
  CHECK(w.call(kFcntl, fd, 3) == (kReadWrite | kAppend | kLargeFile));
}

TEST_CASE("dup2 closes what was there, dup3 refuses the same number, F_DUPFD takes the next") {
  World w;
  const auto [r, wr] = w.pipe();
  CHECK(w.call(kDup2, 1, wr) == wr);
  CHECK(w.read(r) == "");  // the only writer is gone
  CHECK(w.call(kDup2, 1, 1) == 1);
  CHECK(w.call(kDup3, 1, 1, 0) == error(Errno::einval));
  CHECK(w.call(kDup3, 99, 5, 0) == error(Errno::ebadf));
  CHECK(w.call(kFcntl, 1, 0, 10) == 10);
  CHECK(w.call(kFcntl, 1, 1030, 10) == 11);
  CHECK(w.call(kFcntl, 11, 1) == 1);
}

TEST_CASE("close_range closes a stretch") {
  World w;
  for (int i = 0; i < 4; ++i) w.open("/dev/null");
  CHECK(w.call(kCloseRange, 4, 5, 0) == 0);
  CHECK(w.call(kFcntl, 4, 1) == error(Errno::ebadf));
  CHECK(w.call(kFcntl, 6, 1) == 0);
  CHECK(w.call(kCloseRange, 5, 4, 0) == error(Errno::einval));
}

TEST_CASE("standard input looks like a pipe and keeps the pieces that the host gave") {
  World w;
  w.host.input = {"one\n", "two\n"};
  CHECK(w.status("/proc/self/fd/0").mode == (0010000u | 0600));
  CHECK(w.call(kLseek, 0, 0, 1) == error(Errno::espipe));
  CHECK(w.call(kIoctl, 0, 0x5401, World::kBuffer) == error(Errno::enotty));
  CHECK(w.call(kIoctl, 1, 0x5413, World::kBuffer) == error(Errno::enotty));
  CHECK(w.read(0, 2) == "on");
  CHECK(w.read(0) == "e\n");
  CHECK(w.read(0) == "two\n");
  CHECK(w.read(0) == "");
  CHECK(w.read(0) == "");
  CHECK(w.write(0, "x") == error(Errno::ebadf));
}

TEST_CASE("after going back, standard input is read again in the same pieces without the host") {
  World w;
  w.host.input = {"abc", "defgh"};
  CHECK(w.read(0, 100) == "abc");
  const Kernel::Checkpoint before = w.kernel.checkpoint();
  CHECK(w.read(0, 3) == "def");
  CHECK(w.read(0, 100) == "gh");
  CHECK(w.read(0, 100) == "");
  const int reads = w.host.reads;
  w.kernel.restore(before);
  CHECK(w.read(0, 100) == "def");
  CHECK(w.read(0, 100) == "gh");
  CHECK(w.read(0, 100) == "");
  CHECK(w.host.reads == reads);
}

TEST_CASE("output goes to the host at once, from one buffer or several") {
  World w;
  CHECK(w.write(1, "out") == 3);
  CHECK(w.write(2, "err") == 3);
  w.put(World::kBuffer, "hello world", 11);
  w.put(World::kBuffer + 64, std::array<u64, 4>{World::kBuffer, 6, World::kBuffer + 6, 5});
  CHECK(w.call(kWritev, 1, World::kBuffer + 64, 2) == 11);
  CHECK(w.host.output[1] == "outhello world");
  CHECK(w.host.output[2] == "err");
  CHECK(w.call(kWritev, 1, World::kBuffer + 64, 1025) == error(Errno::einval));
}

TEST_CASE(
    "a write to a standard stream answers what the host answers, with the signal that goes with "
    "it") {
  struct Case {
    Errno error;
    int signal;
  };
  for (const auto& [refusal, signal] : {Case{Errno::epipe, 13}, Case{Errno::efbig, 25},
                                        Case{Errno::enospc, 0}, Case{Errno::eio, 0}}) {
    World w;
    w.host.room = 70000;
    w.host.refusal = refusal;
    CHECK(w.call(kWrite, 1, World::kScratch, 65000) == 65000);
    CHECK(w.call(kWrite, 1, World::kScratch, 10000) == 5000);
    CHECK(w.main().pending.empty());
    for (const u64 count : {u64{10}, u64{0}}) {
      CHECK(w.call(kWrite, 1, World::kScratch, count) == error(refusal));
      REQUIRE(w.main().pending.size() == (signal != 0 ? 1 : 0));
      if (signal != 0) CHECK(w.main().pending.front().signal == signal);
    }
    w.host.room = 65536;  // as much as is moved at a time
    CHECK(w.call(kWrite, 2, World::kScratch, 100000) == 65536);
  }
}

TEST_CASE("a stream that rt0 was started without is not there") {
  kernel::Config config;
  config.argv = {"guest"};
  config.streams = {true, false, true};
  kernel::Files files(config);
  CHECK(files.find(0) != nullptr);
  CHECK(files.find(1) == nullptr);
  CHECK(files.find(2) != nullptr);
}

TEST_CASE("a transfer that meets unmapped memory ends there, or is EFAULT when nothing was moved") {
  World w;
  w.make("/tmp/f", std::string(10000, 'x'));
  const u64 fd = w.open("/tmp/f");
  CHECK(w.call(kRead, fd, World::kHole, 10) == error(Errno::efault));
  CHECK(w.call(kRead, fd, World::kHole - 4096, 10000) == 4096);
  CHECK(w.call(kLseek, fd, 0, 1) == 4096);
  CHECK(w.call(kWrite, 1, World::kHole, 1) == error(Errno::efault));
  CHECK(w.call(kOpen, World::kHole, 0, 0) == error(Errno::efault));
  CHECK(w.call(kFstat, fd, World::kHole - 8) == error(Errno::efault));
}

TEST_CASE("absurd counts cost nothing and are cut as Linux cuts them") {
  World w;
  const u64 zero = w.open("/dev/zero"), null = w.open("/dev/null", kWriteOnly);
  CHECK(w.call(kWrite, null, World::kBuffer, ~u64{0} >> 1) == 0x7ffff000);
  CHECK(w.call(kRead, zero, World::kHole - 8192, ~u64{0} >> 1) == 8192);
  w.put(World::kBuffer, std::array<u64, 2>{World::kBuffer, ~u64{0}});
  CHECK(w.call(kReadv, zero, World::kBuffer, 1) == error(Errno::einval));
}

TEST_CASE("a descriptor opened for one direction refuses the other") {
  World w;
  w.make("/tmp/f", "x");
  const u64 r = w.open("/tmp/f"), o = w.open("/tmp/f", kWriteOnly), p = w.open("/tmp/f", kPathOnly);
  CHECK(w.write(r, "y") == error(Errno::ebadf));
  CHECK(w.read(o) == "errno 9");
  CHECK(w.read(p) == "errno 9");
  CHECK(w.call(kFtruncate, r, 0) == error(Errno::einval));
}

TEST_CASE("FIONREAD counts what can be read, FIONBIO changes the status flags") {
  World w;
  const auto [r, wr] = w.pipe();
  w.write(wr, "12345");
  CHECK(w.call(kIoctl, r, 0x541b, World::kBuffer) == 0);
  CHECK(w.get<i32>(World::kBuffer) == 5);
  w.put(World::kBuffer, i32{1});
  CHECK(w.call(kIoctl, r, 0x5421, World::kBuffer) == 0);
  CHECK(w.call(kFcntl, r, 3) == kNonBlock);
}
