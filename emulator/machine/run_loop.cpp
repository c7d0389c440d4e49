#include "emulator/machine/run_loop.hpp"

#include "emulator/machine/block_builder.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "emulator/semantics/access.hpp"
#include "emulator/semantics/row.hpp"

namespace emulator::machine {

using decode::Block;
using decode::Op;
using semantics::JumpCache;

const Op* run_on(Core& core, const Op* op) {
  auto& exits = reinterpret_cast<decode::Exits&>(const_cast<Op&>(*op));
  if (exits.fall == nullptr) {
    core.regs.rip = exits.block->end.value;
    core.unlinked = &exits.fall;
    return nullptr;
  }
  return semantics::enter(core, exits.fall);
}

namespace {

/// In place of an Op whose bytes were written over: its block's remaining instructions have not
/// retired.
const Op* stale_op(Core& core, const Op* op) {
  core.regs.rip = decode::block_of(op).pc_of(op).value;
  core.budget += op->left + 1;
  core.unlinked = nullptr;
  return nullptr;
}

/// Behind a block that may not be linked: dropped, or cut short.
const Op* leave_block(Core& core, const Op* op) {
  core.regs.rip = reinterpret_cast<const decode::Exits&>(*op).block->end.value;
  core.unlinked = nullptr;
  return nullptr;
}

}  // namespace

RunLoop::RunLoop(Core& core, memory::AddressSpace& memory)
    : core_(core),
      builder_(std::make_unique<BlockBuilder>(memory, core.profile, probes_, facts_)),
      blocks_(stale_op, leave_block) {
  core.memory = &memory;
  memory.attach(&core.tlb);
  memory.on_code_change([this](u64 page) { drop_page(page); });
}

RunLoop::~RunLoop() = default;

const decode::Decoder& RunLoop::decoder() const { return builder_->decoder(); }

std::optional<decode::InsnFacts> RunLoop::facts_of(std::span<const u8> code) {
  decode::InsnFacts facts;
  if (!facts_.describe(decoder(), code, facts)) return std::nullopt;
  return facts;
}

/// False: there was no room for them, and the block is no more.
bool RunLoop::find_facts(Block& block) {
  if (!facts_.full()) return builder_->find_facts(block), true;
  forget_facts();
  return false;
}

void RunLoop::forget_facts() {
  drop_all();
  builder_->forget_facts();
}

void RunLoop::drop_page(u64 page) {
  blocks_.drop_page(page);
  // It is a copy of what may have been dropped.
  if (part_ != nullptr) blocks_.stop(*part_);
  core_.jumps.clear();
  core_.unlinked = nullptr;
  look_up_ = true;
}

/// The observed loop may still hold the block that it came from: the next op_at frees it.
void RunLoop::drop_all() {
  blocks_.drop_all();
  core_.jumps.clear();
  core_.unlinked = nullptr;
  look_up_ = true;
}

/// The instruction at `pc`, decoded now when it has not been before.
const Op* RunLoop::op_at(Addr pc) {
  blocks_.free_dropped();
  if (const Op* op = blocks_.find(pc)) return op;
  if (blocks_.bytes() > kMostDecoded) drop_all();
  return blocks_.insert(builder_->build(pc))->ops.get();
}

const Op* RunLoop::cached_op_at(u64 pc) {
  JumpCache::Entry& entry = core_.jumps.at(pc);
  if (entry.pc == pc) return entry.op;
  const Op* const op = op_at(Addr(pc));
  if (!probes_.contains(pc)) entry = {pc, op};
  return op;
}

/// `count` instructions of a block, from `first` on, as a block of their own that stops behind
/// them.
const Op* RunLoop::part_of(const Op* first, u32 count) {
  const Block& block = decode::block_of(first);
  const decode::OpInfo* const info = &block.info_of(first);
  part_ = std::make_unique<Block>();
  part_->pc = block.pc_of(first);
  part_->end = block.pc_of(first + count);
  part_->count = count;
  part_->make_room();
  std::memcpy(part_->code(), block.code() + info->offset, part_->bytes());
  std::copy_n(first, count, part_->ops.get());
  for (u32 i = 0; i < count; ++i) {
    part_->info[i] = info[i];
    part_->info[i].offset -= info[0].offset;
  }
  for (u32 i = 0; i < count; ++i) part_->ops[i].left = static_cast<u8>(count - 1 - i);
  new (&part_->ops[count]) decode::Exits{leave_block, nullptr, nullptr, part_.get()};
  return part_->ops.get();
}

/// The instruction at RIP, linked to where control came from; null when the budget is used up or a
/// probe stands there.
const Op* RunLoop::next_block(bool& stopped_by_probe) {
  core_.current = nullptr;
  if (core_.budget <= 0) return nullptr;
  stopped_by_probe = at_probe();
  if (stopped_by_probe) return nullptr;
  const Addr pc(core_.regs.rip);
  const Op* const first = op_at(pc);
  // Gone when op_at had to drop the block that it lies in.
  const Op** const link = std::exchange(core_.unlinked, nullptr);
  if (!probes_.contains(pc.value)) {
    if (link != nullptr)
      *link = first;
    else
      core_.jumps.at(pc.value) = {pc.value, first};
  }
  const u32 count = decode::count_of(first);
  if (core_.budget < count) return part_of(first, static_cast<u32>(std::exchange(core_.budget, 0)));
  core_.budget -= count;
  return first;
}

/// Puts RIP at the instruction that could not be completed, if it was one, and gives back the
/// budget of what did not retire.
void RunLoop::go_back() {
  core_.unlinked = nullptr;
  core_.trap = semantics::Trap::none;
  if (const Op* op = core_.current) {
    core_.regs.rip = decode::block_of(op).pc_of(op).value;
    core_.budget += op->left + 1;
  }
}

Stop RunLoop::faulted(const cpu::GuestFault& what) {
  fault = what;
  go_back();
  if (core_.current != nullptr && what.kind == cpu::FaultKind::breakpoint) {
    core_.regs.rip += core_.current->length;  // a trap: INT3 has retired
    --core_.budget;
  }
  return Stop::fault;
}

namespace {

/// Has watched pages heeded while it lives.
class Heed {
 public:
  explicit Heed(memory::AddressSpace& memory) : memory_(memory) { memory_.heed_watches(true); }
  ~Heed() { memory_.heed_watches(false); }
  Heed(const Heed&) = delete;
  Heed& operator=(const Heed&) = delete;

 private:
  memory::AddressSpace& memory_;
};

}  // namespace

Stop RunLoop::run() {
  core_.unlinked = nullptr;
  const Heed heed(*core_.memory);
  try {
    while (true) {
      bool probe = false;
      const Op* op = next_block(probe);
      if (op == nullptr) return probe ? Stop::probe : Stop::budget;
      while (op != nullptr) op = op->exec(core_, op);
      if (core_.trap != semantics::Trap::none) {
        core_.trap = semantics::Trap::none;
        return Stop::syscall;
      }
    }
  } catch (const cpu::GuestFault& what) {
    return faulted(what);
  } catch (const memory::WatchedAccess&) {
    go_back();
    return Stop::watched;
  } catch (...) {
    go_back();
    throw;
  }
}

}  // namespace emulator::machine
