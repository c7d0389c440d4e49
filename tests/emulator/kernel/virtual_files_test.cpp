// What the guest finds in the box without any --mount.
#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;

TEST_CASE("the files that the Go runtime and library look at are there") {
  World w;
  CHECK(w.content("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") == "2097152\n");
  CHECK(w.content("/proc/sys/net/core/somaxconn") == "4096\n");
  CHECK(w.content("/proc/self/cgroup") == "0::/\n");
  CHECK(w.content("/sys/devices/system/cpu/online") == "0-1\n");
  CHECK(w.content("/proc/sys/kernel/hostname") == "rt0\n");
  CHECK(w.content("/etc/passwd").find("root:x:0:0:") == 0);
  CHECK(w.open("/etc/localtime") == error(Errno::enoent));
  CHECK(w.open("/etc/resolv.conf") == error(Errno::enoent));
}

TEST_CASE("/proc/self tells of the process") {
  World w;
  CHECK(w.content("/proc/self/cmdline") == std::string("hello\0there\0", 12));
  CHECK(w.content("/proc/1/environ") == std::string("A=1\0", 4));
  CHECK(w.link_text("/proc/self") == "1");
  CHECK(w.link_text("/proc/self/exe") == "/rt0/program");
  CHECK(w.link_text("/proc/self/cwd") == "/");
  CHECK(w.content("/proc/self/comm") == "program\n");
  const std::string auxv = w.content("/proc/self/auxv");
  CHECK(auxv.size() % 16 == 0);
  CHECK(auxv.substr(auxv.size() - 16) == std::string(16, '\0'));
  CHECK(w.open("/proc/self/mem") == error(Errno::eacces));
  CHECK(w.open("/proc/2/maps") == error(Errno::enoent));
  const std::string maps = w.content("/proc/self/maps");
  CHECK(maps.find("00400000-00402000 r-xp") != std::string::npos);
  CHECK(maps.find("[stack]\n") != std::string::npos);
  CHECK(w.content("/proc/self/status").find("Threads:\t1\n") != std::string::npos);
}

TEST_CASE("the program can be read where it says it is, and not be written") {
  World w;
  CHECK(static_cast<u64>(w.status("/rt0/program").size) == w.program->bytes.size());
  CHECK(w.content("/proc/self/exe").substr(0, 4) ==
        "\x7f"
        "ELF");
  CHECK(w.open("/rt0/program", kWriteOnly) == error(Errno::erofs));
  CHECK(w.call(kAccess, "/rt0/program", 1) == 0);
}

TEST_CASE("what was there at the start cannot be changed") {
  World w;
  CHECK(w.open("/etc/hosts", kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/new", kCreate | kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/proc/new", kCreate | kWriteOnly) == error(Errno::erofs));
  CHECK(w.call(kUnlink, "/etc/hosts") == error(Errno::erofs));
  CHECK(w.call(kRmdir, "/tmp") == error(Errno::erofs));
  CHECK(w.call(kRename, "/etc", "/tmp/etc") == error(Errno::erofs));
  CHECK(w.call(kMkdir, "/sys/d", 0777) == error(Errno::erofs));
  CHECK(w.call(kLink, "/etc/hosts", "/tmp/hosts") == error(Errno::exdev));
  CHECK(w.call(kUnlink, "/proc/self/fd/0") == error(Errno::erofs));
}

TEST_CASE("/dev: null, zero, full, random from the seed, no terminal") {
  World one, two;
  const u64 null = one.open("/dev/null", kReadWrite), full = one.open("/dev/full", kReadWrite);
  CHECK(one.read(null) == "");
  CHECK(one.write(null, "gone") == 4);
  CHECK(one.write(full, "x") == error(Errno::enospc));
  CHECK(one.read(one.open("/dev/zero"), 3) == std::string(3, '\0'));
  CHECK(one.open("/dev/tty") == error(Errno::enxio));
  const std::string random = one.read(one.open("/dev/urandom"), 32);
  CHECK(random.size() == 32);
  CHECK(random == two.read(two.open("/dev/urandom"), 32));
  CHECK(one.status("/dev/null").rdev == 0x103);
  CHECK(one.status("/dev/null").mode == 020666);
}

TEST_CASE("/proc/self/fd lists the descriptors and opens them anew") {
  World w;
  w.make("/tmp/f", "abc");
  const u64 fd = w.open("/tmp/f");
  w.read(fd, 2);
  CHECK(w.link_text("/proc/self/fd/3") == "/tmp/f");
  CHECK(w.content("/proc/self/fd/3") == "abc");
  CHECK(w.content("/dev/fd/3") == "abc");
  CHECK(w.names("/proc/self/fd") == std::vector<std::string>{".", "..", "0", "1", "2", "3", "4"});
  CHECK(w.status("/proc/self/fd/3").size == 3);
  CHECK(w.status("/proc/self/fd/3", false).mode >> 12 == 10);
  CHECK(w.open("/proc/self/fd/9") == error(Errno::enoent));
  CHECK(w.open("/proc/self/fd/03") == error(Errno::enoent));
  CHECK(w.open("/proc/self/fd/3/x") == error(Errno::enotdir));
  const u64 directory = w.open("/etc", kDirectory);
  CHECK(w.content("/proc/self/fd/" + std::to_string(directory) + "/hostname") == "rt0\n");
}

TEST_CASE("a pipe that is opened again through /proc/self/fd has one more end") {
  World w;
  const auto [r, wr] = w.pipe();
  const u64 again = w.open("/proc/self/fd/" + std::to_string(wr), kWriteOnly);
  w.call(kClose, wr);
  CHECK(w.write(again, "x") == 1);
  CHECK(w.read(r) == "x");
  w.call(kClose, again);
  CHECK(w.read(r) == "");
}

TEST_CASE("there is no network: EACCES, said once") {
  World w;
  CHECK(w.call(kSocket, 2, 1, 0) == error(Errno::eacces));
  CHECK(w.call(kSocket, 2, 1, 0) == error(Errno::eacces));
  REQUIRE(w.notices.size() == 1);
  CHECK(w.notices[0] == "no sockets in the box: socket(AF_INET) answers EACCES");
}

TEST_CASE("statx tells what stat tells") {
  World w;
  w.make("/tmp/f", "hello");
  const StatRecord s = w.status("/tmp/f");
  CHECK(w.call(kStatx, kCwd, "/tmp/f", 0, 0x7ff, World::kBuffer) == 0);
  const auto x = w.get<StatxRecord>(World::kBuffer);
  CHECK(x.size == 5);
  CHECK(x.ino == s.ino);
  CHECK(x.mode == s.mode);
  CHECK(x.mtime.sec == s.mtime);
}

TEST_CASE("two worlds with the same files are the same to the byte") {
  World one, two;
  for (World* w : {&one, &two}) {
    w->make("/tmp/b", "b");
    w->make("/tmp/a", "a");
    w->call(kUnlink, "/tmp/b");
  }
  CHECK(one.status("/tmp/a").ino == two.status("/tmp/a").ino);
  for (const char* path : {"/proc/self/maps", "/proc/self/stat", "/proc/meminfo", "/proc/cpuinfo",
                           "/proc/self/mountinfo"})
    CHECK(one.content(path) == two.content(path));
}
