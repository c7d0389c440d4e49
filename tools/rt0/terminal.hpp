/// The terminal that text goes to: its width, and whether it likes colours.
#pragma once

#include <string>
#include <string_view>

namespace rt0 {

/// Columns of the terminal behind a descriptor; 110 when there is none, so that files come out the
/// same everywhere.
unsigned terminal_width(int fd);

/// `when` is auto, always or never. With auto: on a terminal, unless NO_COLOR is set
/// (no-color.org) or TERM is dumb.
bool wants_colour(std::string_view when, int fd);

/// Text in a colour, or as it is.
class Paint {
 public:
  explicit Paint(bool on = false) : on_(on) {}
  std::string bold(std::string_view s) const { return wrapped("1", s); }
  std::string dim(std::string_view s) const { return wrapped("2", s); }
  std::string red(std::string_view s) const { return wrapped("31", s); }
  std::string green(std::string_view s) const { return wrapped("32", s); }
  std::string cyan(std::string_view s) const { return wrapped("36", s); }

 private:
  std::string wrapped(std::string_view code, std::string_view s) const;
  bool on_;
};

}  // namespace rt0
