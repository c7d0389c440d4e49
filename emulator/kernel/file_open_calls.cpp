// open(2) and close(2), descriptors and their copies.
#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/guest_buffers.hpp"

namespace emulator::kernel::calls {
namespace {

SysResult to_fd(const Result<i32>& fd) {
  if (!fd) return fd.error();
  return static_cast<u64>(*fd);
}

SysResult open_at(Kernel& k, const Thread& t, i32 dirfd, Addr path, u32 flags, u32 mode) {
  const auto text = read_path(k, path);
  if (!text) return text.error();
  Result<Location> from = Location{};
  if (text->empty()) return Errno::enoent;
  if (text->front() != '/') from = k.files().base(dirfd);
  if (!from) return from.error();
  // Before anything is created: nothing would ever close it.
  if (const auto failure = k.files().room(k)) return *failure;
  auto opened = k.files().open(k, t, *from, *text, flags, static_cast<u16>(mode & 07777));
  if (!opened) return opened.error();
  return to_fd(k.files().install(k, std::move(*opened), (flags & kCloseOnExec) != 0));
}

}  // namespace

SysResult open(Kernel& k, Thread& t, const Args& a) {
  return open_at(k, t, kAtCwd, a.addr(0), a.as_uint(1), a.as_uint(2));
}

SysResult openat(Kernel& k, Thread& t, const Args& a) {
  return open_at(k, t, a.fd(0), a.addr(1), a.as_uint(2), a.as_uint(3));
}

SysResult creat(Kernel& k, Thread& t, const Args& a) {
  return open_at(k, t, kAtCwd, a.addr(0), kCreate | kWriteOnly | kTruncate, a.as_uint(1));
}

SysResult close(Kernel& k, Thread&, const Args& a) { return to_sys(k.files().close(k, a.fd(0))); }

SysResult close_range(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kCloseRangeCloexec = 4, kCloseRangeUnshare = 2;
  const u32 first = a.as_uint(0), last = a.as_uint(1), flags = a.as_uint(2);
  if (first > last || (flags & ~(kCloseRangeCloexec | kCloseRangeUnshare))) return Errno::einval;
  std::vector<i32> chosen;
  for (const auto& [fd, descriptor] : k.files().table())
    if (static_cast<u32>(fd) >= first && static_cast<u32>(fd) <= last) chosen.push_back(fd);
  for (const i32 fd : chosen) {
    if (flags & kCloseRangeCloexec) {
      k.files().descriptor(fd)->close_on_exec = true;
    } else {
      (void)k.files().close(k, fd);
    }
  }
  return u64{0};
}

SysResult dup(Kernel& k, Thread&, const Args& a) {
  return to_fd(k.files().duplicate(k, a.fd(0), 0, false));
}

SysResult dup2(Kernel& k, Thread&, const Args& a) {
  return to_fd(k.files().duplicate_to(k, a.fd(0), a.fd(1), false));
}

SysResult dup3(Kernel& k, Thread&, const Args& a) {
  if (a.fd(0) == a.fd(1) || (a.as_uint(2) & ~kCloseOnExec)) return Errno::einval;
  return to_fd(k.files().duplicate_to(k, a.fd(0), a.fd(1), (a.as_uint(2) & kCloseOnExec) != 0));
}

SysResult umask(Kernel& k, Thread&, const Args& a) {
  const u16 before = k.files().umask;
  k.files().umask = static_cast<u16>(a[0] & 0777);
  return u64{before};
}

SysResult memfd_create(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kCloexec = 1, kAllowSealing = 2, kNoExecSeal = 8, kExec = 16;
  if (a.as_uint(1) & ~(kCloexec | kAllowSealing | kNoExecSeal | kExec)) return Errno::einval;
  const auto name = read_path(k, a.addr(0));
  if (!name) return name.error();
  if (name->size() > 249) return Errno::einval;
  if (const auto failure = k.files().room(k)) return *failure;
  const auto inode = k.files().tree.create_unnamed(0777, real_time(k));
  if (!inode) return inode.error();
  return to_fd(k.files().install(
      k,
      {.object = TreeFile{*inode}, .flags = kReadWrite, .path = "/memfd:" + *name + " (deleted)"},
      (a.as_uint(1) & kCloexec) != 0));
}

}  // namespace emulator::kernel::calls
