/// How much each step and landmark matters to who hears a program's story: one table, to be read
/// and judged as a whole (weights.cpp).
#pragma once

#include <span>
#include <string_view>

#include "emulator/base/types.hpp"

namespace runtime_model::model {

enum class Weight : emulator::u8 {
  detail,  ///< how it is done: told to who asks for it
  once,    ///< a station of the way: told when it is first reached
  always,  ///< the life of a goroutine or a thread: told each time
};

/// "detail", "once", "always".
std::string_view name(Weight weight);

struct WeightRule {
  /// A step's id or a landmark's function, with * for any text. The first rule that fits counts.
  std::string_view pattern;
  Weight weight;
  bool evidence = false;  ///< what it changes belongs to the story, even where it takes room
};

std::span<const WeightRule> weight_rules();

/// Null when no rule fits, which a test forbids for all steps and landmarks that there are.
const WeightRule* weight_rule(std::string_view name);
/// What no rule fits is a detail.
Weight weight_of(std::string_view name);

}  // namespace runtime_model::model
