#include "emulator/kernel/host_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "emulator/base/error.hpp"

namespace emulator::kernel {
namespace {

Errno last_error() { return from_host(errno); }

Failure outcome(int result) {
  if (result < 0) return last_error();
  return std::nullopt;
}

FileType type_of(mode_t mode) { return static_cast<FileType>((mode & S_IFMT) >> 12); }

HostStatus status_of(const struct ::stat& s) {
  return {.type = type_of(s.st_mode),
          .mode = static_cast<u16>(s.st_mode & 0777),
          .size = static_cast<u64>(s.st_size),
          .device = s.st_dev,
          .inode = s.st_ino,
          .links = s.st_nlink};
}

/// Where only a place is wanted, not the right to read: a directory on the way.
#ifdef O_PATH
constexpr int kPlace = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#else
constexpr int kPlace = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
#endif

}  // namespace

class HostDirectory::Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// The directory that holds a name, opened step by step, and the name's last component ("." for the
/// root itself).
class HostDirectory::Spot {
 public:
  static Result<Spot> find(const HostDirectory& directory, std::string_view name) {
    Spot spot(::openat(directory.root_->get(), ".", kPlace));
    for (std::size_t slash; (slash = name.find('/')) != name.npos; name.remove_prefix(slash + 1)) {
      const std::string step(name.substr(0, slash));
      spot.parent_ = Fd(::openat(spot.fd(), step.c_str(), kPlace));
      if (spot.fd() < 0) return last_error();
    }
    if (spot.fd() < 0) return last_error();
    spot.name_ = name.empty() ? "." : std::string(name);
    return spot;
  }
  int fd() const { return parent_.get(); }
  const char* name() const { return name_.c_str(); }

 private:
  explicit Spot(int fd) : parent_(fd) {}
  Fd parent_;
  std::string name_;
};

HostFile::~HostFile() { ::close(fd_); }

Result<u64> HostFile::read_now(std::span<u8> to, u64 offset) const {
  u64 done = 0;
  while (done < to.size()) {
    const ssize_t n =
        ::pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && done == 0) return last_error();
    if (n <= 0) break;
    done += static_cast<u64>(n);
  }
  return done;
}

Result<u64> HostFile::write_now(std::span<const u8> from, u64 offset) const {
  u64 done = 0;
  while (done < from.size()) {
    const ssize_t n =
        ::pwrite(fd_, from.data() + done, from.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && done == 0) return last_error();
    if (n <= 0) break;
    done += static_cast<u64>(n);
  }
  return done;
}

Result<HostStatus> HostFile::status_now() const {
  struct ::stat s;
  if (::fstat(fd_, &s) < 0) return last_error();
  return status_of(s);
}

Failure HostFile::resize_now(u64 size) const {
  return outcome(::ftruncate(fd_, static_cast<off_t>(size)));
}

Failure HostFile::set_mode_now(u16 mode) const { return outcome(::fchmod(fd_, mode & 0777)); }

HostDirectory HostDirectory::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    base::user_error("--mount: cannot open the directory {}: {}", path, std::strerror(errno));
  return HostDirectory(std::make_shared<const Fd>(fd));
}

Result<HostStatus> HostDirectory::status_now(const std::string& name) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  struct ::stat s;
  if (::fstatat(spot->fd(), spot->name(), &s, AT_SYMLINK_NOFOLLOW) < 0) return last_error();
  return status_of(s);
}

Result<std::vector<HostEntry>> HostDirectory::list_now(const std::string& name) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  Fd fd(::openat(spot->fd(), spot->name(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0) return last_error();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) return last_error();
  fd.release();
  std::vector<HostEntry> entries;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view text = entry->d_name;
    if (text == "." || text == "..") continue;
    struct ::stat s;
    if (::fstatat(::dirfd(stream.get()), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0) continue;
    entries.push_back({std::string(text), type_of(s.st_mode), s.st_dev, s.st_ino});
  }
  std::sort(entries.begin(), entries.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return entries;
}

Result<std::string> HostDirectory::read_link_now(const std::string& name) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  std::string target(PATH_MAX, '\0');
  const ssize_t n = ::readlinkat(spot->fd(), spot->name(), target.data(), target.size());
  if (n < 0) return last_error();
  target.resize(static_cast<std::size_t>(n));
  return target;
}

Result<std::shared_ptr<const HostFile>> HostDirectory::open_now(const std::string& name,
                                                                const HostOpen& how) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  struct ::stat s;
  const bool there = ::fstatat(spot->fd(), spot->name(), &s, AT_SYMLINK_NOFOLLOW) == 0;
  if (there && S_ISDIR(s.st_mode)) return Errno::eisdir;
  if (there && !S_ISREG(s.st_mode)) return S_ISLNK(s.st_mode) ? Errno::eloop : Errno::eacces;
  int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  flags |= how.write ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (how.create) flags |= O_CREAT;
  if (how.exclusive) flags |= O_EXCL;
  Fd fd(::openat(spot->fd(), spot->name(), flags, how.mode & 0777));
  if (fd.get() < 0) return last_error();
  // Checked again on what was opened: the host may have put something else there.
  if (::fstat(fd.get(), &s) < 0) return last_error();
  if (!S_ISREG(s.st_mode)) return Errno::eacces;
  if (how.truncate && ::ftruncate(fd.get(), 0) < 0) return last_error();
  return std::make_shared<const HostFile>(fd.release(), log_);
}

Failure HostDirectory::make_directory_now(const std::string& name, u16 mode) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  return outcome(::mkdirat(spot->fd(), spot->name(), mode & 0777));
}

Failure HostDirectory::make_symlink_now(const std::string& name, const std::string& target) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  return outcome(::symlinkat(target.c_str(), spot->fd(), spot->name()));
}

Failure HostDirectory::link_now(const std::string& from, const std::string& to) const {
  auto old_spot = Spot::find(*this, from), new_spot = Spot::find(*this, to);
  if (!old_spot) return old_spot.error();
  if (!new_spot) return new_spot.error();
  return outcome(::linkat(old_spot->fd(), old_spot->name(), new_spot->fd(), new_spot->name(), 0));
}

Failure HostDirectory::remove_now(const std::string& name, bool directory) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  return outcome(::unlinkat(spot->fd(), spot->name(), directory ? AT_REMOVEDIR : 0));
}

Failure HostDirectory::rename_now(const std::string& from, const std::string& to) const {
  auto old_spot = Spot::find(*this, from), new_spot = Spot::find(*this, to);
  if (!old_spot) return old_spot.error();
  if (!new_spot) return new_spot.error();
  return outcome(::renameat(old_spot->fd(), old_spot->name(), new_spot->fd(), new_spot->name()));
}

Failure HostDirectory::set_mode_now(const std::string& name, u16 mode) const {
  auto spot = Spot::find(*this, name);
  if (!spot) return spot.error();
  struct ::stat s;
  if (::fstatat(spot->fd(), spot->name(), &s, AT_SYMLINK_NOFOLLOW) < 0) return last_error();
  if (S_ISLNK(s.st_mode))
    return Errno::eopnotsupp;  // fchmodat would follow it out of the directory
  // Through an open descriptor, not by name: a link planted meanwhile is not followed.
  Fd fd(::openat(spot->fd(), spot->name(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0) return last_error();
  return outcome(::fchmod(fd.get(), mode & 0777));
}

}  // namespace emulator::kernel
