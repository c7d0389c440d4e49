/// A guest that executes one instruction: a page of code, pages of data, the registers. Every
/// instruction is executed twice from the same state, by the fast handler (the specialised one
/// where there is one) and by the observed handler, and both must agree; what changed must be what
/// the effects say.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "emulator/memory/address_space.hpp"
#include "emulator/semantics/table.hpp"

namespace tests {

using namespace emulator;  // NOLINT: a test vocabulary

/// The guest did something that a test did not expect, or the two handlers disagree.
class Disagreement : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class OneInsn {
 public:
  static constexpr u64 kCode = 0x400000;
  static constexpr u64 kData =
      0x10000000;  // four pages, the last one read-only; nothing mapped around them
  static constexpr u64 kDataSize = 4 * base::kPageSize;

  cpu::Registers regs;                                // before an instruction, and after it
  std::vector<u8> data = std::vector<u8>(kDataSize);  // likewise
  cpu::Profile profile;
  cpu::Effects effects;    // of the last instruction
  semantics::Trap trap{};  // of the last instruction

  OneInsn() { regs.rip = kCode; }

  template <class T>
  T peek(u64 address) const {
    T v;
    std::memcpy(&v, data.data() + (address - kData), sizeof v);
    return v;
  }
  template <class T>
  void poke(u64 address, const T& v) {
    std::memcpy(data.data() + (address - kData), &v, sizeof v);
  }

  /// Executes the instruction. A fault that it raises is returned, with the state as the fault left
  /// it.
  std::optional<cpu::GuestFault> step(std::span<const u8> code) {
    Outcome fast = execute(code, false), observed = execute(code, true);
    compare(fast, observed);
    check_effects(observed);
    regs = observed.regs, data = observed.data, effects = observed.effects, trap = observed.trap;
    return observed.fault;
  }
  std::optional<cpu::GuestFault> step(std::initializer_list<int> code) {
    std::vector<u8> bytes;
    for (const int b : code) bytes.push_back(static_cast<u8>(b));
    return step(std::span<const u8>(bytes));
  }
  /// Executes an instruction that must not fault.
  void run(std::initializer_list<int> code) {
    if (step(code)) throw Disagreement("the instruction faulted");
  }

  void run_bytes(std::span<const u8> code) {
    if (step(code)) throw Disagreement("the instruction faulted");
  }

  /// How the instruction binds, without executing it.
  semantics::Binding binding(std::span<const u8> code) const {
    decode::Insn insn;
    decode::Op op;
    decode::OpInfo info;
    const decode::Decoder decoder;
    if (decoder.decode(code, Addr(kCode), insn) != decode::Decoder::Status::ok)
      throw Disagreement("the bytes are not an instruction");
    return semantics::Binder(profile).bind(decoder, code, insn, op, info);
  }

 private:
  struct Outcome {
    cpu::Registers regs;
    std::vector<u8> data;
    cpu::Effects effects;
    std::optional<cpu::GuestFault> fault;
    semantics::Trap trap;
  };

  /// Stands behind the last Op of the block: the instruction fell through.
  static const decode::Op* fall_out(semantics::Core& core, const decode::Op* op) {
    core.regs.rip = reinterpret_cast<const decode::Exits*>(op)->block->end.value;
    return nullptr;
  }

  decode::Block make_block(std::span<const u8> code) const {
    const decode::Decoder decoder;
    decode::Insn insn;
    if (decoder.decode(code, Addr(regs.rip), insn) != decode::Decoder::Status::ok)
      throw Disagreement("the bytes are not an instruction");
    decode::Block block;
    block.pc = insn.pc, block.end = insn.next(), block.count = 1;
    block.ops = std::make_unique<decode::Op[]>(2);
    block.info = std::make_unique<decode::OpInfo[]>(1);
    const auto bound =
        semantics::Binder(profile).bind(decoder, code, insn, block.ops[0], block.info[0]);
    if (bound != semantics::Binding::ok)
      throw Disagreement(fmt::format("{} does not bind ({})", decoder.format(code, insn.pc),
                                     static_cast<int>(bound)));
    block.exits() = {&fall_out, nullptr, nullptr, nullptr};
    return block;
  }

