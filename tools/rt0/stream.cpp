#include "tools/rt0/stream.hpp"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/base/write_all.hpp"

namespace rt0 {
namespace {

constexpr int kKilledBySigpipe = 128 + SIGPIPE;

}  // namespace

StreamFailed::StreamFailed(int fd, int error)
    : std::runtime_error(fmt::format("cannot write to standard {}: {}",
                                     fd == STDERR_FILENO ? "error" : "output",
                                     std::strerror(error))),
      fd_(fd),
      error_(error) {}

int StreamFailed::exit_status() const {
  return error_ == EPIPE ? kKilledBySigpipe : emulator::base::kExitBadInput;
}

void Stream::write(std::string_view text) const {
  if (text.empty()) return;
  const auto written = emulator::base::write_all(
      fd_, {reinterpret_cast<const emulator::u8*>(text.data()), text.size()});
  if (written.error != 0) throw StreamFailed(fd_, written.error);
}

void prepare_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    // O_PATH: every read and write of it is EBADF. The lowest free descriptor is this one.
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/", O_PATH);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool was_open(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_PATH) == 0;
}

}  // namespace rt0
