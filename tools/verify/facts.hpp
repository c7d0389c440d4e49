/// What never changes about an instruction: looked up by every execution of it.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/decode/insn.hpp"
#include "emulator/memory/address_space.hpp"
#include "emulator/semantics/undefined_flags.hpp"
#include "tools/verify/host_process.hpp"

namespace rt0::verify {

struct Facts {
  std::array<u8, 15> bytes{};
  u8 length = 0;
  u32 form = 0;          // index into FactBook::forms()
  bool given = false;    // its result comes from the emulator's world, not from the CPU: never
                         // executed on the host
  bool repeats = false;  // traps once per iteration
  bool jumps_anywhere = false;   // RET, or a jump or call through a register or memory
  u64 target = 0;                // of a direct branch, else 0
  bool touches_vectors = false;  // may change YMM or MXCSR
  bool pushes_flags = false;     // PUSHF: stores the trace flag that stepping sets
  bool count_in_cl = false;      // undefined flags depend on CL
  u64 undefined = 0;             // flags, when they do not
  std::string_view mnemonic;
  emulator::semantics::ShiftCount
      shift;  // the count as the instruction gives it; in CL: to be filled in
};

/// One kind of instruction, "add r64, m64", and how often it was compared.
struct FormCount {
  std::string name;
  u64 count = 0;
};

class FactBook {
 public:
  FactBook(const emulator::memory::AddressSpace& memory, const emulator::decode::Decoder& decoder)
      : memory_(memory), decoder_(decoder) {}

  const Facts& at(Addr pc);
  /// Code may have changed.
  void forget() { known_.clear(); }

  std::vector<FormCount>& forms() { return forms_; }

 private:
  Facts make(Addr pc);

  const emulator::memory::AddressSpace& memory_;
  const emulator::decode::Decoder& decoder_;
  std::unordered_map<u64, Facts> known_;
  Facts fresh_;  // of code that the guest may write over at any time
  std::vector<FormCount> forms_;
  std::unordered_map<std::string, u32> form_numbers_;
};

/// The status flags that the manual leaves undefined after this execution; `rcx` as it was before.
u64 undefined_flags(const Facts& facts, u64 rcx);
/// May the destination register be anything?
bool undefined_result(const Facts& facts, u64 rcx);

}  // namespace rt0::verify
