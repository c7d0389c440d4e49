/// From guest bytes to an executable block.
#pragma once

#include <memory>
#include <set>

#include "emulator/decode/block_cache.hpp"
#include "emulator/decode/facts.hpp"
#include "emulator/machine/bound_forms.hpp"
#include "emulator/memory/address_space.hpp"
#include "emulator/semantics/table.hpp"

namespace emulator::machine {

class BlockBuilder {
 public:
  BlockBuilder(memory::AddressSpace& memory, const cpu::Profile& profile,
               const std::set<u64>& probes, decode::FactsTable& facts)
      : memory_(memory), binder_(profile), probes_(probes), facts_(facts) {}

  /// Decodes from `pc` to the first transfer of control, probe or page boundary trouble. Throws
  /// cpu::GuestFault when the first instruction cannot be fetched or does not exist on this CPU,
  /// base::Unimplemented when rt0 lacks it.
  std::unique_ptr<decode::Block> build(Addr pc);

  /// Finds the facts of each of the block's instructions. Not when the table is full.
  void find_facts(decode::Block& block);
  /// Those of no block may be asked for afterwards.
  void forget_facts() {
    facts_.clear();
    forms_.forget_facts();
  }

  const decode::Decoder& decoder() const { return decoder_; }

 private:
  bool append(decode::Block& block, std::span<const u8> code, Addr pc,
              const cpu::GuestFault& fetch_fault, unsigned& length, bool& ends);
  [[noreturn]] void refuse(semantics::Binding why, std::span<const u8> code, Addr pc) const;

  memory::AddressSpace& memory_;
  decode::Decoder decoder_;
  semantics::Binder binder_;
  const std::set<u64>& probes_;
  BoundForms forms_;
  decode::FactsTable& facts_;
  std::array<decode::Op, decode::Block::kMaxOps + 1> ops_;
  std::array<decode::OpInfo, decode::Block::kMaxOps> info_;
};

}  // namespace emulator::machine
