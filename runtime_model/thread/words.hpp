/// What the files of this room share. Go: runtime/proc.go.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"
#include "runtime_model/model/runtime_words.hpp"

namespace runtime_model::thread {

using emulator::i32;
using emulator::i64;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;

using model::acquirem;
using model::kGrunnable;
using model::kGscan;
using model::kPgcstop;
using model::kPidle;
using model::kPrunning;
using model::kStackGuard;
using model::nanotime;
using model::releasem;

/// Does the P have no goroutine of its own to run?
inline bool runqempty(const golang::P& pp) {
  return pp.runqhead() == pp.runqtail() && !pp.runnext();
}

}  // namespace runtime_model::thread
