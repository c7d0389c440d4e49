// Files that are mapped MAP_SHARED: memory, file and all mappings hold the same bytes.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "emulator/base/random.hpp"
#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;

namespace {

namespace fs = std::filesystem;

constexpr u64 kMmap = 9, kMprotect = 10, kMunmap = 11, kPwrite = 18, kMremap = 25, kMsync = 26,
              kFsync = 74, kExitGroup = 231;
constexpr u64 kReadOnlyFile = 0, kReadWriteFile = 2, kCreateFile = 0100, kTruncateFile = 01000;
constexpr u64 kToRead = 1, kToWrite = 3, kShared = 1, kPrivate = 2, kPage = base::kPageSize;
constexpr u64 kBuffer = World::kScratch + 0x40000;

/// A folder of the host, mounted at /data.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "rt0-mapped-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  void put(const std::string& text) const { std::ofstream(path_ / "file") << text; }
  std::string get() const {
    std::ifstream in(path_ / "file");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<Mount> mounted(bool writable = true) const {
    return {{path_.string(), "/data", writable}};
  }

 private:
  fs::path path_;
};

u64 map(World& w, u64 fd, u64 size, u64 protection = kToWrite, u64 offset = 0,
        u64 flags = kShared) {
  return w.call(kMmap, 0, size, protection, flags, fd, offset);
}
void set(World& w, u64 at, const std::string& text) { w.put(at, text.data(), text.size()); }
/// What pread(2) of the file gives.
std::string content(World& w, u64 fd, u64 size = 64) {
  return w.bytes(kBuffer, w.call(kPread, fd, kBuffer, size, 0));
}

}  // namespace

TEST_CASE("What is written to a shared mapping is in the file when it is read, and at msync") {
  const Folder folder;
  folder.put("hello world");
  World w(folder.mounted());
  const u64 fd = w.call(kOpen, "/data/file", kReadWriteFile, 0);
  const u64 at = map(w, fd, kPage);
  CHECK(w.bytes(at, 12) == std::string("hello world") + '\0');
  set(w, at, "HELLO");
  CHECK(folder.get() == "hello world");
  CHECK(content(w, fd) == "HELLO world");
  set(w, at + 6, "WORLD");
  CHECK(w.call(kMsync, at, kPage, 4) == 0);
  CHECK(folder.get() == "HELLO WORLD");
  set(w, at, "J");
  CHECK(w.call(kFsync, fd) == 0);
  CHECK(folder.get() == "JELLO WORLD");
  set(w, at + 11, "beyond the end");  // is not of the file
  set(w, at, "h");
  CHECK(w.call(kClose, fd) == 0);
  CHECK(w.call(kMunmap, at, kPage) == 0);
  CHECK(folder.get() == "hELLO WORLD");
  CHECK(w.notices.empty());
}

TEST_CASE("The end of the process stores what was written") {
  const Folder folder;
  folder.put("abc");
  World w(folder.mounted());
  const u64 at = map(w, w.call(kOpen, "/data/file", kReadWriteFile, 0), kPage);
  set(w, at, "x");
  SECTION("by exit_group") { w.call(kExitGroup, 0); }
  SECTION("by exit of the last thread") { w.call(60, 0); }
  SECTION("by a signal") {
    SigInfo info;
    info.signal = 9;
    w.kernel.post_signal(nullptr, info);
    w.kernel.deliver_signals(w.main());
  }
  CHECK(w.kernel.exit);
  CHECK(folder.get() == "xbc");
}

TEST_CASE("All mappings of a file hold the same bytes, and what write(2) wrote") {
  const Folder folder;
  folder.put("0123456789");
  World w(folder.mounted());
  const u64 fd = w.call(kOpen, "/data/file", kReadWriteFile, 0);
  const u64 other = w.call(kOpen, "/data/file", kReadOnlyFile, 0);
  const u64 a = map(w, fd, kPage), b = map(w, other, 2 * kPage, kToRead);
  const u64 copy = map(w, fd, kPage, kToWrite, 0, kPrivate);
  CHECK(w.bytes(b, 3) == "012");
  set(w, a, "abc");
  CHECK(w.bytes(b, 3) == "abc");
  set(w, kBuffer, "XY");
  CHECK(w.call(kPwrite, fd, kBuffer, 2, 1) == 2);
  CHECK(w.bytes(a, 4) == "aXY3");
  CHECK(w.bytes(b, 4) == "aXY3");
  set(w, copy, "private");
  CHECK(w.bytes(b, 4) == "aXY3");
  set(w, kBuffer, "longer");
  CHECK(w.call(kPwrite, fd, kBuffer, 6, kPage) == 6);  // the file grows
  CHECK(w.bytes(b + kPage, 6) == "longer");
  CHECK(w.bytes(b + 9, 2) == std::string("9") + '\0');
  CHECK(w.call(kFtruncate, fd, 2) == 0);
  CHECK(w.bytes(a, 3) == std::string("aX") + '\0');
  u8 byte = 0;
  CHECK_FALSE(w.memory.copy_in(Addr(b + kPage), byte));  // SIGBUS
  CHECK(w.call(kFtruncate, fd, 2 * kPage) == 0);
  CHECK(w.get<u8>(b + kPage) == 0);
  const u64 emptied = w.call(kOpen, "/data/file", kReadWriteFile | kTruncateFile, 0);
  CHECK(static_cast<i64>(emptied) > 0);
  CHECK_FALSE(w.memory.copy_in(Addr(a), byte));
}

