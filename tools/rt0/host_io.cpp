#include "tools/rt0/host_io.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "emulator/base/write_all.hpp"

namespace rt0 {

using emulator::u64;
using emulator::u8;
using emulator::kernel::Result;

Result<u64> HostIo::write_output(int fd, std::span<const u8> bytes) {
  const auto written = emulator::base::write_all(fd, bytes);
  if (written.error != 0 && written.bytes == 0) return emulator::kernel::from_host(written.error);
  return written.bytes;
}

Result<u64> HostIo::read_input(std::span<u8> to) {
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, to.data(), to.size());
    if (n >= 0) return static_cast<u64>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd some{STDIN_FILENO, POLLIN, 0};
      (void)::poll(&some, 1, -1);
    } else if (errno != EINTR) {
      return emulator::kernel::from_host(errno);
    }
  }
}

}  // namespace rt0
