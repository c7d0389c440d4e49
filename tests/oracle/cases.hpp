/// Makes test cases of an instruction form: encodes it with random operands and puts the machine
/// into a state in which executing it is interesting.
#pragma once

#include <optional>

#include "tests/oracle/case.hpp"
#include "tests/oracle/forms.hpp"

namespace tests::oracle {

class CaseMaker {
 public:
  /// The same form and seed give the same cases, on every machine.
  CaseMaker(const Form& form, u64 seed);

  /// Nothing when no choice of operands could be encoded: a mistake in the tables.
  std::optional<Case> next();

 private:
  const Form& form_;
  Random random_;
};

}  // namespace tests::oracle
