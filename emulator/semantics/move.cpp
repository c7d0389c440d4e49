// Data transfer between general registers and memory: SDM vol. 1, 7.3.1.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::Condition;
using cpu::holds;
using cpu::rax;
using cpu::rdx;
using cpu::rsp;

template <Word T>
RT0_INLINE void mov(auto& c) {
  c.write(0, c.template read<T>(1));
}

/// The destination's upper part is zero: a 32-bit write does all of it but for 16-bit destinations.
template <Word Source>
RT0_INLINE void movzx(auto& c) {
  const Source v = c.template read<Source>(1);
  if (c.op()->size == 1)
    c.write(0, static_cast<u16>(v));
  else
    c.write(0, static_cast<u32>(v));
}
template <Word Source>
RT0_INLINE void movsx(auto& c) {
  const u64 v = cpu::sign_extend(c.template read<Source>(1));
  switch (c.op()->size) {
    case 1:
      return c.write(0, static_cast<u16>(v));
    case 2:
      return c.write(0, static_cast<u32>(v));
    default:
      return c.write(0, v);
  }
}

/// The effective address without its segment base; nothing is accessed.
template <Word T>
RT0_INLINE void lea(auto& c) {
  c.write(0, static_cast<T>(c.address()));
}

template <Word T>
RT0_INLINE void push(auto& c) {
  c.push(c.template read<T>(0));
}
/// POP to memory computes its address after RSP has moved; POP RSP leaves the popped value.
template <Word T>
RT0_INLINE void pop(auto& c) {
  const u64 sp = c.template reg<u64>(rsp);
  const T v = c.template load<T>(sp);
  if (c.is_mem(0)) {
    // The address may be based on RSP, which counts as already popped. The store may fault, so RSP
    // is put back first.
    c.core().regs[rsp] = sp + sizeof(T);
    const u64 a = c.address();
    c.core().regs[rsp] = sp;
    c.store(a, v);
    c.template set_reg<u64>(rsp, sp + sizeof(T));
  } else {
    c.template set_reg<u64>(rsp, sp + sizeof(T));
    c.write(0, v);
  }
}

/// RFLAGS as user mode pushes it. VM and RF read as zero.
template <Word T>
RT0_INLINE void pushf(auto& c) {
  c.push(static_cast<T>(c.rflags()));
}
template <Word T>
RT0_INLINE void popf(auto& c) {
  const T v = c.template pop<T>();
  c.set_rflags(sizeof(T) == 2 ? (c.rflags() & ~u64{0xffff}) | v : u64{v});
}

template <Word T>
RT0_INLINE void xchg(auto& c) {
  const T a = c.template read<T>(0), b = c.template read<T>(1);
  if (c.is_mem(1)) {
    c.write(1, a);
    c.write(0, b);
  } else {
    c.write(0, b);
    c.write(1, a);
  }
}

RT0_INLINE void leave(auto& c) {
  const u64 frame = c.template reg<u64>(cpu::rbp);
  const u64 v = c.template load<u64>(frame);
  c.template set_reg<u64>(rsp, frame + 8);
  c.template set_reg<u64>(cpu::rbp, v);
}

RT0_INLINE void cbw(auto& c) {
  c.template set_reg<u16>(rax, static_cast<u16>(cpu::sign_extend(c.template reg<u8>(rax))));
}
RT0_INLINE void cwde(auto& c) {
  c.template set_reg<u32>(rax, static_cast<u32>(cpu::sign_extend(c.template reg<u16>(rax))));
}
RT0_INLINE void cdqe(auto& c) {
  c.template set_reg<u64>(rax, cpu::sign_extend(c.template reg<u32>(rax)));
}
template <Word T>
RT0_INLINE void spread_sign(auto& c) {
  c.template set_reg<T>(rdx, cpu::sign_of(c.template reg<T>(rax)) ? static_cast<T>(~T{0}) : T{0});
}

/// The source is read, and may fault, whether or not it is moved; a 32-bit destination's upper half
/// is cleared either way.
template <Condition C, Word T>
RT0_INLINE void cmov(auto& c) {
  const T source = c.template read<T>(1);
  c.write(0, holds<C>(c.flags()) ? source : c.template read<T>(0));
}
template <Condition C>
RT0_INLINE void setcc(auto& c) {
  c.write(0, static_cast<u8>(holds<C>(c.flags())));
}

RT0_INLINE void lahf(auto& c) {
  const u64 f = c.rflags();
  const u64 v = (c.template reg<u64>(rax) & ~u64{0xff00}) | ((f & 0xd5) | 2) << 8;
  c.template set_reg<u64>(rax, v);
}
RT0_INLINE void sahf(auto& c) {
  c.set_rflags((c.rflags() & ~u64{0xd5}) | ((c.template reg<u64>(rax) >> 8) & 0xd5));
}
RT0_INLINE void xlat(auto& c) {
  const u8 v = c.template load<u8>(c.template reg<u64>(cpu::rbx) + c.template reg<u8>(rax));
  c.template set_reg<u8>(rax, v);
}

template <class M>
constexpr Special kMov = &special_words<M, RT0_FORMS_ALU>;
template <class M>
constexpr Special kLoad = &special_words<M, kFormRR, RT0_FORMS_RM>;

