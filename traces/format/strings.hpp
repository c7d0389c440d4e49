/// Strings that are kept once and stay where they are: what the string_views of read events point
/// into.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace traces::format {

class Strings {
 public:
  /// A view of a kept copy of `text`, valid as long as this object. base::UserError when a file has
  /// more text than any trace of a program could (so that a forged one cannot fill the memory).
  std::string_view keep(std::string_view text);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_set<std::string, Hash, std::equal_to<>> kept_;  // never iterated
  std::size_t bytes_ = 0;
};

}  // namespace traces::format
