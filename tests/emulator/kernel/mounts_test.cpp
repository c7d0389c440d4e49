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
  World w(h.at("/data"));
  CHECK(w.content("/data/file") == "content");
  CHECK(w.content("/data/sub/../sub/./below") == "deeper");
  CHECK(w.names("/data") == Names{".", "..", "file", "sub"});
  CHECK(w.status("/data/file").size == 7);
  CHECK(w.status("/data/sub").mode >> 12 == 4);
  CHECK(w.open("/data/none") == error(Errno::enoent));
  CHECK(w.open("/data/file/x") == error(Errno::enotdir));
  const Names root = w.names("/");
  CHECK(std::find(root.begin(), root.end(), "data") != root.end());
}

TEST_CASE("nothing leaves a mount by dot-dot") {
  HostFolder h;
  World w(h.at("/data"));
  CHECK(w.content("/data/../secret") == "errno 2");
  CHECK(w.content("/data/../../../../../../../../etc/hostname") == "rt0\n");
  CHECK(w.content("/data/../" + h.root().string().substr(1) + "/secret") == "errno 2");
  CHECK(w.call(kChdir, "/data/sub") == 0);
  CHECK(w.content("../../secret") == "errno 2");
  CHECK(w.content("../file") == "content");
  const u64 fd = w.open("/data", kDirectory);
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
  World w(h.at("/data", true));
  CHECK(w.content("/data/good") == "deeper");
  CHECK(w.content("/data/sub/back") == "content");
  for (const char* name : {"absolute", "own", "up", "sub/up", "dir/secret", "twice", "dir"}) {
    CAPTURE(name);
    CHECK(w.content(std::string("/data/") + name) == "errno 13");
    CHECK(w.open(std::string("/data/") + name, kWriteOnly | kTruncate) == error(Errno::eacces));
  }
  CHECK(w.content("/data/loop") == "errno 40");
  CHECK(w.link_text("/data/up") == "../secret");
  CHECK(h.get("secret") == "the secret");
}

TEST_CASE("a link that the host plants where a directory was is not followed") {
  HostFolder h;
  World w(h.at("/data", true));
  const u64 sub = w.open("/data/sub", kDirectory);
  CHECK(w.call(kOpenat, sub, "below", 0, 0) == 4);
  fs::remove_all(h.inside() / "sub");
  h.link("sub", "..");
  CHECK(static_cast<i64>(w.call(kOpenat, sub, "secret", 0, 0)) < 0);
  CHECK(static_cast<i64>(w.call(kOpenat, sub, "new", kCreate | kWriteOnly, 0644)) < 0);
  CHECK(!h.has("new"));
}

