/// What a story does not tell, and the lines that stand for it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"

namespace rt0 {

class Fold {
 public:
  /// A step of this function.
  void add(std::string_view function);
  /// A step in the life of a goroutine that lives as others do that begin at the same function.
  void add_life(std::string_view goroutine, std::string_view begins);

  emulator::u64 steps() const { return steps_; }
  /// How many steps, of what, and how to have them told; nothing when there are none.
  std::vector<std::string> lines() const;
  void clear() { *this = {}; }

 private:
  using Counts = std::map<std::string, emulator::u64, std::less<>>;
  std::string functions_line() const;

  emulator::u64 steps_ = 0;
  Counts functions_;
  std::map<std::string, Counts, std::less<>> lives_;  ///< function → goroutine → steps
};

}  // namespace rt0
