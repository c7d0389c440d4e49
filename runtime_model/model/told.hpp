/// What a listener hears of a model's steps, once the real code has confirmed or contradicted them.
#pragma once

#include <functional>
#include <string_view>

#include "runtime_model/model/standing.hpp"
#include "runtime_model/model/step.hpp"

namespace runtime_model::model {

enum class Verdict : emulator::u8 {
  confirmed,     ///< every byte of its evidence is what the real code left
  contradicted,  ///< some is not
  acted,         ///< the model ran in place of the real code: there is nothing to compare with
};

/// A step where the real code has done what it says: each thing in its evidence is as before in
/// front of instruction `first`, and as it says behind instruction `number`.
struct Told {
  const Step& step;           ///< its writes: what really changed in the span, from what to what
  std::string_view function;  ///< that was entered: "runtime.newproc1"
  u64 first;                  ///< the real code's first write for it
  u64 number;                 ///< and its last; of a step that changes nothing: where it is decided
  u64 sequence;               ///< among steps of one number
  int thread;
  unsigned depth;     ///< calls between the outermost model and the one that tells
  Standing standing;  ///< of the thread, behind instruction `number`
  Verdict verdict;
};

using Listener = std::function<void(const Told&)>;

}  // namespace runtime_model::model
