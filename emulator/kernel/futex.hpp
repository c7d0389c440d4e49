/// futex(2)
#pragma once

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {

SysResult futex(Kernel& k, Thread& t, const Args& a);

}  // namespace emulator::kernel
