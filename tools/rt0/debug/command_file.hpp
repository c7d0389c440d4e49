/// A file of commands, a line each.
#pragma once

#include <optional>
#include <string>

#include "emulator/base/input_file.hpp"

namespace rt0::debug {

class CommandFile {
 public:
  /// Throws base::UserError when it cannot be read.
  explicit CommandFile(const std::string& path);
  /// The next line without its end; nothing at the end of the file. Throws base::UserError when it
  /// cannot be read further.
  std::optional<std::string> next();

 private:
  bool fill();
  [[noreturn]] void fail(const std::string& why) const;

  std::string path_;
  emulator::base::InputFile file_;
  std::string held_;
};

}  // namespace rt0::debug
