/// What the files of this room share: the words of a P's life, and the counter that keeps a
/// goroutine from being preempted. Go: runtime/runtime2.go, runtime1.go.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"

namespace runtime_model::thread {

using emulator::i32;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Runtime;

/// p.status. Go: runtime/runtime2.go.
enum class PStatus : u32 { idle, running, syscall, gcstop, dead };

/// g.atomicstatus, and the bit that a stack scan adds. Go: runtime/runtime2.go.
inline constexpr u32 kGrunnable = 1;
inline constexpr u32 kGscan = 0x1000;

/// A value of stackguard0 that no stack pointer is above, so that the next function prologue calls
/// morestack. Go: runtime/stack.go, stackPreempt.
inline constexpr u64 kStackPreempt = 0xfffffffffffffade;

inline void set_status(const golang::P& pp, PStatus s) { pp.status() = static_cast<u32>(s); }
inline bool has_status(const golang::P& pp, PStatus s) {
  return pp.status() == static_cast<u32>(s);
}

/// No preemption from here to releasem. Inside of a step; Go inlines both.
inline void acquirem(Runtime& rt) { ++rt.getm().locks(); }
/// Inside of a step. A request to preempt that came in between is made again.
inline void releasem(Runtime& rt) {
  const golang::G gp = rt.getg();
  const golang::M mp = gp.m();
  --mp.locks();
  if (mp.locks() == 0 && gp.preempt()) gp.stackguard0() = Addr(kStackPreempt);
}

/// Does the P have no goroutine of its own to run?
inline bool runqempty(const golang::P& pp) {
  return pp.runqhead() == pp.runqtail() && !pp.runnext();
}

}  // namespace runtime_model::thread
