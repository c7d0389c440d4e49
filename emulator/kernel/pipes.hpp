/// The objects that hold bytes or counts between a writer and a reader: pipes, eventfds, timerfds.
/// Plain values; who waits on them is the business of the calls.
#pragma once

#include <deque>
#include <optional>
#include <span>

#include "emulator/base/types.hpp"
#include "emulator/kernel/result.hpp"

namespace emulator::kernel {

/// A count that goes up each time a file wakes those who wait for it to become readable or
/// writable: what an edge-triggered epoll item compares (epoll(7)).
struct Edges {
  u64 readable = 0, writable = 0;
  friend bool operator==(const Edges&, const Edges&) = default;
};

/// pipe(7). Bytes, not the kernel's page slots: a pipe is full when fewer than PIPE_BUF bytes are
/// free.
class Pipe {
 public:
  static constexpr u64 kCapacity = 65536, kMaxCapacity = 1 << 20;
  static constexpr u64 kAtomic = 4096;  // PIPE_BUF

  u64 size() const { return bytes_.size(); }
  u64 free() const { return capacity_ > bytes_.size() ? capacity_ - bytes_.size() : 0; }
  bool has_room() const { return free() >= kAtomic; }
  u64 capacity() const { return capacity_; }
  /// F_SETPIPE_SZ: rounded up to a power of two of pages, never below what is in it.
  Result<u64> set_capacity(u64 bytes);

  void push(std::span<const u8> bytes);
  /// The first bytes, at most `most`, which stay until drop().
  std::span<const u8> front(std::span<u8> to) const;
  void drop(u64 count);

  u32 readers = 0, writers = 0;  // open descriptions of each end
  Edges edges;

 private:
  std::deque<u8> bytes_;
  u64 capacity_ = kCapacity;
};

/// eventfd(2)
struct EventCounter {
  static constexpr u64 kMax = ~u64{0} - 1;
  u64 count = 0;
  bool semaphore = false;
  Edges edges;
};

/// timerfd_create(2). Expirations are worked out when somebody looks, so nothing has to run when
/// one is due.
struct TimerCounter {
  i32 clock = 1;
  std::optional<Nanos>
      next;        // the first expiration not yet read, in virtual time; nothing: disarmed
  Nanos interval;  // 0: fires once
  u64 edges = 0;   // how often it was set, and expirations that were read

  u64 expirations(Nanos now) const;
  /// Takes note that all expirations until `now` were read.
  void consume(Nanos now);
};

}  // namespace emulator::kernel
