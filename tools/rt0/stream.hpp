/// What rt0 itself says, on standard output and standard error. Every command uses these two and
/// nothing else: what a stream does not take is one kind of failure, dealt with in one place.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace rt0 {

/// A stream takes no more: the command ends. Commands let it pass, and finish on the way what they
/// have begun (a trace's file); main gives the exit status.
class StreamFailed : public std::runtime_error {
 public:
  /// `error`: errno of the write.
  StreamFailed(int fd, int error);
  int fd() const { return fd_; }
  /// 2; or, when whoever read it has gone, 141, as of a program that SIGPIPE kills.
  int exit_status() const;

 private:
  int fd_, error_;
};

/// Nothing is kept back: text has been written, in the order in which it came, when the call
/// returns.
class Stream {
 public:
  explicit constexpr Stream(int fd) : fd_(fd) {}
  /// Throws StreamFailed.
  void write(std::string_view text) const;
  template <class... Args>
  void print(fmt::format_string<Args...> text, Args&&... args) const {
    write(fmt::format(text, std::forward<Args>(args)...));
  }

 private:
  int fd_;
};

inline constexpr Stream kStdout{STDOUT_FILENO}, kStderr{STDERR_FILENO};

/// To be called first of all. Descriptors 0 to 2 that rt0 was started without become ones that
/// cannot be read or written, so that no file that is opened later takes their place. A reader that
/// goes away and a file that may not grow are errors of a write, and not signals that kill.
void prepare_streams();
/// Was rt0 started with this one of the descriptors 0 to 2?
bool was_open(int fd);

}  // namespace rt0
