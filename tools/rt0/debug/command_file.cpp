#include "tools/rt0/debug/command_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "emulator/base/error.hpp"

namespace rt0::debug {
namespace {

constexpr std::size_t kLongest = std::size_t{1} << 20;  // a line; devices may have no line end

}  // namespace

CommandFile::CommandFile(const std::string& path) : path_(path), file_(path) {
  if (!file_.error().empty()) fail(file_.error());
}

void CommandFile::fail(const std::string& why) const {
  emulator::base::user_error("Cannot read commands from {}: {}", path_, why);
}

bool CommandFile::fill() {
  std::array<char, 4096> some{};
  ssize_t n = 0;
  do {
    n = ::read(file_.descriptor(), some.data(), some.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) fail(std::strerror(errno));
  held_.append(some.data(), static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> CommandFile::next() {
  std::size_t end = 0;
  while ((end = held_.find('\n', end)) == held_.npos) {
    end = held_.size();
    if (end > kLongest) fail("a line is longer than 1 MiB");
    if (fill()) continue;
    if (held_.empty()) return std::nullopt;
    held_ += '\n';
  }
  std::string line = held_.substr(0, end);
  held_.erase(0, end + 1);
  return line;
}

}  // namespace rt0::debug
