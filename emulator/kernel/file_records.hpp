/// Structures and numbers of the calls on files, as x86-64 Linux lays them out (include/uapi of
/// Linux 6.1).
#pragma once

#include <array>

#include "emulator/base/types.hpp"

namespace emulator::kernel {

/// struct stat
struct StatRecord {
  u64 dev, ino, nlink;
  u32 mode, uid, gid, pad0;
  u64 rdev;
  i64 size, blksize, blocks;
  i64 atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
  std::array<i64, 3> unused;
};
static_assert(sizeof(StatRecord) == 144);

struct StatxTime {
  i64 sec;
  u32 nsec;
  i32 reserved;
};

struct StatxRecord {
  u32 mask, blksize;
  u64 attributes;
  u32 nlink, uid, gid;
  u16 mode, spare0;
  u64 ino, size, blocks, attributes_mask;
  StatxTime atime, btime, ctime, mtime;
  u32 rdev_major, rdev_minor, dev_major, dev_minor;
  u64 mnt_id;
  u32 dio_mem_align, dio_offset_align;
  std::array<u64, 12> spare3;
};
static_assert(sizeof(StatxRecord) == 256);

/// struct statfs
struct StatfsRecord {
  i64 type, bsize;
  u64 blocks, bfree, bavail, files, ffree;
  std::array<i32, 2> fsid;
  i64 namelen, frsize, flags;
  std::array<i64, 4> spare;
};
static_assert(sizeof(StatfsRecord) == 120);

/// struct linux_dirent64 up to its name; records are padded to 8 bytes.
#pragma pack(push, 1)
struct Dirent64Head {
  u64 ino;
  i64 off;
  u16 reclen;
  u8 type;
};
/// struct linux_dirent up to its name; the type is the record's last byte.
struct DirentHead {
  u64 ino, off;
  u16 reclen;
};
#pragma pack(pop)
static_assert(sizeof(Dirent64Head) == 19 && sizeof(DirentHead) == 18);

struct Iovec {
  u64 base, length;
};
static_assert(sizeof(Iovec) == 16);

struct FlockRecord {
  i16 type, whence;
  i32 pad0;
  i64 start, length;
  i32 pid, pad1;
};
static_assert(sizeof(FlockRecord) == 32);

struct PollRecord {
  i32 fd;
  i16 events, revents;
};
static_assert(sizeof(PollRecord) == 8);

/// open(2), fcntl(2)
enum : u32 {
  kReadOnly = 0,
  kWriteOnly = 1,
  kReadWrite = 2,
  kAccessMode = 3,
  kCreate = 0100,
  kExclusive = 0200,
  kNoCtty = 0400,
  kTruncate = 01000,
  kAppend = 02000,
  kNonBlock = 04000,
  kAsync = 020000,
  kDirect = 040000,
  kLargeFile = 0100000,
  kDirectory = 0200000,
  kNoFollow = 0400000,
  kNoAtime = 01000000,
  kCloseOnExec = 02000000,
  kPathOnly = 010000000,
  kTmpFile = 020000000,
};

inline constexpr std::size_t kLimitOpenFiles = 7;  // RLIMIT_NOFILE

/// The *at calls
inline constexpr i32 kAtCwd = -100;
enum : u32 {
  kAtSymlinkNoFollow = 0x100,
  kAtRemoveDir = 0x200,
  kAtEaccess = 0x200,
  kAtSymlinkFollow = 0x400,
  kAtNoAutomount = 0x800,
  kAtEmptyPath = 0x1000,
  kAtStatxSync = 0x6000,
};

}  // namespace emulator::kernel
