/// Which functions of a given program rt0 has models of.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/program.hpp"

namespace rt0 {

struct ModelCoverage {
  enum class State {
    modelled,
    absent,     ///< inlined, left out by the linker, or not of this release
    uncovered,  ///< no model holds for this release: the real code runs
  };
  std::string function;
  State state;
  std::string text;
};

/// Every function that has a model for any release, by name.
std::vector<ModelCoverage> model_coverage(const Program& program);

}  // namespace rt0
