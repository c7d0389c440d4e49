/// The host's own processor as an oracle: executes one instruction from a given state and says what
/// became of it. A forked child does it, thousands of cases at a time, from memory that it shares
/// with us; the child's death costs one case.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "tests/oracle/case.hpp"

namespace tests::oracle {

class HostCpu {
 public:
  virtual ~HostCpu() = default;

  /// `outcomes` is as long as `cases`.
  virtual void run(std::span<const Case> cases, std::span<Outcome> outcomes) = 0;

  Outcome run(const Case& one) {
    Outcome outcome;
    run({&one, 1}, {&outcome, 1});
    return outcome;
  }

  /// Nothing where the host is no x86-64 Linux or refuses what this takes; `why` then says so.
  static std::unique_ptr<HostCpu> start(std::string& why);
};

/// What the host's processor has, by the names of form_table.cpp ("sse2", "avx2", "bmi1" …).
/// "" is always there.
bool host_has(const char* feature);

}  // namespace tests::oracle
