// Directories of the host inside the box: what is reachable, and what never is.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "emulator/base/error.hpp"
#include "tests/emulator/kernel/files_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using namespace emulator::kernel;
using World = FilesWorld;
using Names = std::vector<std::string>;

namespace {

namespace fs = std::filesystem;

/// A directory of the host with a secret beside what is mounted.
class HostFolder {
 public:
  HostFolder() {
    std::string name = (fs::temp_directory_path() / "rt0-mounts-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    root_ = name;
    fs::create_directories(inside() / "sub");
    put("secret", "the secret");
    put("inside/file", "content");
    put("inside/sub/below", "deeper");
  }
  ~HostFolder() { fs::remove_all(root_); }
  fs::path inside() const { return root_ / "inside"; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string get(const std::string& name) const {
    std::ifstream in(root_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void link(const std::string& name, const std::string& target) const {
    fs::create_symlink(target, inside() / name);
  }
  bool has(const std::string& name) const { return fs::exists(fs::symlink_status(root_ / name)); }
  std::vector<Mount> at(const std::string& guest, bool writable = false) const {
    return {{inside().string(), guest, writable}};
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("a mount shows its files, by name and in order") {
  HostFolder h;
  World w(h.at("/work"));
  CHECK(w.content("/work/file") == "content");
  CHECK(w.content("/work/sub/../sub/./below") == "deeper");
  CHECK(w.names("/work") == Names{".", "..", "file", "sub"});
  CHECK(w.status("/work/file").size == 7);
  CHECK(w.status("/work/sub").mode >> 12 == 4);
  CHECK(w.open("/work/none") == error(Errno::enoent));
  CHECK(w.open("/work/file/x") == error(Errno::enotdir));
  const Names root = w.names("/");
  CHECK(std::find(root.begin(), root.end(), "work") != root.end());
}

TEST_CASE("nothing leaves a mount by dot-dot") {
  HostFolder h;
  World w(h.at("/work"));
  CHECK(w.content("/work/../secret") == "errno 2");
  CHECK(w.content("/work/../../../../../../../../etc/hostname") == "rt0\n");
  CHECK(w.content("/work/../" + h.root().string().substr(1) + "/secret") == "errno 2");
  CHECK(w.call(kChdir, "/work/sub") == 0);
  CHECK(w.content("../../secret") == "errno 2");
  CHECK(w.content("../file") == "content");
  const u64 fd = w.open("/work", kDirectory);
  CHECK(w.call(kOpenat, fd, "../secret", 0, 0) == error(Errno::enoent));
}

TEST_CASE("a symbolic link inside a mount is followed, one that leads out of it is not") {
  HostFolder h;
  h.link("good", "sub/below");
  h.link("sub/back", "../file");
  h.link("absolute", (h.root() / "secret").string());
  h.link("own", (h.inside() / "file").string());
  h.link("up", "../secret");
  h.link("sub/up", "../../secret");
  h.link("dir", "..");
  h.link("twice", "up");
  h.link("loop", "loop");
  World w(h.at("/work", true));
  CHECK(w.content("/work/good") == "deeper");
  CHECK(w.content("/work/sub/back") == "content");
  for (const char* name : {"absolute", "own", "up", "sub/up", "dir/secret", "twice", "dir"}) {
    CAPTURE(name);
    CHECK(w.content(std::string("/work/") + name) == "errno 13");
    CHECK(w.open(std::string("/work/") + name, kWriteOnly | kTruncate) == error(Errno::eacces));
  }
  CHECK(w.content("/work/loop") == "errno 40");
  CHECK(w.link_text("/work/up") == "../secret");
  CHECK(h.get("secret") == "the secret");
}

TEST_CASE("a link that the host plants where a directory was is not followed") {
  HostFolder h;
  World w(h.at("/work", true));
  const u64 sub = w.open("/work/sub", kDirectory);
  CHECK(w.call(kOpenat, sub, "below", 0, 0) == 4);
  fs::remove_all(h.inside() / "sub");
  h.link("sub", "..");
  CHECK(static_cast<i64>(w.call(kOpenat, sub, "secret", 0, 0)) < 0);
  CHECK(static_cast<i64>(w.call(kOpenat, sub, "new", kCreate | kWriteOnly, 0644)) < 0);
  CHECK(!h.has("new"));
}

TEST_CASE("without :rw every change is EROFS") {
  HostFolder h;
  World w(h.at("/work"));
  CHECK(w.open("/work/file", kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/work/file", kReadWrite) == error(Errno::erofs));
  CHECK(w.open("/work/file", kTruncate) == error(Errno::erofs));
  CHECK(w.open("/work/new", kCreate | kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/work/file", kCreate) == 3);  // there already: only read
  CHECK(w.call(kMkdir, "/work/d", 0777) == error(Errno::erofs));
  CHECK(w.call(kUnlink, "/work/file") == error(Errno::erofs));
  CHECK(w.call(kRmdir, "/work/sub") == error(Errno::erofs));
  CHECK(w.call(kRename, "/work/file", "/work/other") == error(Errno::erofs));
  CHECK(w.call(kRename, "/tmp", "/work/other") == error(Errno::erofs));
  CHECK(w.call(kSymlink, "file", "/work/s") == error(Errno::erofs));
  CHECK(w.call(kLink, "/work/file", "/work/l") == error(Errno::erofs));
  CHECK(w.call(kChmod, "/work/file", 0777) == error(Errno::erofs));
  CHECK(w.call(kTruncatePath, "/work/file", 0) == error(Errno::erofs));
  CHECK(w.call(kUtimensat, kCwd, "/work/file", 0, 0) == error(Errno::erofs));
  CHECK(w.call(kAccess, "/work/file", 2) == error(Errno::erofs));
  CHECK(h.get("inside/file") == "content");
}

TEST_CASE("with :rw files are made, changed, renamed and removed on the host") {
  HostFolder h;
  World w(h.at("/work", true));
  CHECK(w.make("/work/new", "from the guest") == 0);
  CHECK(h.get("inside/new") == "from the guest");
  CHECK(w.call(kMkdir, "/work/d", 0755) == 0);
  CHECK(w.call(kRename, "/work/new", "/work/d/moved") == 0);
  CHECK(h.get("inside/d/moved") == "from the guest");
  CHECK(w.call(kTruncatePath, "/work/d/moved", 4) == 0);
  CHECK(h.get("inside/d/moved") == "from");
  CHECK(w.call(kLink, "/work/d/moved", "/work/l") == 0);
  CHECK(w.call(kSymlink, "d/moved", "/work/s") == 0);
  CHECK(w.content("/work/s") == "from");
  CHECK(w.call(kChmod, "/work/l", 06777) == 0);
  CHECK((w.status("/work/l").mode & 07777) == 0777);
  CHECK(w.call(kRmdir, "/work/d") == error(Errno::enotempty));
  CHECK(w.call(kUnlink, "/work/d/moved") == 0);
  CHECK(w.call(kRmdir, "/work/d") == 0);
  CHECK(!h.has("inside/d"));
  const u64 fd = w.open("/work/file", kWriteOnly | kAppend);
  CHECK(w.write(fd, "+") == 1);
  CHECK(h.get("inside/file") == "content+");
}

TEST_CASE("the guest cannot plant a link that leads out of the mount") {
  HostFolder h;
  World w(h.at("/work", true));
  for (const char* target : {"/etc/passwd", "..", "../secret", "sub/../../secret", "./.././x"}) {
    CAPTURE(target);
    CHECK(w.call(kSymlink, target, "/work/planted") == error(Errno::eperm));
  }
  CHECK(w.call(kSymlink, "../file", "/work/sub/fine") == 0);
  CHECK(w.call(kLink, "/etc/hosts", "/work/l") == error(Errno::exdev));
  CHECK(w.call(kRename, "/work/file", "/tmp/file") == error(Errno::exdev));
}

TEST_CASE("devices, FIFOs and sockets of the host are not opened") {
  HostFolder h;
  REQUIRE(::mkfifo((h.inside() / "fifo").c_str(), 0600) == 0);
  World w(h.at("/work", true));
  CHECK(w.open("/work/fifo") == error(Errno::eacces));
  CHECK(w.open("/work/fifo", kReadWrite | kNonBlock) == error(Errno::eacces));
  CHECK(w.status("/work/fifo").mode >> 12 == 1);
}

TEST_CASE("inode numbers and times do not come from the host") {
  HostFolder h;
  World one(h.at("/work")), two(h.at("/work"));
  h.put("inside/later", "x");
  for (World* w : {&one, &two}) {
    const StatRecord f = w->status("/work/file"), b = w->status("/work/sub/below");
    CHECK(f.mtime == 1704067200);
    CHECK(f.ino + 1 == b.ino);
  }
  CHECK(one.status("/work/file").ino == two.status("/work/file").ino);
}

TEST_CASE("utimensat on a mounted file is remembered, writing sets the virtual time") {
  HostFolder h;
  World w(h.at("/work", true));
  w.put(World::kBuffer, std::array<i64, 4>{10, 0, 20, 0});
  CHECK(w.call(kUtimensat, kCwd, "/work/file", World::kBuffer, 0) == 0);
  CHECK(w.status("/work/file").mtime == 20);
  w.kernel.set_time(Nanos(5'000'000'000));
  w.make("/work/file", "new");
  CHECK(w.status("/work/file").mtime == 1704067205);
}

TEST_CASE("mounts inside mounts and mount points that stay") {
  HostFolder h;
  fs::create_directories(h.root() / "other");
  h.put("other/o", "other");
  std::vector<Mount> mounts = h.at("/a/b", true);
  mounts.push_back({(h.root() / "other").string(), "/a/b/sub/in", false});
  World w(mounts);
  CHECK(w.content("/a/b/sub/in/o") == "other");
  CHECK(w.content("/a/b/sub/in/../below") == "deeper");
  CHECK(w.content("/a/b/sub/in/../../file") == "content");
  CHECK(w.call(kRmdir, "/a/b/sub") == error(Errno::ebusy));
  CHECK(w.call(kRename, "/a/b/sub", "/a/b/other") == error(Errno::ebusy));
  CHECK(w.call(kChdir, "/a/b/sub/in") == 0);
  CHECK(w.call(kGetcwd, World::kBuffer, 100) == 12);
}

TEST_CASE("mounts that cannot be are refused in a sentence") {
  HostFolder h;
  CHECK_THROWS_AS(World({{"/no/such/directory", "/work", false}}), base::UserError);
  CHECK_THROWS_AS(World({{(h.root() / "secret").string(), "/work", false}}), base::UserError);
  for (const char* guest : {"/", "", "work", "/a/../b", "/a//b", "/a/./b", "/.."}) {
    CAPTURE(guest);
    CHECK_THROWS_AS(World(h.at(guest)), base::UserError);
  }
  std::vector<Mount> twice = h.at("/work");
  twice.push_back(twice.front());
  CHECK_THROWS_AS(World(twice), base::UserError);
  CHECK_THROWS_AS(World(h.at("/etc/hosts")), base::UserError);
  CHECK_THROWS_AS(World(h.at("/etc/hosts/below")), base::UserError);
}

TEST_CASE("a mount inside a mount is entered, and both roots know their own path") {
  HostFolder h;
  auto mounts = h.at("/work");
  mounts.push_back({(h.inside() / "sub").string(), "/work/file", false});
  World w(mounts);
  CHECK(w.content("/work/file/below") == "deeper");
  for (const std::string path : {"/work", "/work/file"}) {
    CHECK(w.call(kChdir, path) == 0);
    CHECK(w.call(kGetcwd, World::kBuffer, 100) == path.size() + 1);
    CHECK(w.bytes(World::kBuffer, path.size()) == path);
  }
}
