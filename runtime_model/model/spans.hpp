/// Where in the real code's time the steps of a model stand.
#pragma once

#include <vector>

#include "runtime_model/model/activation.hpp"
#include "runtime_model/model/comparison.hpp"

namespace runtime_model::model {

/// A step has a span: from the real code's first write for it to its last. In front of instruction
/// `first` everything in `evidence` has the value before, behind instruction `last` the one after.
/// A value that the real code never left in memory, because it did two things at once or in another
/// order, is no evidence: what came of it belongs to the later step. A step without evidence stands
/// where the real code has looked at what the model had looked at for it.
struct Span {
  u64 first, last;
  std::vector<Write> evidence;
};

/// One for each step of the activation. `fields`: what comparing has found.
std::vector<Span> spans_of(const Activation& a, const std::vector<Field>& fields);

/// What a step changed, of what the model wrote in it: each place once, from its value before to
/// its last.
std::vector<Write> evidence_of(const Step& step);

}  // namespace runtime_model::model
