// stat(2) in its several forms, access(2), statfs(2).
#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {
namespace {

constexpr i64 kNanos = 1'000'000'000;
constexpr u64 kSector = 512;

u32 mode_word(const FileStatus& s) { return (static_cast<u32>(s.type) << 12) | s.mode; }
u64 sectors(const FileStatus& s) { return base::page_ceil(s.size) / kSector; }

SysResult put_stat(Kernel& k, const Result<FileStatus>& status, Addr to) {
  if (!status) return status.error();
  const FileStatus& s = *status;
  StatRecord r{};
  r.dev = s.device, r.ino = s.inode, r.nlink = s.links, r.mode = mode_word(s), r.rdev = s.rdev;
  r.size = static_cast<i64>(s.size);
  r.blksize = base::kPageSize;
  r.blocks = static_cast<i64>(sectors(s));
  r.atime = s.times.access / kNanos, r.atime_nsec = s.times.access % kNanos;
  r.mtime = s.times.modify / kNanos, r.mtime_nsec = s.times.modify % kNanos;
  r.ctime = s.times.change / kNanos, r.ctime_nsec = s.times.change % kNanos;
  if (!k.memory().copy_out(to, r)) return Errno::efault;
  return u64{0};
}

StatxTime statx_time(i64 nanos) {
  return {.sec = nanos / kNanos, .nsec = static_cast<u32>(nanos % kNanos), .reserved = 0};
}

SysResult put_statx(Kernel& k, const Result<FileStatus>& status, Addr to) {
  constexpr u32 kBasicStats = 0x7ff;
  if (!status) return status.error();
  const FileStatus& s = *status;
  StatxRecord r{};
  r.mask = kBasicStats;
  r.blksize = static_cast<u32>(base::kPageSize);
  r.nlink = static_cast<u32>(s.links);
  r.mode = static_cast<u16>(mode_word(s));
  r.ino = s.inode, r.size = s.size, r.blocks = sectors(s);
  r.atime = statx_time(s.times.access), r.mtime = statx_time(s.times.modify);
  r.ctime = statx_time(s.times.change);
  r.rdev_major = static_cast<u32>(s.rdev >> 8), r.rdev_minor = s.rdev & 0xff;
  r.dev_minor = static_cast<u32>(s.device);
  if (!k.memory().copy_out(to, r)) return Errno::efault;
  return u64{0};
}

Result<FileStatus> status_of_fd(Kernel& k, i32 fd) {
  const Description* d = k.files().find(fd);
  if (d == nullptr) return Errno::ebadf;
  return k.files().status(k, *d);
}

/// What /proc/self/fd/N leads to is the open file itself.
Result<FileStatus> status_of_place(Kernel& k, const Location& place, bool follow) {
  if (place.kind == Location::Kind::descriptor && follow) return status_of_fd(k, place.fd);
  return k.files().status(k, place);
}

Result<FileStatus> status_at(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 flags) {
  const bool follow = !(flags & kAtSymlinkNoFollow);
  if (flags & kAtEmptyPath) {
    const auto text = path.value == 0 ? Result<std::string>(std::string()) : read_path(k, path);
    if (!text) return text.error();
    if (text->empty() && dirfd == kAtCwd) return k.files().status(k, k.files().cwd);
    if (text->empty()) return status_of_fd(k, dirfd);
  }
  const auto place = find(k, t, dirfd, path, follow);
  if (!place) return place.error();
  return status_of_place(k, *place, follow);
}

/// The guest is root: every file may be read and written that is not frozen, and executed when
/// anybody may.
SysResult access_at(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 mode, u32 flags) {
  constexpr u32 kExecute = 1, kWrite = 2, kAll = 7;
  if ((mode & ~kAll) || (flags & ~(kAtEaccess | kAtSymlinkNoFollow | kAtEmptyPath)))
    return Errno::einval;
  const auto status = status_at(k, t, dirfd, path, flags & ~kAtEaccess);
  if (!status) return status.error();
  const auto place = find(k, t, dirfd, path, !(flags & kAtSymlinkNoFollow));
  const bool file = status->type == FileType::regular || status->type == FileType::directory;
  if ((mode & kWrite) && file && place && k.files().frozen(*place)) return Errno::erofs;
  if ((mode & kExecute) && status->type == FileType::regular && !(status->mode & 0111))
    return Errno::eacces;
  return u64{0};
}

SysResult put_statfs(Kernel& k, const Location& place, Addr to) {
  constexpr i64 kTmpfs = 0x01021994, kProc = 0x9fa0, kSysfs = 0x62656572;
  const std::string path = k.files().path_of(place).value_or("/");
  StatfsRecord r{};
  r.type = path.starts_with("/proc") ? kProc : path.starts_with("/sys") ? kSysfs : kTmpfs;
  r.bsize = r.frsize = base::kPageSize;
  r.blocks = Tree::kMaxBytes / base::kPageSize;
  r.bfree = r.bavail = (Tree::kMaxBytes - k.files().tree.used_bytes()) / base::kPageSize;
  r.files = Tree::kMaxNames;
  r.ffree = Tree::kMaxNames - k.files().tree.names();
  r.namelen = 255;
  r.flags = k.files().frozen(place) ? 1 : 0;  // ST_RDONLY
  if (!k.memory().copy_out(to, r)) return Errno::efault;
  return u64{0};
}

}  // namespace

