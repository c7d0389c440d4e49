/// An instruction as Go's assembler writes it: "MOVQ 0x10(SP), AX". Names and order of operands are
/// those of cmd/internal/obj/x86 and of Go's own .s files, so that code can be read beside them.
#pragma once

#include <functional>
#include <string>

#include "emulator/decode/insn.hpp"

namespace emulator::decode {

/// What stands at an address, as "runtime.m0+64"; empty when it has no name.
using NameOf = std::function<std::string(Addr)>;

/// `insn` was decoded by Decoder::decode. Addresses that have a name are written "name(SB)".
std::string go_syntax(const Insn& insn, const NameOf& name_of);

}  // namespace emulator::decode
