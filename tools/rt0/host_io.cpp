#include "tools/rt0/host_io.hpp"

#include <unistd.h>

#include <cerrno>

namespace rt0 {

/// A reader that went away loses the rest of the guest's output; the guest is not told, so that it
/// runs the same.
void HostIo::write_output(int fd, std::span<const emulator::u8> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::size_t HostIo::read_input(std::span<emulator::u8> to) {
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, to.data(), to.size());
    if (n < 0 && errno == EINTR) continue;
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
}

}  // namespace rt0
