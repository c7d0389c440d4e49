// read(2), write(2) and their relatives, for every kind of file.
#include <algorithm>

#include "emulator/kernel/file_calls.hpp"
#include "emulator/kernel/file_io.hpp"
#include "emulator/kernel/file_records.hpp"

namespace emulator::kernel {
namespace {

using Bytes = std::vector<u8>;

bool has_position(const FileObject& object) {
  return std::holds_alternative<TreeFile>(object) || std::holds_alternative<TextFile>(object) ||
         std::holds_alternative<ProgramFile>(object) || std::holds_alternative<MountedFile>(object);
}

// -- errors that come with a signal --

SysResult with_signal(IoCall& io, int signal, Errno error) {
  SigInfo info;
  info.signal = signal;
  info.pid = io.k.pid();
  if (!io.no_signal) io.k.post_signal(&io.t, info);
  return error;
}

SysResult broken_pipe(IoCall& io) {
  constexpr int kSigPipe = 13;
  return with_signal(io, kSigPipe, Errno::epipe);
}

/// What the host's streams and files answer: whoever reads has gone (SIGPIPE), the file has reached
/// the host's RLIMIT_FSIZE (SIGXFSZ), or something that needs no signal.
SysResult host_failed(IoCall& io, Errno error) {
  constexpr int kSigXfsz = 25;
  if (error == Errno::epipe) return broken_pipe(io);
  return error == Errno::efbig ? with_signal(io, kSigXfsz, error) : SysResult(error);
}

// -- files with a position --

SysResult read_content(IoCall& io) {
  Description& d = io.file;
  u64 offset = io.position.value_or(d.offset), total = 0;
  Bytes chunk(io.buffers.next_chunk());
  while (io.buffers.left() > 0) {
    chunk.resize(io.buffers.next_chunk());
    const auto got = io.k.files().read_at(io.k, d, offset, chunk);
    if (!got && total == 0) return got.error();
    if (!got || *got == 0) break;
    const u64 taken = io.buffers.put(io.k, std::span(chunk).first(*got));
    offset += taken, total += taken;
    if (taken < *got && total == 0) return Errno::efault;
    if (taken < *got || *got < chunk.size()) break;
  }
  if (!io.position) d.offset = offset;
  return total;
}

SysResult write_content(IoCall& io) {
  Description& d = io.file;
  u64 offset = io.position.value_or(d.offset), total = 0;
  if (d.flags & kAppend) {
    const auto size = io.k.files().size_of(io.k, d);
    if (!size) return size.error();
    offset = *size;
  }
  Bytes chunk;
  while (io.buffers.left() > 0) {
    chunk.resize(io.buffers.next_chunk());
    const u64 taken = io.buffers.take(io.k, chunk);
    if (taken == 0 && total == 0) return Errno::efault;
    if (taken == 0) break;
    const auto written = io.k.files().write_at(io.k, d, offset, std::span(chunk).first(taken));
    const bool of_host = std::holds_alternative<MountedFile>(d.object);
    if (!written && total == 0)
      return of_host ? host_failed(io, written.error()) : SysResult(written.error());
    if (!written) break;
    offset += *written, total += *written;
    if (*written < chunk.size()) break;
  }
  if (!io.position) d.offset = offset;
  return total;
}

// -- streams --

SysResult read_stream(IoCall& io, const StandardStream& stream) {
  if (stream.fd != 0) return Errno::ebadf;
  Bytes chunk(io.buffers.next_chunk());
  const Result<u64> got = io.k.files().read_input(io.k.host(), chunk);
  if (!got) return got.error();
  if (io.buffers.put(io.k, std::span(chunk).first(*got)) < *got) return Errno::efault;
  return *got;
}

SysResult write_stream(IoCall& io, const StandardStream& stream) {
  if (stream.fd == 0) return Errno::ebadf;
  u64 total = 0;
  Bytes chunk;
  do {  // once at least: a full disk refuses no bytes, too
    chunk.resize(io.buffers.next_chunk());
    const u64 taken = io.buffers.take(io.k, chunk);
    if (taken == 0 && !chunk.empty()) return total > 0 ? SysResult(total) : SysResult(Errno::efault);
    const auto written = io.k.host().write_output(stream.fd, std::span(chunk).first(taken));
    if (!written) {
      const SysResult failed = host_failed(io, written.error());
      return total > 0 ? SysResult(total) : failed;
    }
    total += *written;
    if (*written < taken || taken < chunk.size()) break;  // the next call is told why
  } while (io.buffers.left() > 0);
  return total;
}

SysResult read_device(IoCall& io, Special device) {
  if (device == Special::null) return u64{0};
  u64 total = 0;
  Bytes chunk;
  while (io.buffers.left() > 0) {
    chunk.assign(io.buffers.next_chunk(), 0);
    for (u64 i = 0; device == Special::random && i < chunk.size(); i += 8) {
      const u64 word = io.k.random();
      for (u64 byte = i; byte < std::min<u64>(i + 8, chunk.size()); ++byte)
        chunk[byte] = static_cast<u8>(word >> (8 * (byte - i)));
    }
    const u64 taken = io.buffers.put(io.k, chunk);
    total += taken;
    if (taken < chunk.size()) return total > 0 ? SysResult(total) : SysResult(Errno::efault);
  }
  return total;
}

SysResult write_device(IoCall& io, Special device) {
  if (device == Special::full) return Errno::enospc;
  return io.buffers.left();
}

// -- pipes --

SysResult read_pipe(IoCall& io, Pipe& pipe) {
  if (io.buffers.left() == 0) return u64{0};
  if (pipe.size() == 0) {
    if (pipe.writers == 0) return u64{0};
    return io.would_block();
  }
  Bytes chunk(std::min(pipe.size(), io.buffers.left()));
  const auto bytes = pipe.front(chunk);
  const u64 taken = io.buffers.put(io.k, bytes);
  if (taken == 0) return Errno::efault;
  pipe.drop(taken);
  io.k.changed();
  return taken;
}

/// At most PIPE_BUF bytes go in whole or not at all; of more, what fits goes in at each try, and
/// Wait::key remembers how much went in before the call had to wait (pipe(7), write(2)).
SysResult write_pipe(IoCall& io, Pipe& pipe) {
  const u64 before = io.t.in_syscall ? io.t.wait.key : 0;
  if (pipe.readers == 0) return before > 0 ? SysResult(before) : broken_pipe(io);
  if (!io.skip(before)) return before;
  u64 total = before;
  const u64 wanted = io.buffers.left();
  const bool atomic = before == 0 && wanted <= Pipe::kAtomic;
  const u64 room = atomic && pipe.free() < wanted ? 0 : std::min(pipe.free(), wanted);
  if (room > 0) {
    Bytes chunk(room);
    const u64 taken = io.buffers.take(io.k, chunk);
    if (taken == 0 && total == 0) return Errno::efault;
    pipe.push(std::span(chunk).first(taken));
    io.k.changed();
    total += taken;
    if (taken < room) return total;
  }
  if (io.buffers.left() == 0) return total;
  if (io.file.nonblocking() || io.t.wait.interrupted)
    return total > 0 ? SysResult(total) : io.would_block();
  return io.would_block(total);
}

// -- counters --

SysResult read_event(IoCall& io, EventCounter& event) {
  if (io.buffers.left() < sizeof(u64)) return Errno::einval;
  if (event.count == 0) return io.would_block();
  const u64 value = event.semaphore ? 1 : event.count;
  if (io.put_value(value) < sizeof(u64)) return Errno::efault;
  event.count -= value;
  ++event.edges.writable;
  io.k.changed();
  return sizeof(u64);
}

SysResult write_event(IoCall& io, EventCounter& event) {
  if (io.buffers.left() < sizeof(u64)) return Errno::einval;
  u64 value = 0;
  if (io.buffers.take(io.k, std::span(reinterpret_cast<u8*>(&value), sizeof value)) < sizeof value)
    return Errno::efault;
  if (value == ~u64{0}) return Errno::einval;
  if (value > EventCounter::kMax - event.count) return io.would_block();
  event.count += value;
  ++event.edges.readable;
  io.k.changed();
  return sizeof(u64);
}

SysResult read_timer(IoCall& io, TimerCounter& timer) {
  if (io.buffers.left() < sizeof(u64)) return Errno::einval;
  const u64 count = timer.expirations(io.k.now());
  if (count == 0) return io.would_block(0, timer.next);
  if (io.put_value(count) < sizeof(u64)) return Errno::efault;
  timer.consume(io.k.now());
  io.k.changed();
  return sizeof(u64);
}

}  // namespace

SysResult IoCall::would_block(u64 done, std::optional<Nanos> deadline) {
  if (file.nonblocking()) return Errno::eagain;
  Wait wait;
  wait.kind = Wait::Kind::event;
  wait.key = done;
  wait.deadline = deadline;
  wait.order = t.wait.order;
  return k.wait(t, wait);
}

bool IoCall::skip(u64 count) {
  Bytes chunk;
  while (count > 0 && buffers.left() > 0) {
    chunk.resize(std::min(count, GuestBuffers::kChunk));
    const u64 taken = buffers.take(k, chunk);
    if (taken == 0) return false;
    count -= taken;
  }
  return true;
}

SysResult read_file(IoCall io) {
  Files& files = io.k.files();
  const FileObject& object = io.file.object;
  if (has_position(object)) return read_content(io);
  if (std::holds_alternative<DirectoryFile>(object)) return Errno::eisdir;
  if (const auto* device = std::get_if<DeviceFile>(&object)) return read_device(io, device->device);
  if (io.position) return Errno::espipe;
  if (const auto* stream = std::get_if<StandardStream>(&object)) return read_stream(io, *stream);
  if (const auto* end = std::get_if<PipeEnd>(&object))
    return read_pipe(io, files.pipes.at(end->pipe));
  if (const auto* socket = std::get_if<SocketEnd>(&object))
    return read_pipe(io, files.pipes.at(socket->in));
  if (const auto* event = std::get_if<EventFile>(&object))
    return read_event(io, files.events.at(event->id));
  if (const auto* timer = std::get_if<TimerFile>(&object))
    return read_timer(io, files.timers.at(timer->id));
  return Errno::einval;
}

SysResult write_file(IoCall io) {
  Files& files = io.k.files();
  const FileObject& object = io.file.object;
  if (has_position(object)) return write_content(io);
  if (const auto* device = std::get_if<DeviceFile>(&object))
    return write_device(io, device->device);
  if (io.position) return Errno::espipe;
  if (const auto* stream = std::get_if<StandardStream>(&object)) return write_stream(io, *stream);
  if (const auto* end = std::get_if<PipeEnd>(&object))
    return write_pipe(io, files.pipes.at(end->pipe));
  if (const auto* socket = std::get_if<SocketEnd>(&object))
    return write_pipe(io, files.pipes.at(socket->out));
  if (const auto* event = std::get_if<EventFile>(&object))
    return write_event(io, files.events.at(event->id));
  return Errno::einval;
}

namespace calls {
namespace {

using Transfer = SysResult (*)(IoCall);

SysResult transfer(Kernel& k, Thread& t, i32 fd, Result<GuestBuffers> buffers,
                   std::optional<u64> position, Transfer how) {
  Description* d = k.files().find(fd);
  if (d == nullptr) return Errno::ebadf;
  if (how == read_file ? !d->readable() : !d->writable()) return Errno::ebadf;
  if (position && static_cast<i64>(*position) < 0) return Errno::einval;
  if (!buffers) return buffers.error();
  return how(IoCall{k, t, *d, std::move(*buffers), position});
}

/// preadv2, pwritev2: an offset of -1 is the file's own; no flag is honoured but those that change
/// nothing here.
SysResult transfer2(Kernel& k, Thread& t, const Args& a, Transfer how) {
  constexpr u32 kHighPriority = 1, kSync = 2, kDataSync = 4;
  if (a.as_uint(5) & ~(kHighPriority | kSync | kDataSync)) return Errno::eopnotsupp;
  const auto position = a[3] == ~u64{0} ? std::nullopt : std::optional<u64>(a[3]);
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, a.addr(1), a[2]), position, how);
}

}  // namespace

SysResult read(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), std::nullopt, read_file);
}
SysResult write(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), std::nullopt, write_file);
}
SysResult readv(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, a.addr(1), a[2]), std::nullopt, read_file);
}
SysResult writev(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, a.addr(1), a[2]), std::nullopt,
                  write_file);
}
SysResult pread64(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), a[3], read_file);
}
SysResult pwrite64(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::one(a.addr(1), a[2]), a[3], write_file);
}
SysResult preadv(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, a.addr(1), a[2]), a[3], read_file);
}
SysResult pwritev(Kernel& k, Thread& t, const Args& a) {
  return transfer(k, t, a.fd(0), GuestBuffers::vector(k, a.addr(1), a[2]), a[3], write_file);
}
SysResult preadv2(Kernel& k, Thread& t, const Args& a) { return transfer2(k, t, a, read_file); }
SysResult pwritev2(Kernel& k, Thread& t, const Args& a) { return transfer2(k, t, a, write_file); }

}  // namespace calls
}  // namespace emulator::kernel
