/// Patterns for names, as of a shell: * stands for any text, also for none, and ? for one
/// character.
#pragma once

#include <string_view>

namespace emulator::base {

constexpr bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

/// Is all of `text` what the pattern asks for?
constexpr bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr auto kNone = std::string_view::npos;
  std::size_t p = 0, t = 0, star = kNone, after = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++, after = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p, ++t;
    } else if (star != kNone) {
      p = star + 1, t = ++after;  // the last star takes one character more
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace emulator::base
