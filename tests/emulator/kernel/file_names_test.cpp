#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;
using Names = std::vector<std::string>;

TEST_CASE("/tmp keeps what the guest writes") {
  World w;
  CHECK(w.make("/tmp/a", "hello") == 0);
  CHECK(w.content("/tmp/a") == "hello");
  const StatRecord s = w.status("/tmp/a");
  CHECK(s.mode == 0100644);
  CHECK(s.size == 5);
  CHECK(s.uid == 0);
  CHECK(s.nlink == 1);
  CHECK(w.open("/tmp/none") == error(Errno::enoent));
  CHECK(w.open("/tmp/a", kCreate | kExclusive | kWriteOnly) == error(Errno::eexist));
  CHECK(w.open("/tmp/a/b") == error(Errno::enotdir));
  CHECK(w.open("/tmp/a/") == error(Errno::enotdir));
  CHECK(w.open("/tmp", kWriteOnly) == error(Errno::eisdir));
  CHECK(w.open("/tmp/new/", kCreate | kWriteOnly) == error(Errno::eisdir));
  CHECK(w.open("", kCreate | kWriteOnly) == error(Errno::enoent));
}

TEST_CASE("files have holes, ends that move, and positions") {
  World w;
  const u64 fd = w.open("/tmp/f", kCreate | kReadWrite);
  CHECK(w.call(kLseek, fd, 10000, 0) == 10000);
  CHECK(w.write(fd, "end") == 3);
  CHECK(w.call(kLseek, fd, 9998, 0) == 9998);
  CHECK(w.read(fd, 100) == std::string("\0\0end", 5));
  CHECK(w.call(kFtruncate, fd, 10001) == 0);
  CHECK(w.call(kFtruncate, fd, 10003) == 0);
  CHECK(w.call(kPread, fd, World::kBuffer, 3, 10000) == 3);
  CHECK(w.bytes(World::kBuffer, 3) == std::string("e\0\0", 3));
  CHECK(w.call(kLseek, fd, -5, 2) == 9998);
  CHECK(w.call(kLseek, fd, -5, 0) == error(Errno::einval));
  CHECK(w.call(kFallocate, fd, 0, 0, 20000) == 0);
  CHECK(w.status("/tmp/f").size == 20000);
  CHECK(w.call(kTruncatePath, "/tmp/f", 1) == 0);
  CHECK(w.status("/tmp/f").size == 1);
}

TEST_CASE("an unlinked file lives until its last descriptor is closed") {
  World w;
  w.make("/tmp/f", "still here");
  const u64 fd = w.open("/tmp/f");
  CHECK(w.call(kUnlink, "/tmp/f") == 0);
  CHECK(w.open("/tmp/f") == error(Errno::enoent));
  CHECK(w.read(fd) == "still here");
  const u64 used = w.kernel.files().tree.used_bytes();
  CHECK(w.call(kClose, fd) == 0);
  CHECK(w.kernel.files().tree.used_bytes() == used - 4096);
}

TEST_CASE("directories are made, listed by name, and removed when empty") {
  World w;
  CHECK(w.call(kMkdir, "/tmp/d", 0777) == 0);
  CHECK(w.call(kMkdir, "/tmp/d", 0777) == error(Errno::eexist));
  CHECK(w.call(kMkdir, "/tmp/no/d", 0777) == error(Errno::enoent));
  for (const char* name : {"zeta", "alpha", "mid"}) w.make(std::string("/tmp/d/") + name, "");
  CHECK(w.names("/tmp/d") == Names{".", "..", "alpha", "mid", "zeta"});
  CHECK(w.names("/tmp/d", 32) == Names{".", "..", "alpha", "mid", "zeta"});
  CHECK(w.status("/tmp/d").mode == 040755);
  CHECK(w.call(kRmdir, "/tmp/d") == error(Errno::enotempty));
  CHECK(w.call(kUnlink, "/tmp/d") == error(Errno::eisdir));
  CHECK(w.call(kRmdir, "/tmp/d/alpha") == error(Errno::enotdir));
  CHECK(w.call(kRmdir, "/tmp/d/.") == error(Errno::einval));
  for (const char* name : {"zeta", "alpha", "mid"})
    CHECK(w.call(kUnlink, std::string("/tmp/d/") + name) == 0);
  CHECK(w.call(kRmdir, "/tmp/d") == 0);
  CHECK(w.open("/tmp/d") == error(Errno::enoent));
}

