#include "emulator/base/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace emulator::base {
namespace {

/// tee(2) copies without taking: 0 means that there is nothing and nobody to wait for.
bool somebody_writes(int fifo) {
  std::array<int, 2> scratch{};
  if (::pipe2(scratch.data(), O_CLOEXEC) != 0) return true;  // found out by waiting, then
  const ssize_t n = ::tee(fifo, scratch[1], 1, SPLICE_F_NONBLOCK);
  ::close(scratch[0]);
  ::close(scratch[1]);
  return n != 0;
}

}  // namespace

InputFile::InputFile(const std::string& path)
    : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (fd_ < 0) {
    refuse(std::strerror(errno));
    return;
  }
  (void)::fcntl(fd_, F_SETFL, O_RDONLY);
  look();
}

InputFile InputFile::of_descriptor(int fd) {
  InputFile out;
  out.fd_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  out.fd_ < 0 ? out.refuse(std::strerror(errno)) : out.look();
  return out;
}

void InputFile::look() {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return refuse(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return refuse(std::strerror(EISDIR));
  if (S_ISFIFO(status.st_mode) && !somebody_writes(fd_))
    return refuse("it is a FIFO that nobody writes to");
  regular_ = S_ISREG(status.st_mode);
  if (regular_) size_ = static_cast<u64>(status.st_size);
}

void InputFile::refuse(std::string why) {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  error_ = std::move(why);
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      error_(std::move(other.error_)),
      regular_(other.regular_),
      size_(other.size_) {}

}  // namespace emulator::base
