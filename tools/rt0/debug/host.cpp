#include "tools/rt0/debug/host.hpp"

#include <algorithm>

namespace rt0::debug {

void DebugHost::write_output(int fd, std::span<const emulator::u8> bytes) {
  if (write_) write_(fd, bytes);
}

std::size_t DebugHost::read_input(std::span<emulator::u8> to) {
  if (next_ == log_->size()) {
    std::vector<emulator::u8> piece(to.size());
    piece.resize(read_ ? read_(piece) : 0);
    log_->push_back(std::move(piece));
  }
  const auto& piece = (*log_)[next_++];
  const std::size_t n = std::min(piece.size(), to.size());
  std::copy_n(piece.begin(), n, to.begin());
  return n;
}

}  // namespace rt0::debug
