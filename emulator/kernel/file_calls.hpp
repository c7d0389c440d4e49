/// The system calls on files, one function each, named as in the man pages; the rows are in
/// file_calls.cpp.
#pragma once

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel::calls {

// file_io_calls.cpp: read(2), readv(2), lseek(2), sendfile(2), copy_file_range(2)
SysResult read(Kernel& k, Thread& t, const Args& a);
SysResult write(Kernel& k, Thread& t, const Args& a);
SysResult readv(Kernel& k, Thread& t, const Args& a);
SysResult writev(Kernel& k, Thread& t, const Args& a);
SysResult pread64(Kernel& k, Thread& t, const Args& a);
SysResult pwrite64(Kernel& k, Thread& t, const Args& a);
SysResult preadv(Kernel& k, Thread& t, const Args& a);
SysResult pwritev(Kernel& k, Thread& t, const Args& a);
SysResult preadv2(Kernel& k, Thread& t, const Args& a);
SysResult pwritev2(Kernel& k, Thread& t, const Args& a);

// file_size_calls.cpp: lseek(2), truncate(2), fsync(2), fallocate(2), sendfile(2),
// copy_file_range(2)
SysResult lseek(Kernel& k, Thread& t, const Args& a);
SysResult truncate(Kernel& k, Thread& t, const Args& a);
SysResult ftruncate(Kernel& k, Thread& t, const Args& a);
SysResult fallocate(Kernel& k, Thread& t, const Args& a);
SysResult fsync(Kernel& k, Thread& t, const Args& a);
SysResult fadvise64(Kernel& k, Thread& t, const Args& a);
SysResult sync(Kernel& k, Thread& t, const Args& a);
SysResult sendfile(Kernel& k, Thread& t, const Args& a);
SysResult copy_file_range(Kernel& k, Thread& t, const Args& a);
SysResult splice(Kernel& k, Thread& t, const Args& a);

// file_open_calls.cpp: open(2), close(2), dup(2), umask(2), memfd_create(2)
SysResult open(Kernel& k, Thread& t, const Args& a);
SysResult openat(Kernel& k, Thread& t, const Args& a);
SysResult creat(Kernel& k, Thread& t, const Args& a);
SysResult close(Kernel& k, Thread& t, const Args& a);
SysResult close_range(Kernel& k, Thread& t, const Args& a);
SysResult dup(Kernel& k, Thread& t, const Args& a);
SysResult dup2(Kernel& k, Thread& t, const Args& a);
SysResult dup3(Kernel& k, Thread& t, const Args& a);
SysResult umask(Kernel& k, Thread& t, const Args& a);
SysResult memfd_create(Kernel& k, Thread& t, const Args& a);

// file_control_calls.cpp: fcntl(2), ioctl(2), flock(2)
SysResult fcntl(Kernel& k, Thread& t, const Args& a);
SysResult ioctl(Kernel& k, Thread& t, const Args& a);
SysResult flock(Kernel& k, Thread& t, const Args& a);

// file_status_calls.cpp: stat(2), statx(2), access(2), statfs(2), utimensat(2), chmod(2), chown(2)
SysResult stat(Kernel& k, Thread& t, const Args& a);
SysResult lstat(Kernel& k, Thread& t, const Args& a);
SysResult fstat(Kernel& k, Thread& t, const Args& a);
SysResult newfstatat(Kernel& k, Thread& t, const Args& a);
SysResult statx(Kernel& k, Thread& t, const Args& a);
SysResult access(Kernel& k, Thread& t, const Args& a);
SysResult faccessat(Kernel& k, Thread& t, const Args& a);
SysResult faccessat2(Kernel& k, Thread& t, const Args& a);
SysResult statfs(Kernel& k, Thread& t, const Args& a);
SysResult fstatfs(Kernel& k, Thread& t, const Args& a);

// file_attribute_calls.cpp: chmod(2), chown(2), utimensat(2), xattr(7)
SysResult chmod(Kernel& k, Thread& t, const Args& a);
SysResult fchmod(Kernel& k, Thread& t, const Args& a);
SysResult fchmodat(Kernel& k, Thread& t, const Args& a);
SysResult fchmodat2(Kernel& k, Thread& t, const Args& a);
SysResult chown(Kernel& k, Thread& t, const Args& a);
SysResult lchown(Kernel& k, Thread& t, const Args& a);
SysResult fchown(Kernel& k, Thread& t, const Args& a);
SysResult fchownat(Kernel& k, Thread& t, const Args& a);
SysResult utimensat(Kernel& k, Thread& t, const Args& a);
SysResult utimes(Kernel& k, Thread& t, const Args& a);
SysResult no_attributes(Kernel& k, Thread& t, const Args& a);

// directory_calls.cpp: getdents(2), getcwd(3), chdir(2), readlink(2)
SysResult getdents(Kernel& k, Thread& t, const Args& a);
SysResult getdents64(Kernel& k, Thread& t, const Args& a);
SysResult getcwd(Kernel& k, Thread& t, const Args& a);
SysResult chdir(Kernel& k, Thread& t, const Args& a);
SysResult fchdir(Kernel& k, Thread& t, const Args& a);
SysResult readlink(Kernel& k, Thread& t, const Args& a);
SysResult readlinkat(Kernel& k, Thread& t, const Args& a);

// name_calls.cpp: mkdir(2), unlink(2), rename(2), link(2), symlink(2)
SysResult mkdir(Kernel& k, Thread& t, const Args& a);
SysResult mkdirat(Kernel& k, Thread& t, const Args& a);
SysResult rmdir(Kernel& k, Thread& t, const Args& a);
SysResult unlink(Kernel& k, Thread& t, const Args& a);
SysResult unlinkat(Kernel& k, Thread& t, const Args& a);
SysResult rename(Kernel& k, Thread& t, const Args& a);
SysResult renameat(Kernel& k, Thread& t, const Args& a);
SysResult renameat2(Kernel& k, Thread& t, const Args& a);
SysResult link(Kernel& k, Thread& t, const Args& a);
SysResult linkat(Kernel& k, Thread& t, const Args& a);
SysResult symlink(Kernel& k, Thread& t, const Args& a);
SysResult symlinkat(Kernel& k, Thread& t, const Args& a);
SysResult mknod(Kernel& k, Thread& t, const Args& a);
SysResult mknodat(Kernel& k, Thread& t, const Args& a);

// -- what they share (path_arguments.cpp) --

/// Walks a path argument from a directory descriptor (AT_FDCWD, or ignored when the path is
/// absolute).
Result<Walk> walk(Kernel& k, const Thread& t, i32 dirfd, Addr path, bool follow_last);
/// The same for calls that need something to be there.
Result<Location> find(Kernel& k, const Thread& t, i32 dirfd, Addr path, bool follow_last);

}  // namespace emulator::kernel::calls