/// An immediate is pushed as 64 bits, sign-extended, however short its encoding.
u8 stack_width(const decode::Insn& i) {
  return i.operand[0].kind == decode::OperandKind::imm ? u8{3} : by_operand<0>(i);
}
/// Specialised for pushes and pops of a register.
template <class M>
constexpr Row stack(std::string_view name, std::string_view reference, M meaning) {
  return wide_words(name, reference, meaning, 0, &special_words<M, kFormR>, stack_width);
}

template <Condition C>
constexpr Row cmov_row(std::string_view name) {
  constexpr auto meaning = []<class T>(auto& c) { return cmov<C, T>(c); };
  return wide_words(name, "CMOVcc", meaning, 0,
                    &special_words<decltype(meaning), kFormRR, RT0_FORMS_RM>);
}
template <Condition C>
constexpr Row set_row(std::string_view name) {
  return one(name, "SETcc", [](auto& c) { return setcc<C>(c); });
}

constexpr std::array kRows = {
    words("mov", "MOV", RT0_MEANING(mov), 0, kMov<decltype(RT0_MEANING(mov))>),
    words("movzx", "MOVZX", RT0_MEANING(movzx), 0, kLoad<decltype(RT0_MEANING(movzx))>,
          by_operand<1>),
    words("movsx", "MOVSX/MOVSXD", RT0_MEANING(movsx), 0, kLoad<decltype(RT0_MEANING(movsx))>,
          by_operand<1>),
    words("movsxd", "MOVSX/MOVSXD", RT0_MEANING(movsx), 0, kLoad<decltype(RT0_MEANING(movsx))>,
          by_operand<1>),
    wide_words("lea", "LEA", RT0_MEANING(lea), 0,
               &special_words<decltype(RT0_MEANING(lea)), RT0_FORMS_RM>),
    stack("push", "PUSH", RT0_MEANING(push)),
    stack("pop", "POP", RT0_MEANING(pop)),
    one("pushfq", "PUSHF/PUSHFD/PUSHFQ", [](auto& c) { return pushf<u64>(c); }),
    one("pushf", "PUSHF/PUSHFD/PUSHFQ", [](auto& c) { return pushf<u16>(c); }),
    one("popfq", "POPF/POPFD/POPFQ", [](auto& c) { return popf<u64>(c); }),
    one("popf", "POPF/POPFD/POPFQ", [](auto& c) { return popf<u16>(c); }),
    words("xchg", "XCHG", RT0_MEANING(xchg), kLockable),
    one("leave", "LEAVE", RT0_MEANING_ONE(leave)),
    one("cbw", "CBW/CWDE/CDQE", RT0_MEANING_ONE(cbw)),
    one("cwde", "CBW/CWDE/CDQE", RT0_MEANING_ONE(cwde)),
    one("cdqe", "CBW/CWDE/CDQE", RT0_MEANING_ONE(cdqe)),
    one("cwd", "CWD/CDQ/CQO", [](auto& c) { return spread_sign<u16>(c); }),
    one("cdq", "CWD/CDQ/CQO", [](auto& c) { return spread_sign<u32>(c); }),
    one("cqo", "CWD/CDQ/CQO", [](auto& c) { return spread_sign<u64>(c); }),
    one("lahf", "LAHF", RT0_MEANING_ONE(lahf)),
    one("sahf", "SAHF", RT0_MEANING_ONE(sahf)),
    one("xlat", "XLAT/XLATB", RT0_MEANING_ONE(xlat)),
    cmov_row<Condition::o>("cmovo"),
    cmov_row<Condition::no>("cmovno"),
    cmov_row<Condition::b>("cmovb"),
    cmov_row<Condition::nb>("cmovnb"),
    cmov_row<Condition::z>("cmovz"),
    cmov_row<Condition::nz>("cmovnz"),
    cmov_row<Condition::be>("cmovbe"),
    cmov_row<Condition::nbe>("cmovnbe"),
    cmov_row<Condition::s>("cmovs"),
    cmov_row<Condition::ns>("cmovns"),
    cmov_row<Condition::p>("cmovp"),
    cmov_row<Condition::np>("cmovnp"),
    cmov_row<Condition::l>("cmovl"),
    cmov_row<Condition::nl>("cmovnl"),
    cmov_row<Condition::le>("cmovle"),
    cmov_row<Condition::nle>("cmovnle"),
    set_row<Condition::o>("seto"),
    set_row<Condition::no>("setno"),
    set_row<Condition::b>("setb"),
    set_row<Condition::nb>("setnb"),
    set_row<Condition::z>("setz"),
    set_row<Condition::nz>("setnz"),
    set_row<Condition::be>("setbe"),
    set_row<Condition::nbe>("setnbe"),
    set_row<Condition::s>("sets"),
    set_row<Condition::ns>("setns"),
    set_row<Condition::p>("setp"),
    set_row<Condition::np>("setnp"),
    set_row<Condition::l>("setl"),
    set_row<Condition::nl>("setnl"),
    set_row<Condition::le>("setle"),
    set_row<Condition::nle>("setnle"),
};

}  // namespace

std::span<const Row> move_rows() { return kRows; }

}  // namespace emulator::semantics
