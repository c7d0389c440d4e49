#include "emulator/base/write_all.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace emulator::base {

Written write_all(int fd, std::span<const u8> bytes) {
  Written done;
  do {
    const ssize_t n = ::write(fd, bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (n > 0 || (n == 0 && bytes.empty())) {
      done.bytes += static_cast<std::size_t>(n);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd room{fd, POLLOUT, 0};
      (void)::poll(&room, 1, -1);  // whatever it says, the next write tells why
    } else if (n == 0 || errno != EINTR) {
      done.error = n == 0 ? EIO : errno;
      break;
    }
  } while (done.bytes != bytes.size());
  return done;
}

}  // namespace emulator::base
