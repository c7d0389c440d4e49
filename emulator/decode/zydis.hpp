/// What the files of this room that see Zydis share. No other file includes it.
#pragma once

#include <Zydis/Zydis.h>

#include "emulator/decode/insn.hpp"

namespace emulator::decode {

struct Decoder::Impl {
  ZydisDecoder decoder;
  ZydisFormatter intel, att;
};

Flow flow_of(const ZydisDecodedInstruction& z);
/// Marks what renamers do not execute, of facts that are complete otherwise.
void find_idioms(InsnFacts& facts);

}  // namespace emulator::decode
