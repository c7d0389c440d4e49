/// The loop that executes guest instructions: the one hot place. `run` observes nothing;
/// `run_observed` hands every retired instruction, with its effects, to a function. Both retire the
/// same instructions with the same results.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "emulator/decode/block_cache.hpp"
#include "emulator/machine/retired.hpp"
#include "emulator/semantics/core.hpp"

namespace emulator::machine {

class BlockBuilder;
using semantics::Core;

/// The Op behind every block: goes on to the block that follows in memory.
const decode::Op* run_on(Core& core, const decode::Op* exits);

enum class Stop : u8 {
  budget,   // as many instructions retired as were allowed
  syscall,  // a SYSCALL retired
  fault,    // the instruction at RIP raised RunLoop::fault
  probe,    // RIP is at a probe; step over it with pass_probe()
  watched,  // the instruction at RIP is about to access a watched page
};

class RunLoop {
 public:
  RunLoop(Core& core, memory::AddressSpace& memory);
  ~RunLoop();

  /// Executes from core.regs.rip until one of Stop happens. core.budget is what may retire. Heeds
  /// the memory's watched pages, which run_observed does not.
  Stop run();
  /// The same, calling `retired(const Retired&)` after each instruction but a SYSCALL, which is
  /// left in `syscall`.
  template <class F>
  Stop run_observed(F&& retired);

  /// Forgets what it stopped for: the machine's state has been replaced.
  void reset() {
    pass_probe_ = false;
    syscall.reset();
    core_.trap = semantics::Trap::none;
    core_.current = nullptr;
    core_.unlinked = nullptr;
    core_.partly = false;
  }

  /// From the function that run_observed calls: return before the next instruction.
  void leave() { leave_ = look_up_ = true; }

  cpu::GuestFault fault{};

  /// The SYSCALL that the observed loop stopped behind; its effects are in the core.
  std::optional<Retired> syscall;

  /// Addresses at which the loop stops before executing.
  const std::set<u64>& probes() const { return probes_; }
  /// From a hook too; the blocks on that page are dropped.
  void add_probe(Addr a) {
    const u64 page = a.value / base::kPageSize;
    if (probes_.insert(a.value).second && blocks_.has_page(page)) drop_page(page);
  }
  /// From a hook too: what was decoded stays.
  void remove_probe(Addr a) { probes_.erase(a.value); }
  /// The next instruction may run although there is a probe on it.
  void pass_probe() { pass_probe_ = true; }

  const decode::Decoder& decoder() const;
  /// Facts of an instruction that may never have been executed, by its bytes; none when they are
  /// no instruction.
  std::optional<decode::InsnFacts> facts_of(std::span<const u8> code);
  const decode::FactsTable& facts() const { return facts_; }
  void drop_page(u64 page);
  /// What decoded code may take of the host's memory: when there is more, all of it is dropped and
  /// decoded anew. The guest does not notice.
  static constexpr u64 kMostDecoded = u64{64} << 20;
  u64 decoded_bytes() const { return blocks_.bytes(); }
  std::size_t decoded_blocks() const { return blocks_.size(); }

 private:
  const decode::Op* op_at(Addr pc);
  void drop_all();
  bool find_facts(decode::Block& block);
  void forget_facts();
  /// The instruction at RIP, for the observed loop: `last`, the block executed just before,
  /// remembers it; null when there is no last one.
  const decode::Op* op_after(decode::Block* last) {
    const u64 pc = core_.regs.rip;
    if (last == nullptr) return op_at(Addr(pc));
    decode::Entry& link = last->next[pc == last->end.value];
    if (link.op == nullptr || link.pc != pc) link = {pc, cached_op_at(pc)};
    return link.op;
  }
  /// The same as op_at, through the core's jump cache.
  const decode::Op* cached_op_at(u64 pc);
  bool at_probe() {
    if (probes_.empty() && !pass_probe_) [[likely]]
      return false;
    return !std::exchange(pass_probe_, false) && probes_.contains(core_.regs.rip);
  }
  const decode::Op* next_block(bool& stopped_by_probe);
  const decode::Op* part_of(const decode::Op* first, u32 count);
  Stop faulted(const cpu::GuestFault& what);
  void go_back();

  Core& core_;
  std::set<u64> probes_;
  decode::FactsTable facts_;  // of what the observed loop has come to
  std::unique_ptr<BlockBuilder> builder_;
  decode::BlockCache blocks_;
  bool pass_probe_ = false;
  // Of the observed loop: to return; to look its block up again, because it may be gone.
  bool leave_ = false, look_up_ = false;
  std::unique_ptr<decode::Block> part_;  // of a block, cut short to the budget
};

template <class F>
Stop RunLoop::run_observed(F&& retired) {
  Core& core = core_;
  leave_ = false;
  decode::Block* block = nullptr;
  try {
    while (core.budget > 0 && !leave_) {
      core.current = nullptr;
      if (at_probe()) return Stop::probe;
      const decode::Op* op = op_after(block);
      block = &decode::block_of(op);
      if (!block->has_facts && !find_facts(*block)) [[unlikely]] {
        block = nullptr;
        continue;
      }
      look_up_ = false;
      core.taken = false;
      const decode::Op* const end = op + std::min<i64>(decode::count_of(op), core.budget);
      const decode::OpInfo* info = &block->info_of(op);
      const decode::InsnFacts* const facts = facts_.data();
      u64 number = core.goal - static_cast<u64>(core.budget);
      u64 next = core.regs.rip;
      Retired what{number,     Addr(next),   facts,     Addr(next),
                   core.taken, core.effects, block->pc, block->code()};
      for (; op != end && core.regs.rip == next; ++op, ++info) {
        what.pc = Addr(next);
        what.number = number++;
        next += op->length;
        core.regs.rip = next;
        info->observed(core, op);
        core.budget = static_cast<i64>(core.goal - number);
        what.facts = facts + info->facts;
        what.next = Addr(core.regs.rip);
        if (core.trap != semantics::Trap::none) [[unlikely]] {
          core.trap = semantics::Trap::none;
          syscall.emplace(what);
          return Stop::syscall;
        }
        retired(what);
        if (look_up_) [[unlikely]] {
          block = nullptr;
          break;
        }
      }
    }
    return Stop::budget;
  } catch (const cpu::GuestFault& what) {
    // `faulted` gives back what entering a whole block takes; here instructions are counted one by
    // one.
    if (core_.current != nullptr) core_.budget -= core_.current->left + 1;
    return faulted(what);
  } catch (...) {
    if (core_.current != nullptr) core_.budget -= core_.current->left + 1;
    go_back();
    throw;
  }
}

}  // namespace emulator::machine
