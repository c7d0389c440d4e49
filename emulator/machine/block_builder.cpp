#include "emulator/machine/block_builder.hpp"

#include <algorithm>
#include <cstring>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/machine/run_loop.hpp"

namespace emulator::machine {

using decode::Block;
using decode::Decoder;
using semantics::Binding;

using decode::kMaxInsnBytes;

void BlockBuilder::refuse(Binding why, std::span<const u8> code, Addr pc) const {
  if (why == Binding::not_in_profile || why == Binding::not_lockable)
    throw cpu::GuestFault{cpu::FaultKind::invalid_opcode};
  decode::Insn insn;
  decoder_.decode(code, pc, insn);
  throw base::Unimplemented(fmt::format("instruction not emulated at {}: {} ({})", base::hex(pc),
                                        base::hex_bytes(code.first(insn.length)),
                                        decoder_.format(code, pc)));
}

/// Decodes and binds one instruction. False: it is not part of this block (and when it is the
/// first: throws).
bool BlockBuilder::append(Block& block, std::span<const u8> code, Addr pc,
                          const cpu::GuestFault& fetch_fault, unsigned& length, bool& ends) {
  decode::Op& op = ops_[block.count];
  decode::OpInfo& info = info_[block.count];
  if (!forms_.find(code, pc, op, info)) {
    decode::Insn insn;
    const bool first = block.count == 0;
    const Decoder::Status status = decoder_.decode(code, pc, insn);
    if (status != Decoder::Status::ok) {
      // Cut off by the end of what can be fetched: the rest of it faults, not the instruction.
      if (first && status == Decoder::Status::truncated && code.size() < kMaxInsnBytes)
        throw fetch_fault;
      if (first) throw cpu::GuestFault{cpu::FaultKind::invalid_opcode};
      return false;
    }
    info.facts = 0;
    const Binding binding = binder_.bind(decoder_, code, insn, op, info);
    if (binding != Binding::ok) {
      if (first) refuse(binding, code, pc);
      return false;
    }
    forms_.add(code, insn, op, info);
  }
  info.offset = static_cast<u32>(pc - block.pc);
  length = op.length;
  ends = info.row->bits & semantics::kEndsBlock;
  ++block.count;
  return true;
}

std::unique_ptr<Block> BlockBuilder::build(Addr pc) {
  std::array<u8, 512> code;
  cpu::GuestFault fault{};
  std::size_t have = memory_.fetch(pc, code, fault);
  if (have == 0) throw fault;

  auto block = std::make_unique<Block>();
  block->pc = pc;
  std::size_t at = 0;
  bool ends = false;
  while (!ends && block->count < Block::kMaxOps && at < have) {
    const Addr here = pc + at;
    if (block->count != 0 && probes_.contains(here.value)) break;
    if (have == code.size() && have - at < kMaxInsnBytes)
      break;  // the window's end, not the mapping's
    const auto rest = std::span<const u8>(code).subspan(at, std::min(kMaxInsnBytes, have - at));
    unsigned length = 0;
    if (!append(*block, rest, here, fault, length, ends)) break;
    at += length;
  }

  block->end = pc + at;
  block->make_room();
  std::memcpy(block->code(), code.data(), at);
  std::copy_n(ops_.begin(), block->count, block->ops.get());
  std::copy_n(info_.begin(), block->count, block->info.get());
  for (u32 i = 0; i < block->count; ++i) block->ops[i].left = static_cast<u8>(block->count - 1 - i);
  new (&block->ops[block->count]) decode::Exits{run_on, nullptr, nullptr, block.get()};
  for (u64 page = pc.value / base::kPageSize; page <= (block->end.value - 1) / base::kPageSize;
       ++page)
    memory_.mark_code(page);
  return block;
}

void BlockBuilder::find_facts(Block& block) {
  for (u32 i = 0; i < block.count; ++i) {
    decode::OpInfo& info = block.info[i];
    if (info.facts != 0) continue;
    // Zeros behind the block's last instruction: it is complete, so they are no part of it.
    std::array<u8, kMaxInsnBytes> code{};
    std::memcpy(code.data(), block.code() + info.offset, block.ops[i].length);
    u32* const known = forms_.facts_of(code);
    info.facts = known != nullptr ? *known : 0;
    if (info.facts != 0) continue;
    info.facts = facts_.find(decoder_, code);
    if (known != nullptr) *known = info.facts;
  }
  block.has_facts = true;
}

}  // namespace emulator::machine
