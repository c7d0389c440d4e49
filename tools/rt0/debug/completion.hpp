/// What may follow what was typed.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

/// Completions of the last word of a line, each whole; `start` is where that word begins.
struct Completions {
  std::size_t start = 0;
  std::vector<std::string> words;  ///< sorted
  /// The longest beginning that all have.
  std::string common() const;
};
Completions complete(Debugger& d, std::string_view line);

}  // namespace rt0::debug
