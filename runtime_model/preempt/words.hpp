/// Words that the files of this room share. Go: runtime/stack.go, runtime/preempt.go.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/runtime_words.hpp"
#include "runtime_model/sched/status.hpp"

namespace runtime_model::preempt {

using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;

using model::kPidle;
using model::kPrunning;
using model::kPsyscall;
using model::kStackGuard;
using model::kStackPreempt;

/// In g.stackguard0, as kStackPreempt.
inline constexpr Addr kStackFork{0xffff'ffff'ffff'fb2e};       ///< the thread is forking
inline constexpr Addr kStackForceMove{0xffff'ffff'ffff'feed};  ///< a test of Go's own
inline constexpr u32 kSigPreempt = 23;                         ///< SIGURG

inline bool in_system_call(const golang::G& gp) {
  return (gp.atomicstatus() & ~sched::kGscan) == sched::kGsyscall;
}

/// Does the M hold nothing that a preempted goroutine would keep from others? Go: canPreemptM.
inline bool can_preempt(Runtime& rt, const golang::M& mp) {
  if (mp.locks() != 0 || mp.mallocing() != 0 || mp.preemptoff().len() != 0 ||
      mp.p()->status() != kPrunning)
    return false;
  // From go1.26 on a P stays running in a system call: the goroutine tells of it.
  return rt.go() < 26 || (mp.curg() && !in_system_call(mp.curg()));
}

}  // namespace runtime_model::preempt
