/// Shapes that the floating point families share: one operation on the low lane, or on every lane.
#pragma once

#include "emulator/cpu/fp.hpp"
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {

namespace fp = cpu::fp;

/// The low lane of a register, or memory of that size, for binary32 or binary64.
template <fp::HostFloat T>
using LowLane = std::conditional_t<sizeof(T) == 4, Low32, Low64>;

/// Puts the exceptions into MXCSR; an unmasked one is then #XM, and nothing else is written. MXCSR
/// is written even so: the handler reads there what happened (SDM vol. 1, 11.5.1).
RT0_INLINE void report(auto& c, const fp::Env& env) {
  if (env.raised() == 0) [[likely]]
    return;
  c.set_mxcsr(c.mxcsr() | env.raised());
  if (!env.faults()) return;
  c.core().partly = true;
  c.finish();
  c.raise_fault(cpu::FaultKind::simd);
}

/// Writes operand 1 with its low lane replaced: how every scalar operation ends.
template <class T>
RT0_INLINE void write_low(auto& c, T low) {
  V128 v = c.template read_unaligned<V128>(1);
  std::memcpy(v.bytes.data(), &low, sizeof low);
  c.write(0, v);
}

/// `op(env, a, b)` on the low lanes of operands 1 and 2.
template <class Operation, fp::HostFloat T>
struct Scalar {
  RT0_INLINE void operator()(auto& c) const {
    V128 v = c.template read_unaligned<V128>(1);
    T low;
    std::memcpy(&low, v.bytes.data(), sizeof low);
    fp::Env env(c.mxcsr());
    low = Operation{}(env, low, c.template read<LowLane<T>>(2).bits);
    report(c, env);
    std::memcpy(v.bytes.data(), &low, sizeof low);
    c.write(0, v);
  }
};

/// `op(env, a)` on the low lane of operand 2; the rest comes from operand 1.
template <class Operation, fp::HostFloat T>
struct ScalarUnary {
  RT0_INLINE void operator()(auto& c) const {
    fp::Env env(c.mxcsr());
    const auto low = Operation{}(env, c.template read<LowLane<T>>(2).bits);
    report(c, env);
    write_low(c, low);
  }
};

/// `op(env, a, b)` on every lane of operands 1 and 2.
template <class Operation, fp::HostFloat T, Vector V>
void packed(auto& c) {
  const auto a = c.template read<V>(1).template lanes<T>();
  const auto b = c.template read<V>(2).template lanes<T>();
  typename V::template Lanes<T> r;
  fp::Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = Operation{}(env, a[i], b[i]);
  report(c, env);
  c.write(0, V::template of<T>(r));
}

/// `op(env, a)` on every lane of operand 1.
template <class Operation, fp::HostFloat T, Vector V>
void packed_unary(auto& c) {
  const auto a = c.template read<V>(1).template lanes<T>();
  typename V::template Lanes<T> r;
  fp::Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = Operation{}(env, a[i]);
  report(c, env);
  c.write(0, V::template of<T>(r));
}

// -- handlers specialised by where the operands are --

inline constexpr Form kFormRRR{{kR, kR, kR}, Addressing::full};
template <Addressing A>
inline constexpr Form kFormRRM{{kR, kR, kM}, A};
#define RT0_FORMS_RRX \
  kFormRRR, kFormRRM<Addressing::base>, kFormRRM<Addressing::full>, kFormRRM<Addressing::absolute>
#define RT0_FORMS_RX kFormRR, RT0_FORMS_RM

/// The specialised handler of a meaning without a width for one of Forms….
template <class M, Form... Forms>
Specialised special_one(u8 variant, const Form& form) {
  Specialised found;
  if (variant == 0)
    ((form == Forms ? void(found.fast = &execute<M, Forms, false, true>) : void()), ...);
  return found;
}

constexpr Row with_special(Row row, Special special) {
  row.special = special;
  return row;
}

// -- rows --

template <fp::HostFloat T, class Operation>
constexpr Row scalar_row(std::string_view name, std::string_view reference, Operation) {
  using M = Scalar<Operation, T>;
  return with_special(one(name, reference, M{}, kThreeOperands), &special_one<M, RT0_FORMS_RRX>);
}
template <fp::HostFloat T, class Operation>
constexpr Row scalar_unary_row(std::string_view name, std::string_view reference, Operation) {
  using M = ScalarUnary<Operation, T>;
  return with_special(one(name, reference, M{}, kThreeOperands), &special_one<M, RT0_FORMS_RRX>);
}
template <fp::HostFloat T, class Operation>
constexpr Row packed_row(std::string_view name, std::string_view reference, Operation) {
  return vectors(name, reference, []<class V>(auto& c) { packed<Operation, T, V>(c); });
}
template <fp::HostFloat T, class Operation>
constexpr Row packed_unary_row(std::string_view name, std::string_view reference, Operation) {
  return vectors(
      name, reference, []<class V>(auto& c) { packed_unary<Operation, T, V>(c); }, 0);
}

}  // namespace emulator::semantics
