/// Flags of clone(2).
#pragma once

#include "emulator/base/types.hpp"

namespace emulator::kernel {

enum CloneFlag : u64 {
  kCloneVm = 0x100,
  kCloneFs = 0x200,
  kCloneFiles = 0x400,
  kCloneSighand = 0x800,
  kClonePidfd = 0x1000,
  kCloneVfork = 0x4000,
  kCloneThread = 0x10000,
  kCloneNewns = 0x20000,
  kCloneSysvsem = 0x40000,
  kCloneSetTls = 0x80000,
  kCloneParentSetTid = 0x100000,
  kCloneChildClearTid = 0x200000,
  kCloneChildSetTid = 0x1000000,
};

}  // namespace emulator::kernel