SysResult stat(Kernel& k, Thread& t, const Args& a) {
  return put_stat(k, status_at(k, t, kAtCwd, a.addr(0), 0), a.addr(1));
}

SysResult lstat(Kernel& k, Thread& t, const Args& a) {
  return put_stat(k, status_at(k, t, kAtCwd, a.addr(0), kAtSymlinkNoFollow), a.addr(1));
}

SysResult fstat(Kernel& k, Thread&, const Args& a) {
  return put_stat(k, status_of_fd(k, a.fd(0)), a.addr(1));
}

SysResult newfstatat(Kernel& k, Thread& t, const Args& a) {
  constexpr u32 kKnown = kAtSymlinkNoFollow | kAtNoAutomount | kAtEmptyPath;
  if (a.as_uint(3) & ~kKnown) return Errno::einval;
  return put_stat(k, status_at(k, t, a.fd(0), a.addr(1), a.as_uint(3)), a.addr(2));
}

SysResult statx(Kernel& k, Thread& t, const Args& a) {
  constexpr u32 kKnown = kAtSymlinkNoFollow | kAtNoAutomount | kAtEmptyPath | kAtStatxSync;
  constexpr u32 kReserved = 0x80000000;
  if ((a.as_uint(2) & ~kKnown) || (a.as_uint(3) & kReserved)) return Errno::einval;
  return put_statx(k, status_at(k, t, a.fd(0), a.addr(1), a.as_uint(2)), a.addr(4));
}

SysResult access(Kernel& k, Thread& t, const Args& a) {
  return access_at(k, t, kAtCwd, a.addr(0), a.as_uint(1), 0);
}

SysResult faccessat(Kernel& k, Thread& t, const Args& a) {
  return access_at(k, t, a.fd(0), a.addr(1), a.as_uint(2), 0);
}

SysResult faccessat2(Kernel& k, Thread& t, const Args& a) {
  return access_at(k, t, a.fd(0), a.addr(1), a.as_uint(2), a.as_uint(3));
}

SysResult statfs(Kernel& k, Thread& t, const Args& a) {
  const auto place = find(k, t, kAtCwd, a.addr(0), true);
  if (!place) return place.error();
  return put_statfs(k, *place, a.addr(1));
}

SysResult fstatfs(Kernel& k, Thread&, const Args& a) {
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  const auto* directory = std::get_if<DirectoryFile>(&d->object);
  return put_statfs(k, directory ? directory->place : Location{}, a.addr(1));
}

}  // namespace emulator::kernel::calls
