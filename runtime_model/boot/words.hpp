/// What the files of this room share.
#pragma once

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"
#include "runtime_model/model/runtime_words.hpp"

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

using model::kPgcstop;
using model::kPidle;
using model::kPrunning;
using model::kStackGuard;
using model::nanotime;

}  // namespace runtime_model::boot
