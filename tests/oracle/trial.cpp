#include "tests/oracle/trial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tests/oracle/cases.hpp"
#include "tests/oracle/compare.hpp"

namespace tests::oracle {
namespace {

constexpr u64 kBatch = 512;

}  // namespace

Verdict Trial::run(const Form& form, u64 cases, u64 seed) {
  Verdict verdict;
  CaseMaker maker(form, seed);
  while (verdict.cases < cases) {
    batch_.clear();
    const u64 wanted = std::min(kBatch, cases - verdict.cases);
    while (batch_.size() < wanted) {
      const auto one = maker.next();
      RT0_CHECK(one.has_value(), "no case of this form can be encoded: " + form.text);
      batch_.push_back(*one);
    }
    expected_.resize(batch_.size());
    host_.run(batch_, expected_);
    for (u64 i = 0; i < batch_.size(); ++i) judge(batch_[i], expected_[i], verdict);
    if (verdict.unimplemented == verdict.cases) break;  // no use in asking again
  }
  return verdict;
}

void Trial::judge(const Case& one, const Outcome& expected, Verdict& verdict) {
  ++verdict.cases;
  if (expected.ending == Ending::kLost) {
    ++verdict.lost;
    return;
  }
  if (expected.fault.signal != 0) ++verdict.faults;
  const Outcome got = emulated_.run(one);
  // The host's decoder may fault before ours finds the instruction missing; the other way, too.
  if (got.ending == Ending::kUnimplemented) {
    ++verdict.unimplemented;
    if (verdict.first_missing.empty()) verdict.first_missing = describe(one);
    return;
  }
  const auto lines = differences(one, expected, got);
  if (lines.empty()) {
    ++verdict.passed;
    return;
  }
  if (!verdict.first_failure.empty()) return;
  verdict.first_failure = describe(one);
  for (const auto& line : lines) verdict.first_failure += "    " + line + "\n";
}

}  // namespace tests::oracle
