/// Lines that the user types: edited, completed and remembered on a terminal, else just read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tools/rt0/debug/completion.hpp"

namespace rt0::debug {

class LineInput {
 public:
  using Complete = std::function<Completions(std::string_view line)>;
  /// `terminal`: standard input and output are one.
  LineInput(bool terminal, Complete complete);
  ~LineInput();

  /// The next line without its end; nothing at the end of the input. Ctrl-C empties the line.
  std::optional<std::string> next(const std::string& prompt);

 private:
  struct Editor;
  bool terminal_;
  std::unique_ptr<Editor> editor_;
};

}  // namespace rt0::debug