TEST_CASE("Only a file that is open for writing can be mapped to be written") {
  const Folder folder;
  folder.put("abc");
  World w(folder.mounted(false));
  CHECK(w.call(kOpen, "/data/file", kReadWriteFile, 0) == error(Errno::erofs));
  const u64 fd = w.call(kOpen, "/data/file", kReadOnlyFile, 0);
  CHECK(map(w, fd, kPage) == error(Errno::eacces));
  const u64 at = map(w, fd, kPage, kToRead);
  CHECK(w.bytes(at, 3) == "abc");
  CHECK(w.call(kMprotect, at, kPage, kToWrite) == error(Errno::eacces));
  CHECK(w.call(kMprotect, at, kPage, 0) == 0);
  const u64 mine = map(w, fd, kPage, kToRead, 0, kPrivate);
  CHECK(w.call(kMprotect, mine, kPage, kToWrite) == 0);
  const u64 only_written = w.call(kOpen, "/tmp/f", 1 | kCreateFile, 0600);
  CHECK(map(w, only_written, kPage) == error(Errno::eacces));
}

TEST_CASE("Files in memory are mapped as those of mounts, and live while they are") {
  World w;
  const u64 fd = w.call(kOpen, "/tmp/f", kReadWriteFile | kCreateFile, 0600);
  CHECK(w.call(kFtruncate, fd, 2 * kPage) == 0);
  const u64 at = map(w, fd, 2 * kPage);
  set(w, at + kPage, "second");
  CHECK(w.call(87, "/tmp/f") == 0);  // unlink
  CHECK(w.call(kClose, fd) == 0);
  CHECK(w.bytes(at + kPage, 6) == "second");
  const u64 half = w.call(kMremap, at, 2 * kPage, kPage, 0, 0);
  CHECK(half == at);
  set(w, at, "first");
  const u64 moved = w.call(kMremap, at, kPage, 2 * kPage, 1, 0);
  CHECK(w.bytes(moved, 5) == "first");
  CHECK(w.bytes(moved + kPage, 6) == "second");
  const u64 before = w.memory.touched_bytes();
  CHECK(w.call(kMunmap, moved, 2 * kPage) == 0);
  CHECK(w.memory.touched_bytes() < before);
  CHECK(w.memory.unmapped_files().empty());
}

TEST_CASE("A checkpoint holds what mappings held") {
  World w;
  const u64 fd = w.call(kOpen, "/tmp/f", kReadWriteFile | kCreateFile, 0600);
  CHECK(w.call(kFtruncate, fd, kPage) == 0);
  const u64 a = map(w, fd, kPage), b = map(w, fd, kPage);
  set(w, a, "then");
  const auto kernel = w.kernel.checkpoint();
  const auto memory = w.memory.snapshot();
  CHECK(w.bytes(b, 4) == "then");
  set(w, a, "now!");
  CHECK(w.bytes(b, 4) == "now!");
  CHECK(content(w, fd, 4) == "now!");
  CHECK(w.call(kMunmap, a, kPage) == 0);
  CHECK(w.call(kMunmap, b, kPage) == 0);
  w.memory.restore(memory);
  w.kernel.restore(kernel);
  CHECK(w.bytes(a, 4) == "then");
  set(w, b, "T");
  CHECK(w.bytes(a, 4) == "Then");
  CHECK(content(w, fd, 4) == "Then");
}

TEST_CASE("However a file is written, read, cut and mapped, memory and file are one") {
  for (u64 seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    const Folder folder;
    folder.put(std::string(3000, 'a'));
    World w(folder.mounted());
    const u64 fd = w.call(kOpen, "/data/file", kReadWriteFile, 0);
    std::string model(3000, 'a');
    std::vector<u64> at;
    u64 random = seed;
    const auto pick = [&](u64 below) { return base::next_random(random) % below; };
    constexpr u64 kMost = 4 * kPage;
    for (int i = 0; i < 200; ++i) {
      const std::string text(1 + pick(100), static_cast<char>('a' + pick(26)));
      const u64 offset = pick(kMost - 100);
      switch (pick(8)) {
        case 0:
          if (at.size() < 4) at.push_back(map(w, fd, kMost));
          break;
        case 1:
          if (at.empty()) break;
          CHECK(w.call(kMunmap, at.back(), kMost) == 0);
          at.pop_back();
          break;
        case 2:
          model.resize(offset);
          CHECK(w.call(kFtruncate, fd, offset) == 0);
          break;
        case 3:
          set(w, kBuffer, text);
          CHECK(w.call(kPwrite, fd, kBuffer, text.size(), offset) == text.size());
          if (model.size() < offset + text.size()) model.resize(offset + text.size());
          model.replace(offset, text.size(), text);
          break;
        case 4:
          CHECK(content(w, fd, kMost) == model);
          break;
        case 5:
          if (!at.empty()) CHECK(w.call(kMsync, at[pick(at.size())], kMost, 4) == 0);
          if (!at.empty()) CHECK(folder.get() == model);
          break;
        default:
          if (at.empty() || offset + text.size() > model.size()) break;
          set(w, at[pick(at.size())] + offset, text);
          model.replace(offset, text.size(), text);
      }
      for (const u64 place : at) CHECK(w.bytes(place, model.size()) == model);
    }
    w.call(kExitGroup, 0);
    CHECK(folder.get() == model);
  }
}
