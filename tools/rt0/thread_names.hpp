/// What a debugger calls a guest thread: by the M that it is and the goroutine that it runs.
#pragma once

#include <string>

#include "emulator/machine/machine.hpp"
#include "runtime_model/model/guest.hpp"
#include "runtime_model/model/shadow_memory.hpp"

namespace rt0 {

class ThreadNames {
 public:
  /// Both outlive it.
  ThreadNames(const runtime_model::model::Guest& guest, emulator::machine::Machine& machine)
      : guest_(guest), machine_(machine), memory_(machine.memory()) {}

  /// "m0 g1", "m2 g0", "m1 gsignal"; the name that the kernel has before there is a g.
  std::string of(const emulator::kernel::Thread& thread);

 private:
  std::string from_runtime(emulator::Addr g);

  const runtime_model::model::Guest& guest_;
  emulator::machine::Machine& machine_;
  runtime_model::model::LiveMemory memory_;
};

}  // namespace rt0
