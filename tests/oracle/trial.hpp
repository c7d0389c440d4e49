/// Runs forms on both processors and keeps the score.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/emulated_cpu.hpp"
#include "tests/oracle/forms.hpp"
#include "tests/oracle/host_cpu.hpp"

namespace tests::oracle {

struct Verdict {
  u64 cases = 0;
  u64 passed = 0;
  u64 unimplemented = 0;
  u64 lost = 0;
  u64 faults = 0;             ///< cases in which the host faulted
  std::string first_missing;  ///< the first case that the emulator refused
  std::string first_failure;  ///< the case, described; empty when there was none

  u64 failed() const { return cases - passed - unimplemented - lost; }
};

class Trial {
 public:
  Trial(HostCpu& host, EmulatedCpu& emulated) : host_(host), emulated_(emulated) {}

  Verdict run(const Form& form, u64 cases, u64 seed);

 private:
  void judge(const Case& one, const Outcome& expected, Verdict& verdict);

  HostCpu& host_;
  EmulatedCpu& emulated_;
  std::vector<Case> batch_;
  std::vector<Outcome> expected_;
};

}  // namespace tests::oracle
