// Modes, owners, times and extended attributes.
#include "emulator/kernel/clock.hpp"
#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {
namespace {

/// The file that a descriptor is open on, when it has a place at all.
Result<Location> place_of(Kernel& k, i32 fd) {
  const Description* d = k.files().find(fd);
  if (d == nullptr) return Errno::ebadf;
  if (const auto* f = std::get_if<TreeFile>(&d->object)) return Location::in_memory(f->inode);
  if (const auto* f = std::get_if<TextFile>(&d->object)) return Location::in_memory(f->inode);
  if (const auto* f = std::get_if<ProgramFile>(&d->object)) return Location::in_memory(f->inode);
  if (const auto* f = std::get_if<DeviceFile>(&d->object)) return Location::in_memory(f->inode);
  if (const auto* f = std::get_if<DirectoryFile>(&d->object)) return f->place;
  if (const auto* f = std::get_if<MountedFile>(&d->object)) return f->place;
  if (const auto* f = std::get_if<PathFile>(&d->object)) return f->place;
  return Errno::einval;
}

/// The argument pair of the *at calls; an empty path with AT_EMPTY_PATH, or a null one, is the
/// descriptor itself.
Result<Location> target(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 flags,
                        bool null_is_fd) {
  if (path.value == 0 && null_is_fd) return place_of(k, dirfd);
  if (flags & kAtEmptyPath) {
    const auto text = read_path(k, path);
    if (!text) return text.error();
    if (text->empty())
      return dirfd == kAtCwd ? Result<Location>(k.files().cwd) : place_of(k, dirfd);
  }
  auto place = find(k, t, dirfd, path, !(flags & kAtSymlinkNoFollow));
  if (place && place->kind == Location::Kind::descriptor) return place_of(k, place->fd);
  return place;
}

SysResult set_mode(Kernel& k, const Result<Location>& place, u32 mode) {
  if (!place) return place.error();
  Files& files = k.files();
  if (files.frozen(*place)) return Errno::erofs;
  if (place->in_mount())
    return to_sys(files.directory(*place).set_mode(place->name, static_cast<u16>(mode & 0777)));
  if (files.tree[place->inode].type == FileType::symlink) return Errno::eopnotsupp;
  Inode& inode = files.tree.edit(place->inode);
  inode.mode = static_cast<u16>(mode & 07777);
  inode.times.change = real_time(k);
  return u64{0};
}

/// Everything belongs to root and stays so: giving it to root is granted, giving it away is not.
SysResult set_owner(Kernel& k, const Result<Location>& place, u32 user, u32 group) {
  if (!place) return place.error();
  if (k.files().frozen(*place)) return Errno::erofs;
  const auto stays = [](u32 id) { return id == 0 || id == ~u32{0}; };
  if (!stays(user) || !stays(group)) return Errno::eperm;
  return u64{0};
}

struct NewTimes {
  std::optional<i64> access, modify;  // nothing: stays
};

Result<std::optional<i64>> new_time(Kernel& k, const Timespec& time) {
  constexpr i64 kNow = 0x3fffffff, kOmit = 0x3ffffffe;  // UTIME_NOW, UTIME_OMIT
  if (time.nanoseconds == kNow) return std::optional<i64>(real_time(k));
  if (time.nanoseconds == kOmit) return std::optional<i64>();
  const auto nanos = nanos_of(time);
  if (!nanos) return Errno::einval;
  return std::optional<i64>(nanos->value);
}

SysResult set_times(Kernel& k, const Result<Location>& place, const NewTimes& times) {
  if (!place) return place.error();
  Files& files = k.files();
  if (files.frozen(*place)) return Errno::erofs;
  const auto status = files.status(k, *place);
  if (!status) return status.error();
  FileTimes all = status->times;
  if (times.access) all.access = *times.access;
  if (times.modify) all.modify = *times.modify;
  all.change = real_time(k);
  if (place->in_mount()) {
    files.host_times[status->inode] = all;
  } else {
    files.tree.edit(place->inode).times = all;
  }
  return u64{0};
}

}  // namespace

SysResult chmod(Kernel& k, Thread& t, const Args& a) {
  return set_mode(k, target(k, t, kAtCwd, a.addr(0), 0, false), a.as_uint(1));
}
SysResult fchmod(Kernel& k, Thread&, const Args& a) {
  return set_mode(k, place_of(k, a.fd(0)), a.as_uint(1));
}
SysResult fchmodat(Kernel& k, Thread& t, const Args& a) {
  return set_mode(k, target(k, t, a.fd(0), a.addr(1), 0, false), a.as_uint(2));
}
SysResult fchmodat2(Kernel& k, Thread& t, const Args& a) {
  if (a.as_uint(3) & ~(kAtSymlinkNoFollow | kAtEmptyPath)) return Errno::einval;
  return set_mode(k, target(k, t, a.fd(0), a.addr(1), a.as_uint(3), false), a.as_uint(2));
}

SysResult chown(Kernel& k, Thread& t, const Args& a) {
  return set_owner(k, target(k, t, kAtCwd, a.addr(0), 0, false), a.as_uint(1), a.as_uint(2));
}
SysResult lchown(Kernel& k, Thread& t, const Args& a) {
  const auto place = target(k, t, kAtCwd, a.addr(0), kAtSymlinkNoFollow, false);
  return set_owner(k, place, a.as_uint(1), a.as_uint(2));
}
SysResult fchown(Kernel& k, Thread&, const Args& a) {
  return set_owner(k, place_of(k, a.fd(0)), a.as_uint(1), a.as_uint(2));
}
SysResult fchownat(Kernel& k, Thread& t, const Args& a) {
  if (a.as_uint(4) & ~(kAtSymlinkNoFollow | kAtEmptyPath)) return Errno::einval;
  const auto place = target(k, t, a.fd(0), a.addr(1), a.as_uint(4), false);
  return set_owner(k, place, a.as_uint(2), a.as_uint(3));
}

SysResult utimensat(Kernel& k, Thread& t, const Args& a) {
  if (a.as_uint(3) & ~(kAtSymlinkNoFollow | kAtEmptyPath)) return Errno::einval;
  NewTimes times{real_time(k), real_time(k)};
  if (a[2] != 0) {
    std::array<Timespec, 2> given;
    if (!k.memory().copy_in(a.addr(2), given)) return Errno::efault;
    const auto access = new_time(k, given[0]), modify = new_time(k, given[1]);
    if (!access || !modify) return Errno::einval;
    times = {*access, *modify};
  }
  return set_times(k, target(k, t, a.fd(0), a.addr(1), a.as_uint(3), true), times);
}

SysResult utimes(Kernel& k, Thread& t, const Args& a) {
  NewTimes times{real_time(k), real_time(k)};
  if (a[1] != 0) {
    std::array<Timeval, 2> given;
    if (!k.memory().copy_in(a.addr(1), given)) return Errno::efault;
    const auto access = nanos_of(given[0]), modify = nanos_of(given[1]);
    if (!access || !modify) return Errno::einval;
    times = {access->value, modify->value};
  }
  return set_times(k, target(k, t, kAtCwd, a.addr(0), 0, false), times);
}

/// No file here has extended attributes (xattr(7)).
SysResult no_attributes(Kernel&, Thread&, const Args&) { return Errno::eopnotsupp; }

}  // namespace emulator::kernel::calls
