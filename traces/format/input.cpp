#include "traces/format/input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "emulator/base/error.hpp"

namespace traces::format {

using emulator::u64;
using emulator::u8;
using emulator::base::user_error;

Input::Input(const std::string& path) : name_(path == "-" ? "standard input" : path) {
  descriptor_ = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) user_error("cannot read trace {}: {}", name_, std::strerror(errno));
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode))
    size_ = static_cast<u64>(status.st_size);
  else
    spool();
}

Input::~Input() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Input::spool() {
  std::FILE* copy = std::tmpfile();
  const int to = copy == nullptr ? -1 : ::dup(fileno(copy));
  if (copy != nullptr) std::fclose(copy);
  if (to < 0)
    user_error("cannot copy trace {} to a temporary file: {}", name_, std::strerror(errno));
  const int from = std::exchange(descriptor_, to);
  std::vector<u8> buffer(std::size_t{1} << 16);
  ssize_t got = 0;
  while ((got = ::read(from, buffer.data(), buffer.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    const ssize_t put = ::write(to, buffer.data(), static_cast<std::size_t>(got));
    if (put != got) break;
    size_ += static_cast<u64>(got);
  }
  const int error = errno;
  ::close(from);
  if (got != 0) user_error("cannot read trace {}: {}", name_, std::strerror(error));
}

std::size_t Input::read(u64 offset, std::span<u8> into) const {
  std::size_t done = 0;
  while (done != into.size()) {
    const ssize_t got = ::pread(descriptor_, into.data() + done, into.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) user_error("cannot read trace {}: {}", name_, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace traces::format
