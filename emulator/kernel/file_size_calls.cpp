// Positions and sizes of files, and copies from file to file.
#include <algorithm>

#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_io.hpp"
#include "emulator/kernel/file_records.hpp"

namespace emulator::kernel::calls {
namespace {

bool is_regular(Kernel& k, const Description& d) {
  const auto status = k.files().status(k, d);
  return status && status->type == FileType::regular;
}

SysResult resize(Kernel& k, const Description& d, i64 size) {
  if (size < 0) return Errno::einval;
  return to_sys(k.files().resize(k, d, static_cast<u64>(size)));
}

enum Whence : u32 { kSet = 0, kCurrent = 1, kEnd = 2, kData = 3, kHole = 4 };

/// SEEK_DATA and SEEK_HOLE see every file as data with one hole, at its end (lseek(2) allows it).
SysResult seek_in_content(Description& d, i64 offset, u32 whence, u64 size) {
  i64 base = 0;
  switch (whence) {
    case kSet:
      break;
    case kCurrent:
      base = static_cast<i64>(d.offset);
      break;
    case kEnd:
      base = static_cast<i64>(size);
      break;
    case kData:
    case kHole:
      if (offset < 0 || static_cast<u64>(offset) >= size) return Errno::enxio;
      if (whence == kHole) offset = static_cast<i64>(size);
      break;
    default:
      return Errno::einval;
  }
  i64 to = 0;
  if (__builtin_add_overflow(base, offset, &to)) return Errno::eoverflow;
  if (to < 0) return Errno::einval;
  d.offset = static_cast<u64>(to);
  return d.offset;
}

}  // namespace

SysResult lseek(Kernel& k, Thread&, const Args& a) {
  Description* d = k.files().find(a.fd(0));
  if (d == nullptr || (d->flags & kPathOnly)) return Errno::ebadf;
  if (std::holds_alternative<DeviceFile>(d->object)) return u64{0};
  const bool directory = std::holds_alternative<DirectoryFile>(d->object);
  if (!directory && !is_regular(k, *d)) return Errno::espipe;
  const auto size = directory ? Result<u64>(u64{0}) : k.files().size_of(k, *d);
  if (!size) return size.error();
  return seek_in_content(*d, static_cast<i64>(a[1]), a.as_uint(2), *size);
}

SysResult truncate(Kernel& k, Thread& t, const Args& a) {
  const auto place = find(k, t, kAtCwd, a.addr(0), true);
  if (!place) return place.error();
  const auto status = k.files().status(k, *place);
  if (!status) return status.error();
  if (status->type == FileType::directory) return Errno::eisdir;
  if (status->type != FileType::regular) return Errno::einval;
  auto opened = k.files().open_location(k, t, *place, kWriteOnly);
  if (!opened) return opened.error();
  return resize(k, *opened, static_cast<i64>(a[1]));
}

SysResult ftruncate(Kernel& k, Thread&, const Args& a) {
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  if (!d->writable() || !is_regular(k, *d)) return Errno::einval;
  return resize(k, *d, static_cast<i64>(a[1]));
}

SysResult fallocate(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kKeepSize = 1;
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr || !d->writable()) return Errno::ebadf;
  if (a.as_uint(1) & ~kKeepSize) return Errno::eopnotsupp;
  const i64 offset = static_cast<i64>(a[2]), length = static_cast<i64>(a[3]);
  if (offset < 0 || length <= 0) return Errno::einval;
  if (!is_regular(k, *d)) return Errno::enodev;
  const auto size = k.files().size_of(k, *d);
  if (!size) return size.error();
  const u64 end = static_cast<u64>(offset) + static_cast<u64>(length);
  if ((a.as_uint(1) & kKeepSize) || end <= *size) return u64{0};
  return to_sys(k.files().resize(k, *d, end));
}

SysResult fsync(Kernel& k, Thread&, const Args& a) {
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr || (d->flags & kPathOnly)) return Errno::ebadf;
  const bool stored = std::holds_alternative<DirectoryFile>(d->object) || is_regular(k, *d);
  if (!stored) return Errno::einval;
  return to_sys(k.mapped_files().store(k, *d));
}

SysResult fadvise64(Kernel& k, Thread&, const Args& a) {
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  const auto status = k.files().status(k, *d);
  if (status && status->type == FileType::fifo) return Errno::espipe;
  return u64{0};
}

SysResult sync(Kernel& k, Thread&, const Args&) {
  (void)k.mapped_files().store_all(k);
  return u64{0};
}

// Go's os.File.ReadFrom and WriteTo try these first, and go on with read and write after EINVAL or
// ENOSYS.
SysResult sendfile(Kernel& k, Thread&, const Args& a) {
  const Description *out = k.files().find(a.fd(0)), *in = k.files().find(a.fd(1));
  if (out == nullptr || in == nullptr || !out->writable() || !in->readable()) return Errno::ebadf;
  return Errno::einval;
}

SysResult copy_file_range(Kernel& k, Thread&, const Args& a) {
  const Description *in = k.files().find(a.fd(0)), *out = k.files().find(a.fd(2));
  if (out == nullptr || in == nullptr || !out->writable() || !in->readable()) return Errno::ebadf;
  return Errno::einval;
}

SysResult splice(Kernel& k, Thread&, const Args& a) {
  const Description *in = k.files().find(a.fd(0)), *out = k.files().find(a.fd(2));
  if (out == nullptr || in == nullptr || !out->writable() || !in->readable()) return Errno::ebadf;
  return Errno::einval;
}

}  // namespace emulator::kernel::calls
