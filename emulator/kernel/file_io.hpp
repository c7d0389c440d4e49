/// One transfer between guest memory and an open file: what read(2), write(2) and all their
/// relatives come down to.
#pragma once

#include <optional>

#include "emulator/kernel/guest_buffers.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

struct IoCall {
  Kernel& k;
  Thread& t;
  Description& file;
  GuestBuffers buffers;
  std::optional<u64> position{};  // pread, pwrite; else the description's own
  bool no_signal = false;         // MSG_NOSIGNAL

  /// EAGAIN, or a wait for any change (until `deadline`); `done` is kept in Wait::key for the next
  /// try.
  SysResult would_block(u64 done = 0, std::optional<Nanos> deadline = std::nullopt);
  /// Passes over bytes that an earlier try has written; false when they can no longer be read.
  bool skip(u64 count);
  u64 put_value(u64 value) {
    return buffers.put(k, std::span(reinterpret_cast<const u8*>(&value), sizeof value));
  }
};

/// The caller has checked that the description is open for it.
SysResult read_file(IoCall io);
SysResult write_file(IoCall io);

}  // namespace emulator::kernel
