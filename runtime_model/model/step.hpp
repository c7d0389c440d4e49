/// What a model tells: steps, each with the writes that are its evidence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"

namespace runtime_model::model {

using emulator::Addr;
using emulator::u32;
using emulator::u64;
using emulator::u8;

/// Bytes of guest memory that a step replaced.
struct Write {
  Addr address;
  std::vector<u8> before, after;
};

struct Step {
  std::string id;    ///< a slug that lasts: "newproc1/gobuf"
  std::string text;  ///< one sentence, ours
  unsigned depth;    ///< calls between the model that was entered and the one that tells
  std::vector<Write> writes;
  /// What the model had looked at since its last step: words (address / 8) that the decision for
  /// this one may follow from.
  std::vector<u64> reads = {};
};

}  // namespace runtime_model::model
