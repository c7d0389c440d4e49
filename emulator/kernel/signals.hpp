/// Signal dispositions and interval timers of the process (signal(7), timer_create(2), setitimer(2)).
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::kernel {

class Signals {
 public:
  Signals() = default;
};

}  // namespace emulator::kernel