TEST_CASE("without :rw every change is EROFS") {
  HostFolder h;
  World w(h.at("/data"));
  CHECK(w.open("/data/file", kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/data/file", kReadWrite) == error(Errno::erofs));
  CHECK(w.open("/data/file", kTruncate) == error(Errno::erofs));
  CHECK(w.open("/data/new", kCreate | kWriteOnly) == error(Errno::erofs));
  CHECK(w.open("/data/file", kCreate) == 3);  // there already: only read
  CHECK(w.call(kMkdir, "/data/d", 0777) == error(Errno::erofs));
  CHECK(w.call(kUnlink, "/data/file") == error(Errno::erofs));
  CHECK(w.call(kRmdir, "/data/sub") == error(Errno::erofs));
  CHECK(w.call(kRename, "/data/file", "/data/other") == error(Errno::erofs));
  CHECK(w.call(kRename, "/tmp", "/data/other") == error(Errno::erofs));
  CHECK(w.call(kSymlink, "file", "/data/s") == error(Errno::erofs));
  CHECK(w.call(kLink, "/data/file", "/data/l") == error(Errno::erofs));
  CHECK(w.call(kChmod, "/data/file", 0777) == error(Errno::erofs));
  CHECK(w.call(kTruncatePath, "/data/file", 0) == error(Errno::erofs));
  CHECK(w.call(kUtimensat, kCwd, "/data/file", 0, 0) == error(Errno::erofs));
  CHECK(w.call(kAccess, "/data/file", 2) == error(Errno::erofs));
  CHECK(h.get("inside/file") == "content");
}

TEST_CASE("with :rw files are made, changed, renamed and removed on the host") {
  HostFolder h;
  World w(h.at("/data", true));
  CHECK(w.make("/data/new", "from the guest") == 0);
  CHECK(h.get("inside/new") == "from the guest");
  CHECK(w.call(kMkdir, "/data/d", 0755) == 0);
  CHECK(w.call(kRename, "/data/new", "/data/d/moved") == 0);
  CHECK(h.get("inside/d/moved") == "from the guest");
  CHECK(w.call(kTruncatePath, "/data/d/moved", 4) == 0);
  CHECK(h.get("inside/d/moved") == "from");
  CHECK(w.call(kLink, "/data/d/moved", "/data/l") == 0);
  CHECK(w.call(kSymlink, "d/moved", "/data/s") == 0);
  CHECK(w.content("/data/s") == "from");
  CHECK(w.call(kChmod, "/data/l", 06777) == 0);
  CHECK((w.status("/data/l").mode & 07777) == 0777);
  CHECK(w.call(kRmdir, "/data/d") == error(Errno::enotempty));
  CHECK(w.call(kUnlink, "/data/d/moved") == 0);
  CHECK(w.call(kRmdir, "/data/d") == 0);
  CHECK(!h.has("inside/d"));
  const u64 fd = w.open("/data/file", kWriteOnly | kAppend);
  CHECK(w.write(fd, "+") == 1);
  CHECK(h.get("inside/file") == "content+");
}

TEST_CASE("the guest cannot plant a link that leads out of the mount") {
  HostFolder h;
  World w(h.at("/data", true));
  for (const char* target : {"/etc/passwd", "..", "../secret", "sub/../../secret", "./.././x"}) {
    CAPTURE(target);
    CHECK(w.call(kSymlink, target, "/data/planted") == error(Errno::eperm));
  }
  CHECK(w.call(kSymlink, "../file", "/data/sub/fine") == 0);
  CHECK(w.call(kLink, "/etc/hosts", "/data/l") == error(Errno::exdev));
  CHECK(w.call(kRename, "/data/file", "/tmp/file") == error(Errno::exdev));
}

TEST_CASE("devices, FIFOs and sockets of the host are not opened") {
  HostFolder h;
  REQUIRE(::mkfifo((h.inside() / "fifo").c_str(), 0600) == 0);
  World w(h.at("/data", true));
  CHECK(w.open("/data/fifo") == error(Errno::eacces));
  CHECK(w.open("/data/fifo", kReadWrite | kNonBlock) == error(Errno::eacces));
  CHECK(w.status("/data/fifo").mode >> 12 == 1);
}

TEST_CASE("inode numbers and times do not come from the host") {
  HostFolder h;
  World one(h.at("/data")), two(h.at("/data"));
  h.put("inside/later", "x");
  for (World* w : {&one, &two}) {
    const StatRecord f = w->status("/data/file"), b = w->status("/data/sub/below");
    CHECK(f.mtime == 1704067200);
    CHECK(f.ino + 1 == b.ino);
  }
  CHECK(one.status("/data/file").ino == two.status("/data/file").ino);
}

TEST_CASE("utimensat on a mounted file is remembered, writing sets the virtual time") {
  HostFolder h;
  World w(h.at("/data", true));
  w.put(World::kBuffer, std::array<i64, 4>{10, 0, 20, 0});
  CHECK(w.call(kUtimensat, kCwd, "/data/file", World::kBuffer, 0) == 0);
  CHECK(w.status("/data/file").mtime == 20);
  w.kernel.set_time(Nanos(5'000'000'000));
  w.make("/data/file", "new");
  CHECK(w.status("/data/file").mtime == 1704067205);
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
  CHECK_THROWS_AS(World({{"/no/such/directory", "/data", false}}), base::UserError);
  CHECK_THROWS_AS(World({{(h.root() / "secret").string(), "/data", false}}), base::UserError);
  for (const char* guest : {"/", "", "work", "/a/../b", "/a//b", "/a/./b", "/.."}) {
    CAPTURE(guest);
    CHECK_THROWS_AS(World(h.at(guest)), base::UserError);
  }
  std::vector<Mount> twice = h.at("/data");
  twice.push_back(twice.front());
  CHECK_THROWS_AS(World(twice), base::UserError);
  CHECK_THROWS_AS(World(h.at("/etc/hosts")), base::UserError);
  CHECK_THROWS_AS(World(h.at("/etc/hosts/below")), base::UserError);
}

TEST_CASE("a mount inside a mount is entered, and both roots know their own path") {
  HostFolder h;
  auto mounts = h.at("/data");
  mounts.push_back({(h.inside() / "sub").string(), "/data/file", false});
  World w(mounts);
  CHECK(w.content("/data/file/below") == "deeper");
  for (const std::string path : {"/data", "/data/file"}) {
    CHECK(w.call(kChdir, path) == 0);
    CHECK(w.call(kGetcwd, World::kBuffer, 100) == path.size() + 1);
    CHECK(w.bytes(World::kBuffer, path.size()) == path);
  }
}
