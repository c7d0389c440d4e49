/// What a machine reports of what happens in it: instructions, and what happens between them.
#pragma once

#include <utility>
#include <vector>

#include "emulator/cpu/effects.hpp"
#include "emulator/semantics/row.hpp"

namespace emulator::machine {

/// Bytes that the kernel wrote to guest memory, in that order.
using KernelWrites = std::vector<std::pair<Addr, std::vector<u8>>>;

/// One retired instruction, as the observed loop reports it. A SYSCALL is reported when the kernel
/// has dealt with it: its effects include the registers that the kernel set, and `kernel_writes`
/// the memory.
struct Retired {
  u64 number;  // instructions retired before it
  Addr pc;
  unsigned length;
  const semantics::Row& row;
  const cpu::Effects& effects;
  const KernelWrites* kernel_writes = nullptr;
};

/// What changed a thread's registers, or memory, and is no retired instruction (decision 0009).
struct Between {
  enum class Why : u8 {
    part,    // a string instruction faulted in the middle: what it had done by then
    signal,  // one was delivered: the handler's frame and its registers
    resume,  // a system call that had blocked went on
  };
  Why why;
  const cpu::Effects& effects;
  const KernelWrites& kernel_writes;
};

}  // namespace emulator::machine
