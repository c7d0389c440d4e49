// Transfers of control: SDM vol. 1, 7.3.8. Each ends its block.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::Condition;
using cpu::holds;
using cpu::rcx;
using cpu::rsp;

template <Condition C>
RT0_INLINE const Op* jcc(auto& c) {
  return c.branch(holds<C>(c.flags()));
}

/// A target that is not canonical faults at the jump itself (#GP).
RT0_INLINE void require_canonical(auto& c, u64 target) {
  if (static_cast<i64>(target << 16) >> 16 != static_cast<i64>(target)) [[unlikely]]
    c.raise_fault(cpu::FaultKind::general_protection);
}

RT0_INLINE const Op* jmp(auto& c) { return c.branch(true); }
RT0_INLINE const Op* jmp_indirect(auto& c) {
  const u64 target = c.template read<u64>(0);
  require_canonical(c, target);
  return c.jump(target);
}

RT0_INLINE const Op* call(auto& c) {
  c.push(c.next_pc());
  return c.branch(true);
}
RT0_INLINE const Op* call_indirect(auto& c) {
  const u64 target = c.template read<u64>(0);
  require_canonical(c, target);
  c.push(c.next_pc());
  return c.jump(target);
}

RT0_INLINE const Op* ret(auto& c) {
  const u64 sp = c.template reg<u64>(rsp);
  const u64 target = c.template load<u64>(sp);
  require_canonical(c, target);
  c.template set_reg<u64>(rsp, sp + 8);
  return c.jump(target);
}
/// RET imm16 also drops that many bytes.
RT0_INLINE const Op* ret_drop(auto& c) {
  const u64 sp = c.template reg<u64>(rsp);
  const u64 target = c.template load<u64>(sp);
  require_canonical(c, target);
  c.template set_reg<u64>(rsp, sp + 8 + static_cast<u16>(c.immediate()));
  return c.jump(target);
}

RT0_INLINE const Op* jrcxz(auto& c) { return c.branch(c.template reg<u64>(rcx) == 0); }
RT0_INLINE const Op* jecxz(auto& c) { return c.branch(c.template reg<u32>(rcx) == 0); }

/// LOOP counts RCX down (ECX with the 67H prefix) without touching flags.
RT0_INLINE bool count_down(auto& c) {
  if (c.op()->bits & decode::kOpAddress32) {
    const u32 left = c.template reg<u32>(rcx) - 1;
    c.template set_reg<u32>(rcx, left);
    return left != 0;
  }
  const u64 left = c.template reg<u64>(rcx) - 1;
  c.template set_reg<u64>(rcx, left);
  return left != 0;
}
RT0_INLINE const Op* loop(auto& c) { return c.branch(count_down(c)); }
RT0_INLINE const Op* loope(auto& c) {
  const bool more = count_down(c);
  return c.branch(more && c.flags().zf());
}
RT0_INLINE const Op* loopne(auto& c) {
  const bool more = count_down(c);
  return c.branch(more && !c.flags().zf());
}

/// Variant 0: direct target; 1: register or memory.
u8 direct_or_indirect(const decode::Insn& i) {
  if (i.near_branch) return 0;
  return i.operand[0].bits == 64 ? 1 : kNoVariant;
}
u8 plain_or_drop(const decode::Insn& i) { return i.operands == 0 ? 0 : 1; }

/// The handlers that chain to the next block are the specialised ones.
template <class M, Form... Forms>
Specialised special_flow(const Form& form) {
  Specialised found;
  ((form == Forms ? void(found = specialised<M, Forms>()) : void()), ...);
  return found;
}
inline constexpr Form kFormI{{kI, kNo, kNo}, Addressing::full};
inline constexpr Form kFormNone{{kNo, kNo, kNo}, Addressing::full};

template <class Direct, class Indirect>
Specialised jump_special(u8 variant, const Form& form) {
  return variant == 0 ? special_flow<Direct, kFormI>(form)
                      : special_flow<Indirect, kFormR, kFormM<Addressing::base>,
                                     kFormM<Addressing::full>, kFormM<Addressing::absolute>>(form);
}

template <class Direct, class Indirect>
constexpr Row jump_row(std::string_view name, std::string_view reference, Direct, Indirect) {
  Row row{name, reference, kEndsBlock, direct_or_indirect, {}, {}, &jump_special<Direct, Indirect>};
  row.fast = {&execute<Direct, kAnyForm, false, false>, &execute<Indirect, kAnyForm, false, false>};
  row.observed = {&execute<Direct, kAnyForm, true, false>,
                  &execute<Indirect, kAnyForm, true, false>};
  return row;
}

using Ret = decltype(RT0_MEANING_ONE(ret));
using RetDrop = decltype(RT0_MEANING_ONE(ret_drop));
constexpr Row ret_row() {
  Row row{"ret", "RET", kEndsBlock, plain_or_drop, {}, {}, nullptr};
  row.fast = {&execute<Ret, kAnyForm, false, false>, &execute<RetDrop, kAnyForm, false, false>};
  row.observed = {&execute<Ret, kAnyForm, true, false>, &execute<RetDrop, kAnyForm, true, false>};
  row.special = [](u8 variant, const Form& form) {
    return variant == 0 ? special_flow<Ret, kFormNone>(form) : Specialised{};
  };
  return row;
}

template <class M>
constexpr Row branch(std::string_view name, std::string_view reference, M meaning) {
  Row row = one(name, reference, meaning, kEndsBlock);
  row.special = [](u8, const Form& form) { return special_flow<M, kFormI>(form); };
  return row;
}
template <Condition C>
constexpr Row jcc_row(std::string_view name) {
  return branch(name, "Jcc", [](auto& c) { return jcc<C>(c); });
}

constexpr std::array kRows = {
    jump_row("jmp", "JMP", RT0_MEANING_ONE(jmp), RT0_MEANING_ONE(jmp_indirect)),
    jump_row("call", "CALL", RT0_MEANING_ONE(call), RT0_MEANING_ONE(call_indirect)),
    ret_row(),
    branch("jrcxz", "Jcc", RT0_MEANING_ONE(jrcxz)),
    branch("jecxz", "Jcc", RT0_MEANING_ONE(jecxz)),
    branch("loop", "LOOP/LOOPcc", RT0_MEANING_ONE(loop)),
    branch("loope", "LOOP/LOOPcc", RT0_MEANING_ONE(loope)),
    branch("loopne", "LOOP/LOOPcc", RT0_MEANING_ONE(loopne)),
    jcc_row<Condition::o>("jo"),
    jcc_row<Condition::no>("jno"),
    jcc_row<Condition::b>("jb"),
    jcc_row<Condition::nb>("jnb"),
    jcc_row<Condition::z>("jz"),
    jcc_row<Condition::nz>("jnz"),
    jcc_row<Condition::be>("jbe"),
    jcc_row<Condition::nbe>("jnbe"),
    jcc_row<Condition::s>("js"),
    jcc_row<Condition::ns>("jns"),
    jcc_row<Condition::p>("jp"),
    jcc_row<Condition::np>("jnp"),
    jcc_row<Condition::l>("jl"),
    jcc_row<Condition::nl>("jnl"),
    jcc_row<Condition::le>("jle"),
    jcc_row<Condition::nle>("jnle"),
};

}  // namespace

std::span<const Row> flow_rows() { return kRows; }

}  // namespace emulator::semantics
