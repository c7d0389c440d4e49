#include "tools/rt0/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace rt0 {

unsigned terminal_width(int fd) {
  winsize size{};
  if (!::isatty(fd) || ::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 110;
  return std::clamp<unsigned>(size.ws_col, 40, 160);
}

bool wants_colour(std::string_view when, int fd) {
  if (when != "auto") return when == "always";
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(fd) && (no == nullptr || *no == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

std::string Paint::wrapped(std::string_view code, std::string_view s) const {
  if (!on_) return std::string(s);
  std::string out = "\x1b[";
  out.append(code).append("m").append(s).append("\x1b[0m");
  return out;
}

}  // namespace rt0