  Outcome execute(std::span<const u8> code, bool observe) const {
    decode::Block block = make_block(code);
    block.exits().block = &block;
    memory::AddressSpace memory(u64{1} << 30);
    memory::Region region;
    region.protection = memory::kRead | memory::kWrite;
    memory.map(Addr(kData), kDataSize, region);
    memory.poke(Addr(kData), data);
    memory.protect(Addr(kData + kDataSize - base::kPageSize), base::kPageSize, memory::kRead);

    const auto core_holder = std::make_unique<semantics::Core>();
    semantics::Core& core = *core_holder;
    core.regs = regs, core.memory = &memory, core.profile = profile;
    core.goal = 1000, core.budget = observe ? 1000 : 999;
    memory.attach(&core.tlb);

    Outcome out;
    decode::Op& op = block.ops[0];
    try {
      if (observe) {
        core.regs.rip = block.end.value;
        block.info[0].observed(core, &op);
      } else {
        for (const decode::Op* next = &op; next != nullptr;) next = next->exec(core, next);
      }
    } catch (const cpu::GuestFault& fault) {
      out.fault = fault;
      core.regs.rip = regs.rip;
    }
    if (out.fault && !core.partly) core.effects.count = 0;
    out.regs = core.regs, out.effects = core.effects, out.trap = core.trap;
    out.data.resize(kDataSize);
    memory.peek(Addr(kData), out.data);
    memory.attach(nullptr);
    return out;
  }

  static std::string difference(const cpu::Registers& a, const cpu::Registers& b) {
    for (unsigned i = 0; i < cpu::kSlots; ++i)
      if (a.slots[i] != b.slots[i])
        return fmt::format("slot {}: {:#x}, {:#x}", i, a.slots[i], b.slots[i]);
    for (unsigned i = 0; i < 16; ++i)
      if (!(a.ymm[i] == b.ymm[i])) return fmt::format("ymm{}", i);
    if (a.rflags() != b.rflags()) return fmt::format("flags: {:#x}, {:#x}", a.rflags(), b.rflags());
    if (a.rip != b.rip) return fmt::format("rip: {:#x}, {:#x}", a.rip, b.rip);
    if (a.mxcsr != b.mxcsr) return fmt::format("mxcsr: {:#x}, {:#x}", a.mxcsr, b.mxcsr);
    return {};
  }

  static void compare(const Outcome& fast, const Outcome& observed) {
    if (fast.fault.has_value() != observed.fault.has_value())
      throw Disagreement("only one handler faulted");
    if (fast.fault && (fast.fault->kind != observed.fault->kind ||
                       fast.fault->address != observed.fault->address))
      throw Disagreement("the handlers' faults differ");
    if (const std::string what = difference(fast.regs, observed.regs); !what.empty())
      throw Disagreement("fast, observed: " + what);
    if (fast.data != observed.data) throw Disagreement("the handlers leave different memory");
    if (fast.trap != observed.trap) throw Disagreement("the handlers' traps differ");
  }

  static std::span<u8> bytes_of(std::vector<u8>& data, const cpu::Effect& e) {
    return std::span(data).subspan(e.address.value - kData, e.size);
  }
  /// What a store says was there before must have been there.
  static void check_before(const cpu::Effects& effects, const cpu::Effect& e,
                           std::vector<u8>& data) {
    std::vector<u8> before(e.size);
    effects.copy_before(e, 0, before);
    if (!std::ranges::equal(before, bytes_of(data, e)))
      throw Disagreement("an effect's old bytes are not what was there");
  }

  /// Plays the effects on the state before: the result must be the state after. A fault leaves
  /// nothing behind but what a string instruction has done by then.
  void check_effects(const Outcome& after) const {
    cpu::Registers played = regs;
    std::vector<u8> played_data = data;
    played.rip = after.regs.rip;
    for (const cpu::Effect& e : after.effects) {
      switch (e.kind) {
        case cpu::PlaceKind::gpr:
          played.slots[e.index] = e.after[0];
          break;
        case cpu::PlaceKind::ymm:
          std::memcpy(played.ymm[e.index].bytes.data(), e.after.data(), 32);
          break;
        case cpu::PlaceKind::flags:
          played.set_rflags(e.value_after());
          break;
        case cpu::PlaceKind::fs_base:
          played.fs_base() = e.after[0];
          break;
        case cpu::PlaceKind::mxcsr:
          played.mxcsr = static_cast<u32>(e.after[0]);
          break;
        case cpu::PlaceKind::memory_write:
          check_before(after.effects, e, played_data);
          after.effects.copy_after(e, 0, bytes_of(played_data, e));
          break;
        case cpu::PlaceKind::gs_base:  // no instruction writes it
        case cpu::PlaceKind::memory_read:
          break;
      }
    }
    if (const std::string what = difference(played, after.regs); !what.empty())
      throw Disagreement("the effects do not tell: " + what);
    if (played_data != after.data)
      throw Disagreement("the effects do not tell all writes to memory");
  }
};

}  // namespace tests
