// There is no network in the box: socket(2) answers EACCES and says so once. A pair of connected
// local sockets (socketpair(2)) is two pipes, and that is all that the other calls work on.
#include <fmt/format.h>

#include "emulator/kernel/event_calls.hpp"
#include "emulator/kernel/file_io.hpp"

namespace emulator::kernel::calls {
namespace {

constexpr i32 kUnix = 1;
constexpr u32 kStream = 1, kTypeMask = 0xf;

std::string family_name(i32 family) {
  switch (family) {
    case kUnix:
      return "AF_UNIX";
    case 2:
      return "AF_INET";
    case 10:
      return "AF_INET6";
    case 16:
      return "AF_NETLINK";
    case 17:
      return "AF_PACKET";
    default:
      return fmt::format("{}", family);
  }
}

constexpr Errno kNoSocket{88};  // ENOTSOCK

/// The socket behind a descriptor, or why there is none.
Result<Description*> socket_of(Kernel& k, i32 fd) {
  Description* d = k.files().find(fd);
  if (d == nullptr) return Errno::ebadf;
  if (!std::holds_alternative<SocketEnd>(d->object)) return kNoSocket;
  return d;
}

/// MSG_DONTWAIT makes this one call as O_NONBLOCK makes all; nothing else is there to be asked for.
SysResult transfer(Kernel& k, Thread& t, i32 fd, Result<GuestBuffers> buffers, u32 flags,
                   SysResult (*how)(IoCall)) {
  constexpr u32 kDontWait = 0x40, kNoSignal = 0x4000, kCloexec = 0x40000000;
  const auto d = socket_of(k, fd);
  if (!d) return d.error();
  if (!buffers) return buffers.error();
  if (flags & ~(kDontWait | kNoSignal | kCloexec)) return Errno::eopnotsupp;
  const u32 before = (*d)->flags;
  if (flags & kDontWait) (*d)->flags |= kNonBlock;
  const SysResult result =
      how(IoCall{k, t, **d, std::move(*buffers), {}, (flags & kNoSignal) != 0});
  (*d)->flags = before;
  return result;
}

/// struct msghdr
struct Message {
  u64 name;
  u32 name_length, pad0;
  u64 iov, iov_count, control, control_length;
  u32 flags, pad1;
};
static_assert(sizeof(Message) == 56);

}  // namespace

SysResult socket(Kernel& k, Thread&, const Args& a) {
  k.notice_once(
      fmt::format("no sockets in the box: socket({}) answers EACCES", family_name(a.as_int(0))));
  return Errno::eacces;
}

SysResult socketpair(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) != kUnix) return Errno::eafnosupport;
  const u32 flags = a.as_uint(1) & ~kTypeMask;
  if ((a.as_uint(1) & kTypeMask) != kStream || (flags & ~(kCloseOnExec | kNonBlock)))
    return Errno::eopnotsupp;
  Files& files = k.files();
  const auto there = files.add_pipe(k);
  if (!there) return there.error();
  const auto back = files.add_pipe(k);
  if (!back) return files.remove_pipe(*there), back.error();
  const u64 one = *there, two = *back;
  const auto end = [&](u64 in, u64 out) {
    return files.install(k,
                         {.object = SocketEnd{in, out},
                          .flags = kReadWrite | (flags & kNonBlock),
                          .path = fmt::format("socket:[{}]", 16 + in)},
                         (flags & kCloseOnExec) != 0);
  };
  const auto first = end(one, two);
  if (!first) return files.remove_pipe(one), files.remove_pipe(two), first.error();
  const auto second = end(two, one);
  const std::array<i32, 2> fds{*first, second ? *second : -1};
  if (second && k.memory().copy_out(a.addr(3), fds)) return u64{0};
  (void)files.close(k, *first);
  if (!second) return second.error();
  (void)files.close(k, *second);
  return Errno::efault;
}

SysResult sendto(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), a.as_uint(3), write_file);
}

SysResult recvfrom(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), a.as_uint(3), read_file);
}

SysResult sendmsg(Kernel& k, Thread& t, const Args& a) {
  Message m;
  if (!k.memory().copy_in(a.addr(1), m)) return Errno::efault;
  if (m.control_length != 0) return Errno::eopnotsupp;
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, Addr(m.iov), m.iov_count), a.as_uint(2),
                  write_file);
}

SysResult recvmsg(Kernel& k, Thread& t, const Args& a) {
  Message m;
  if (!k.memory().copy_in(a.addr(1), m)) return Errno::efault;
  const auto result = transfer(k, t, a.fd(0), GuestBuffers::vector(k, Addr(m.iov), m.iov_count),
                               a.as_uint(2), read_file);
  if (result.kind != SysResult::Kind::value) return result;
  m.name_length = 0, m.control_length = 0, m.flags = 0;
  if (!k.memory().copy_out(a.addr(1), m)) return Errno::efault;
  return result;
}

SysResult shutdown(Kernel& k, Thread&, const Args& a) {
  const auto d = socket_of(k, a.fd(0));
  return d ? Errno::eopnotsupp : d.error();
}

SysResult getsockopt(Kernel& k, Thread&, const Args& a) {
  constexpr i32 kSocketLevel = 1, kType = 3, kError = 4, kDomain = 39;
  const auto d = socket_of(k, a.fd(0));
  if (!d) return d.error();
  if (a.as_int(1) != kSocketLevel) return Errno::eopnotsupp;
  i32 value = 0;
  if (a.as_int(2) == kType) value = kStream;
  if (a.as_int(2) == kDomain) value = kUnix;
  if (a.as_int(2) != kType && a.as_int(2) != kError && a.as_int(2) != kDomain)
    return Errno::eopnotsupp;
  u32 length = 0;
  if (!k.memory().copy_in(a.addr(4), length)) return Errno::efault;
  length = std::min<u32>(length, sizeof value);
  const std::span<const u8> bytes(reinterpret_cast<const u8*>(&value), length);
  if (!k.memory().copy_out(a.addr(3), bytes) || !k.memory().copy_out(a.addr(4), length))
    return Errno::efault;
  return u64{0};
}

SysResult setsockopt(Kernel& k, Thread&, const Args& a) {
  const auto d = socket_of(k, a.fd(0));
  return d ? SysResult(u64{0}) : SysResult(d.error());
}

/// Both ends of a pair are nameless: only the family is there.
SysResult getsockname(Kernel& k, Thread&, const Args& a) {
  const auto d = socket_of(k, a.fd(0));
  if (!d) return d.error();
  const u16 family = kUnix;
  u32 length = 0;
  if (!k.memory().copy_in(a.addr(2), length)) return Errno::efault;
  const std::span<const u8> bytes(reinterpret_cast<const u8*>(&family),
                                  std::min<u32>(length, sizeof family));
  length = sizeof family;
  if (!k.memory().copy_out(a.addr(1), bytes) || !k.memory().copy_out(a.addr(2), length))
    return Errno::efault;
  return u64{0};
}

/// connect, bind, listen, accept: a pair is connected for good.
SysResult not_connected(Kernel& k, Thread&, const Args& a) {
  const auto d = socket_of(k, a.fd(0));
  return d ? Errno::eopnotsupp : d.error();
}

}  // namespace emulator::kernel::calls
