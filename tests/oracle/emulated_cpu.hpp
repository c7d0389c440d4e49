/// What is on trial: something that executes a case as HostCpu does.
#pragma once

#include <memory>

#include "tests/oracle/case.hpp"

namespace tests::oracle {

class EmulatedCpu {
 public:
  virtual ~EmulatedCpu() = default;
  virtual Outcome run(const Case& one) = 0;
};

/// How the emulator executes: its two compilations of each meaning.
enum class Loop : u8 {
  kFast,      // the loop that observes nothing, with the handlers specialised by operand
  kObserved,  // the loop that records effects
};

/// rt0's own.
std::unique_ptr<EmulatedCpu> make_emulated_cpu(Loop loop);

}  // namespace tests::oracle