TEST_CASE("a directory's listing has room for at least one record or is EINVAL") {
  World w;
  const u64 fd = w.open("/proc", kDirectory);
  CHECK(w.call(kGetdents, fd, World::kBuffer, 8) == error(Errno::einval));
  CHECK(w.call(kGetdents, fd, World::kHole, 4096) == error(Errno::efault));
  CHECK(w.call(kRead, fd, World::kBuffer, 10) == error(Errno::eisdir));
}

TEST_CASE("rename moves, replaces, and refuses what cannot be") {
  World w;
  w.make("/tmp/a", "A");
  w.make("/tmp/b", "B");
  w.call(kMkdir, "/tmp/d", 0777);
  w.call(kMkdir, "/tmp/d/e", 0777);
  CHECK(w.call(kRename, "/tmp/a", "/tmp/b") == 0);
  CHECK(w.content("/tmp/b") == "A");
  CHECK(w.open("/tmp/a") == error(Errno::enoent));
  CHECK(w.call(kRename, "/tmp/b", "/tmp/d") == error(Errno::eisdir));
  CHECK(w.call(kRename, "/tmp/d", "/tmp/b") == error(Errno::enotdir));
  CHECK(w.call(kRename, "/tmp/d", "/tmp/d/e/f") == error(Errno::einval));
  CHECK(w.call(kRename, "/tmp/b", "/tmp/d/b") == 0);
  CHECK(w.call(kRename, "/tmp/d/e", "/tmp/e") == 0);
  CHECK(w.names("/tmp") == Names{".", "..", "d", "e"});
  CHECK(w.status("/tmp/d").nlink == 2);
  CHECK(w.call(kRename, "/tmp/d/b", "/etc/b") == error(Errno::erofs));
}

TEST_CASE("hard links count, symbolic links lead on") {
  World w;
  w.make("/tmp/a", "A");
  CHECK(w.call(kLink, "/tmp/a", "/tmp/b") == 0);
  CHECK(w.status("/tmp/a").nlink == 2);
  CHECK(w.status("/tmp/a").ino == w.status("/tmp/b").ino);
  CHECK(w.call(kSymlink, "a", "/tmp/s") == 0);
  CHECK(w.content("/tmp/s") == "A");
  CHECK(w.link_text("/tmp/s") == "a");
  CHECK(w.status("/tmp/s", false).mode == 0120777);
  CHECK(w.open("/tmp/s", kNoFollow) == error(Errno::eloop));
  CHECK(w.link_text("/tmp/a") == "errno 22");
  CHECK(w.call(kSymlink, "new", "/tmp/dangling") == 0);
  CHECK(w.make("/tmp/dangling", "made") == 0);
  CHECK(w.content("/tmp/new") == "made");
}

TEST_CASE("symbolic links in a circle end in ELOOP") {
  World w;
  w.call(kSymlink, "y", "/tmp/x");
  w.call(kSymlink, "x", "/tmp/y");
  w.call(kSymlink, "self/self/self", "/tmp/self");
  CHECK(w.open("/tmp/x") == error(Errno::eloop));
  CHECK(w.open("/tmp/self") == error(Errno::eloop));
}

TEST_CASE("paths and names have their lengths") {
  World w;
  CHECK(w.open("/tmp/" + std::string(256, 'n'), kCreate | kWriteOnly) ==
        error(Errno::enametoolong));
  CHECK(w.open("/" + std::string(4095, 'n')) == error(Errno::enametoolong));
  std::string deep = "/tmp";
  while (deep.size() < 4090) deep += "/..";
  CHECK(w.content(deep + "/etc/hostname") == "errno 36");
  CHECK(w.content(deep.substr(0, 4000 / 3 * 3 + 1 - 1) + "/nothing") == "errno 2");
}

