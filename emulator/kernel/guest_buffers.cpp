#include "emulator/kernel/guest_buffers.hpp"

#include <array>
#include <cstring>

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

using base::kPageSize;

GuestBuffers::GuestBuffers(std::vector<Iovec> pieces) : pieces_(std::move(pieces)) {
  for (Iovec& piece : pieces_) {
    piece.length = std::min(piece.length, kMost - left_);
    left_ += piece.length;
  }
}

Result<GuestBuffers> GuestBuffers::vector(Kernel& k, Addr iov, u64 count) {
  if (count > kMaxPieces) return Errno::einval;
  std::vector<Iovec> pieces(count);
  const std::span<u8> bytes(reinterpret_cast<u8*>(pieces.data()), count * sizeof(Iovec));
  if (count > 0 && !k.memory().copy_in(iov, bytes)) return Errno::efault;
  for (const Iovec& piece : pieces)
    if (static_cast<i64>(piece.length) < 0) return Errno::einval;
  return GuestBuffers(std::move(pieces));
}

/// Piece by piece; when a piece cannot be copied as a whole, page by page, to get as far as Linux
/// does.
template <class Copy>
u64 GuestBuffers::move(u64 count, Copy copy) {
  u64 done = 0;
  while (done < count) {
    Iovec& piece = pieces_[piece_];
    u64 n = std::min(piece.length, count - done);
    if (n > 0 && !copy(Addr(piece.base), done, n)) {
      n = std::min(n, kPageSize - piece.base % kPageSize);
      if (!copy(Addr(piece.base), done, n)) break;
    }
    piece.base += n;
    piece.length -= n;
    left_ -= n;
    done += n;
    if (piece.length == 0) ++piece_;
  }
  return done;
}

u64 GuestBuffers::put(Kernel& k, std::span<const u8> bytes) {
  return move(bytes.size(), [&](Addr to, u64 from, u64 n) {
    return k.memory().copy_out(to, bytes.subspan(from, n));
  });
}

u64 GuestBuffers::take(Kernel& k, std::span<u8> to) {
  return move(to.size(), [&](Addr from, u64 at, u64 n) {
    return k.memory().copy_in(from, to.subspan(at, n));
  });
}

Result<std::string> read_path(Kernel& k, Addr at) {
  constexpr u64 kMaxPath = 4096;
  std::string path;
  std::array<u8, 256> chunk;
  while (path.size() < kMaxPath) {
    // Never across a page: the text may end right before one that is not there.
    const u64 n = std::min<u64>(chunk.size(), kPageSize - at.value % kPageSize);
    if (!k.memory().copy_in(at, std::span(chunk).first(n))) return Errno::efault;
    const void* nul = std::memchr(chunk.data(), 0, n);
    const u64 length = nul ? static_cast<u64>(static_cast<const u8*>(nul) - chunk.data()) : n;
    path.append(reinterpret_cast<const char*>(chunk.data()), length);
    if (nul && path.size() < kMaxPath) return path;
    at += n;
  }
  return Errno::enametoolong;
}

}  // namespace emulator::kernel
