/// What a comparison found, as text and as JSON.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/verify/verifier.hpp"

namespace rt0::verify {

struct Report {
  std::string program;
  std::string end;  // "the program exited with status 0"
  u64 instructions = 0;
  Counts counts;
  std::vector<FormCount> forms;
  std::optional<Divergence> divergence;
};

/// Names for addresses, and assembly for bytes.
struct Names {
  std::function<std::string(Addr)> place;
  std::function<std::string(const Step&)> text;
};

std::string as_text(const Report& report, const Names& names);
/// One object, one line.
std::string as_json(const Report& report, const Names& names);

}  // namespace rt0::verify
