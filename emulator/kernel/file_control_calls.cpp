// fcntl(2), ioctl(2), flock(2).
#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_records.hpp"

namespace emulator::kernel::calls {
namespace {

enum Command : u32 {
  kDupFd = 0,
  kGetFd = 1,
  kSetFd = 2,
  kGetFl = 3,
  kSetFl = 4,
  kGetLk = 5,
  kSetLk = 6,
  kSetLkw = 7,
  kSetOwn = 8,
  kGetOwn = 9,
  kOfdGetLk = 36,
  kOfdSetLk = 37,
  kOfdSetLkw = 38,
  kDupFdCloexec = 1030,
  kSetPipeSize = 1031,
  kGetPipeSize = 1032,
  kAddSeals = 1033,
  kGetSeals = 1034,
};

enum Request : u32 {
  kTcGets = 0x5401,
  kTcSets = 0x5402,
  kGetPgrp = 0x540f,
  kGetWinsize = 0x5413,
  kFionRead = 0x541b,
  kFioNbio = 0x5421,
  kFioNclex = 0x5450,
  kFioClex = 0x5451,
};

SysResult dup_from(Kernel& k, const Args& a, bool close_on_exec) {
  const auto fd = k.files().duplicate(k, a.fd(0), a.as_int(2), close_on_exec);
  if (!fd) return fd.error();
  return static_cast<u64>(*fd);
}

/// Nobody else is there to hold a lock: whatever is asked for is granted, and F_GETLK finds none in
/// the way.
SysResult get_lock(Kernel& k, const Args& a) {
  constexpr i16 kUnlocked = 2;  // F_UNLCK
  FlockRecord lock;
  if (!k.memory().copy_in(a.addr(2), lock)) return Errno::efault;
  lock.type = kUnlocked;
  if (!k.memory().copy_out(a.addr(2), lock)) return Errno::efault;
  return u64{0};
}

SysResult set_lock(Kernel& k, const Args& a) {
  FlockRecord lock;
  if (!k.memory().copy_in(a.addr(2), lock)) return Errno::efault;
  if (lock.type < 0 || lock.type > 2) return Errno::einval;
  return u64{0};
}

Pipe* pipe_of(Kernel& k, const Description& d) {
  const auto* end = std::get_if<PipeEnd>(&d.object);
  return end ? &k.files().pipes.at(end->pipe) : nullptr;
}

SysResult pipe_size(Kernel& k, const Description& d, std::optional<u64> wanted) {
  if (const auto* stream = std::get_if<StandardStream>(&d.object); stream && !wanted)
    return Pipe::kCapacity;
  Pipe* pipe = pipe_of(k, d);
  if (pipe == nullptr) return Errno::ebadf;
  if (!wanted) return pipe->capacity();
  const auto capacity = k.files().resize_pipe(k, *pipe, *wanted);
  if (!capacity) return capacity.error();
  k.changed();
  return *capacity;
}

/// Bytes that can be read at once.
SysResult readable_bytes(Kernel& k, const Description& d, Addr to) {
  u64 count = 0;
  if (Pipe* pipe = pipe_of(k, d)) {
    count = pipe->size();
  } else if (const auto* socket = std::get_if<SocketEnd>(&d.object)) {
    count = k.files().pipes.at(socket->in).size();
  } else if (const auto* stream = std::get_if<StandardStream>(&d.object)) {
    if (stream->fd != 0) return Errno::einval;
    count = k.files().input_buffered();
  } else {
    const auto status = k.files().status(k, d);
    if (!status || status->type != FileType::regular) return Errno::enotty;
    count = status->size > d.offset ? status->size - d.offset : 0;
  }
  const i32 answer = static_cast<i32>(std::min<u64>(count, 0x7fffffff));
  if (!k.memory().copy_out(to, answer)) return Errno::efault;
  return u64{0};
}

}  // namespace

SysResult fcntl(Kernel& k, Thread&, const Args& a) {
  Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  Descriptor& descriptor = *k.files().descriptor(a.fd(0));
  constexpr u32 kSettable = kAppend | kNonBlock | kAsync | kDirect | kNoAtime;
  switch (a.as_uint(1)) {
    case kDupFd:
      return dup_from(k, a, false);
    case kDupFdCloexec:
      return dup_from(k, a, true);
    case kGetFd:
      return u64{descriptor.close_on_exec};
    case kSetFd:
      descriptor.close_on_exec = (a[2] & 1) != 0;
      return u64{0};
    case kGetFl:
      return u64{d->flags};
    case kSetFl:
      d->flags = (d->flags & ~kSettable) | (a.as_uint(2) & kSettable);
      return u64{0};
    case kGetLk:
    case kOfdGetLk:
      return get_lock(k, a);
    case kSetLk:
    case kSetLkw:
    case kOfdSetLk:
    case kOfdSetLkw:
      return set_lock(k, a);
    case kSetOwn:
    case kGetOwn:
      return u64{0};
    case kSetPipeSize:
      return pipe_size(k, *d, a.as_uint(2));
    case kGetPipeSize:
      return pipe_size(k, *d, std::nullopt);
    case kAddSeals:
    case kGetSeals:
      return Errno::einval;
    default:
      return Errno::einval;
  }
}

SysResult ioctl(Kernel& k, Thread&, const Args& a) {
  Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  switch (a.as_uint(1)) {
    case kFionRead:
      return readable_bytes(k, *d, a.addr(2));
    case kFioNbio: {
      i32 on = 0;
      if (!k.memory().copy_in(a.addr(2), on)) return Errno::efault;
      d->flags = on ? d->flags | kNonBlock : d->flags & ~u32{kNonBlock};
      return u64{0};
    }
    case kFioClex:
      k.files().descriptor(a.fd(0))->close_on_exec = true;
      return u64{0};
    case kFioNclex:
      k.files().descriptor(a.fd(0))->close_on_exec = false;
      return u64{0};
    default:
      return Errno::enotty;  // no terminal here, whatever is asked of one
  }
}

SysResult flock(Kernel& k, Thread&, const Args& a) {
  constexpr u32 kShared = 1, kExclusiveLock = 2, kNoWait = 4, kUnlock = 8;
  if (k.files().find(a.fd(0)) == nullptr) return Errno::ebadf;
  const u32 operation = a.as_uint(1) & ~kNoWait;
  if (operation != kShared && operation != kExclusiveLock && operation != kUnlock)
    return Errno::einval;
  return u64{0};
}

}  // namespace emulator::kernel::calls
