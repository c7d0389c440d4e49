/// What a listener hears of a model's steps, once the real code has confirmed or contradicted them.
#pragma once

#include <functional>
#include <string_view>

#include "runtime_model/model/step.hpp"

namespace runtime_model::model {

enum class Verdict : emulator::u8 {
  confirmed,     ///< every byte of its evidence is what the real code left
  contradicted,  ///< some is not
  acted,         ///< the model ran in place of the real code: there is nothing to compare with
};

struct Told {
  const Step& step;
  std::string_view function;  ///< that was entered: "runtime.newproc1"
  u64 number;                 ///< of the instruction that did it for real
  u64 sequence;               ///< among steps of one number
  int thread;
  unsigned depth;  ///< calls between the outermost model and the one that tells
  Addr g;          ///< the goroutine on which the function was entered
  Verdict verdict;
};

using Listener = std::function<void(const Told&)>;

}  // namespace runtime_model::model
