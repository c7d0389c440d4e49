/// Linux error numbers and what a system call hands back (errno(3), asm-generic/errno-base.h and errno.h).
#pragma once

#include <string_view>

#include "emulator/base/types.hpp"

namespace emulator::kernel {

enum class Errno : u16 {
  eperm = 1, enoent = 2, esrch = 3, eintr = 4, eio = 5, enxio = 6, e2big = 7, enoexec = 8, ebadf = 9, echild = 10,
  eagain = 11, enomem = 12, eacces = 13, efault = 14, enotblk = 15, ebusy = 16, eexist = 17, exdev = 18, enodev = 19,
  enotdir = 20, eisdir = 21, einval = 22, enfile = 23, emfile = 24, enotty = 25, etxtbsy = 26, efbig = 27,
  enospc = 28, espipe = 29, erofs = 30, emlink = 31, epipe = 32, edom = 33, erange = 34, enametoolong = 36,
  enosys = 38, enotempty = 39, eloop = 40, enodata = 61, eoverflow = 75, eopnotsupp = 95, eafnosupport = 97,
  etimedout = 110, ecanceled = 125,
};

/// "ENOENT"
std::string_view name(Errno e);

/// The host's errno in the guest's numbers; EIO for what the guest's files do not know.
Errno from_host(int error);

/// What a system call did. `blocked`: the thread's Wait says for what; the call is made again when that happens.
/// `restart`/`none`: registers are already as they must be (rt_sigreturn, exit).
struct [[nodiscard]] SysResult {
  enum class Kind : u8 { value, error, blocked, none };
  Kind kind = Kind::value;
  u64 value = 0;
  Errno error{};

  SysResult(u64 v) : value(v) {}                                     // NOLINT: a plain value is a result
  SysResult(Errno e) : kind(Kind::error), error(e) {}                // NOLINT: so is an error
  static SysResult blocked() { return SysResult(Kind::blocked); }
  static SysResult none() { return SysResult(Kind::none); }
  /// As RAX shows it: the value, or the negated error number.
  u64 rax() const { return kind == Kind::error ? ~u64{0} - static_cast<u64>(error) + 1 : value; }

 private:
  explicit SysResult(Kind k) : kind(k) {}
};

}  // namespace emulator::kernel
