/// What the files of this room share.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"

namespace runtime_model::boot {

using emulator::i32;
using emulator::i64;
using emulator::u16;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;

/// Space below a function's frame that its prologue keeps free: Go: runtime/stack.go, _StackGuard.
inline constexpr u64 kStackGuard = 928;

/// The time in nanoseconds. Go's nanotime, which is inlined.
inline auto nanotime(Runtime& rt) { return rt.call<i64>("runtime.nanotime1"); }

}  // namespace runtime_model::boot
