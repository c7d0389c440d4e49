/// What a function's machine code refers to, and a fingerprint of the rest of it. Two builds of one
/// source by one compiler have functions of the same fingerprint, whose n-th reference means the
/// same thing; so what a program with symbols says of its code holds for one without.
#pragma once

#include <vector>

#include "emulator/decode/insn.hpp"
#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/symbols.hpp"

namespace runtime_model::golang {

struct CodeShape {
  /// Over the instructions' bytes without displacements that depend on where things were linked.
  emulator::u64 fingerprint = 0;
  /// The addresses that instructions refer to with a memory operand, in the order of the code; with
  /// the load bias.
  std::vector<emulator::Addr> references;
};

class CodeReader {
 public:
  CodeReader(const emulator::kernel::ElfImage& image, const SymbolTable& symbols)
      : image_(image), symbols_(symbols) {}

  /// Reads a function to its end, or to the first bytes that are no instruction.
  CodeShape read(const Function& function) const;

  /// Calls `take` with each instruction of a function; addresses are link-time. Stops when `take`
  /// returns false.
  template <class Take>
  void each_instruction(const Function& function, Take take) const {
    const emulator::u64 bias = symbols_.bias();
    const auto code = image_.bytes_at(function.entry - bias, function.size());
    emulator::decode::Insn insn;
    for (emulator::u64 at = 0; at < code.size(); at += insn.length) {
      const auto rest = code.subspan(at);
      using Status = emulator::decode::Decoder::Status;
      if (decoder_.decode(rest, function.entry - bias + at, insn) != Status::ok) return;
      if (!take(insn, rest.first(insn.length))) return;
    }
  }

 private:
  const emulator::kernel::ElfImage& image_;
  const SymbolTable& symbols_;
  emulator::decode::Decoder decoder_;
};

}  // namespace runtime_model::golang
