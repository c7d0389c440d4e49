/// Opening what the user names as input, whatever it turns out to be.
#pragma once

#include <string>

#include "emulator/base/types.hpp"

namespace emulator::base {

/// A file that is open for reading, or why it is not. Closed at the end.
class InputFile {
 public:
  /// Never waits: a FIFO that nobody writes to is no input, nor is a directory.
  explicit InputFile(const std::string& path);
  /// Another descriptor of one that is open.
  static InputFile of_descriptor(int fd);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;

  /// "No such file or directory", "it is a FIFO that nobody writes to"; empty when it is open.
  const std::string& error() const { return error_; }
  int descriptor() const { return fd_; }
  /// A regular file, which has a size and can be read at any offset; else a pipe or device.
  bool regular() const { return regular_; }
  u64 size() const { return size_; }

 private:
  InputFile() = default;
  void look();
  void refuse(std::string why);

  int fd_ = -1;
  std::string error_;
  bool regular_ = false;
  u64 size_ = 0;
};

}  // namespace emulator::base
