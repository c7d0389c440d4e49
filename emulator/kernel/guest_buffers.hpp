/// The guest memory that one read or write call names, in one piece or in several (readv(2)).
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/result.hpp"

namespace emulator::kernel {

class Kernel;

class GuestBuffers {
 public:
  static constexpr u64 kMost = 0x7ffff000;  // MAX_RW_COUNT: more is cut
  static constexpr u64 kMaxPieces = 1024;   // UIO_MAXIOV
  static constexpr u64 kChunk = 65536;  // what is moved at a time, however much the guest asks for

  static GuestBuffers one(Addr at, u64 count) {
    return GuestBuffers({{at.value, std::min(count, kMost)}});
  }
  /// EINVAL, EFAULT as readv(2).
  static Result<GuestBuffers> vector(Kernel& k, Addr iov, u64 count);

  u64 left() const { return left_; }
  u64 next_chunk() const { return std::min(left_, kChunk); }
  /// Copies to the guest and moves on. How many bytes it took: fewer than given is EFAULT for the
  /// rest.
  u64 put(Kernel& k, std::span<const u8> bytes);
  /// Copies from the guest and moves on; likewise.
  u64 take(Kernel& k, std::span<u8> to);

 private:
  explicit GuestBuffers(std::vector<Iovec> pieces);
  template <class Copy>
  u64 move(u64 count, Copy copy);

  std::vector<Iovec> pieces_;
  std::size_t piece_ = 0;
  u64 left_ = 0;
};

/// A path from the guest: EFAULT, ENAMETOOLONG (4096 bytes with its NUL).
Result<std::string> read_path(Kernel& k, Addr at);

}  // namespace emulator::kernel