TEST_CASE("the working directory is where relative paths start, even when it is gone") {
  World w;
  w.call(kMkdir, "/tmp/d", 0777);
  CHECK(w.call(kChdir, "/tmp/d") == 0);
  CHECK(w.call(kGetcwd, World::kBuffer, 100) == 7);
  CHECK(w.bytes(World::kBuffer, 7) == std::string("/tmp/d\0", 7));
  CHECK(w.call(kGetcwd, World::kBuffer, 6) == error(Errno::erange));
  CHECK(w.make("f", "x") == 0);
  CHECK(w.content("/tmp/d/f") == "x");
  CHECK(w.content("../d/./f") == "x");
  w.call(kUnlink, "f");
  CHECK(w.call(kRmdir, "/tmp/d") == 0);
  CHECK(w.call(kGetcwd, World::kBuffer, 100) == error(Errno::enoent));
  CHECK(w.make("f", "x") == error(Errno::enoent));
  CHECK(w.open("..") == 3);
  CHECK(w.call(kChdir, "/etc/hosts") == error(Errno::enotdir));
}

TEST_CASE("openat starts at its directory descriptor") {
  World w;
  const u64 etc = w.open("/etc", kDirectory | kPathOnly), file = w.open("/etc/hosts");
  CHECK(w.call(kOpenat, etc, "hostname", 0, 0) == 5);
  CHECK(w.call(kOpenat, file, "x", 0, 0) == error(Errno::enotdir));
  CHECK(w.call(kOpenat, 99, "x", 0, 0) == error(Errno::ebadf));
  CHECK(w.call(kOpenat, 99, "/etc/hosts", 0, 0) == 6);
}

TEST_CASE("modes obey the umask; times are the virtual clock's, or what utimensat says") {
  World w;
  w.kernel.set_time(Nanos(1'500'000'000));
  w.make("/tmp/f", "x");
  StatRecord s = w.status("/tmp/f");
  CHECK(s.mtime == 1704067201);
  CHECK(s.mtime_nsec == 500'000'000);
  CHECK(w.call(kChmod, "/tmp/f", 0751) == 0);
  w.put(World::kBuffer, std::array<i64, 4>{1, 2, 3, 0x3ffffffe});  // UTIME_OMIT
  CHECK(w.call(kUtimensat, kCwd, "/tmp/f", World::kBuffer, 0) == 0);
  s = w.status("/tmp/f");
  CHECK(s.mode == 0100751);
  CHECK(s.atime == 1);
  CHECK(s.mtime == 1704067201);
}

TEST_CASE("the memory file system is bounded in bytes and in names") {
  World w;
  const u64 fd = w.open("/tmp/big", kCreate | kWriteOnly);
  u64 written = 0, last = 0;
  const u64 piece = 0xa0000;  // within the scratch pages
  while (static_cast<i64>(last = w.call(kWrite, fd, World::kBuffer, piece)) > 0) written += last;
  CHECK(last == error(Errno::enospc));
  CHECK(written <= Tree::kMaxBytes);
  CHECK(written > Tree::kMaxBytes - (2 << 20));
  CHECK(w.notices.size() == 1);
  CHECK(w.call(kFtruncate, fd, i64{1} << 40) == 0);
  CHECK(w.call(kFtruncate, fd, (i64{1} << 40) + 1) == error(Errno::efbig));
  CHECK(w.call(kFtruncate, fd, 0) == 0);
  CHECK(w.write(fd, "again") == 5);
}

TEST_CASE("memfd_create makes a file without a name") {
  World w;
  const u64 fd = w.call(kMemfd, "box", 1);
  CHECK(w.write(fd, "abc") == 3);
  CHECK(w.call(kLseek, fd, 0, 0) == 0);
  CHECK(w.read(fd) == "abc");
  CHECK(w.link_text("/proc/self/fd/3") == "/memfd:box (deleted)");
}

TEST_CASE("a checkpoint brings files, descriptors and directories back") {
  World w;
  w.make("/tmp/a", "first");
  const u64 fd = w.open("/tmp/a", kReadWrite);
  const Kernel::Checkpoint before = w.kernel.checkpoint();
  CHECK(w.write(fd, "second version") == 14);
  CHECK(w.call(kUnlink, "/tmp/a") == 0);
  CHECK(w.call(kClose, fd) == 0);
  CHECK(w.make("/tmp/b", "b") == 0);
  w.kernel.restore(before);
  CHECK(w.names("/tmp") == Names{".", "..", "a"});
  CHECK(w.read(fd) == "first");
}
