/// The instruction table: one row a mnemonic, saying what it means, where the manual says so, and
/// which handlers carry it out. Dispatch, coverage, tests and documentation all read these rows.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "emulator/semantics/access.hpp"

namespace emulator::semantics {

enum RowBits : u8 {
  kLockable = 1,       // LOCK allowed (with a memory destination)
  kEndsBlock = 2,      // transfers control or stops the loop
  kThreeOperands = 4,  // legacy form `op a, b` means `op a, a, b`, the VEX form's shape
  kRepeats = 8,        // string instruction: REP allowed
  kVexZeroUpper = 16,
};

/// Handlers come in up to ten variants (operand widths); `select` picks one from the decoded
/// instruction, or kNoVariant when the table does not cover the form.
inline constexpr u8 kVariants = 10;
inline constexpr u8 kNoVariant = 0xff;
using Select = u8 (*)(const decode::Insn&);
using Handlers = std::array<Handler, kVariants>;
/// The handlers specialised for the operands' places and addressing; null for the general one.
struct Specialised {
  Handler fast = nullptr;
  Handler observed = nullptr;
};
using Special = Specialised (*)(u8 variant, const Form& form);

struct Row {
  std::string_view name;       // the mnemonic, without the V of a VEX form that means the same
  std::string_view reference;  // where SDM vol. 2 defines it
  u8 bits = 0;
  Select select = nullptr;
  Handlers fast{};
  Handlers observed{};
  Special special = nullptr;
};

// -- variants --

constexpr u8 width_variant(u16 bits) {
  return bits == 8     ? 0
         : bits == 16  ? 1
         : bits == 32  ? 2
         : bits == 64  ? 3
         : bits == 128 ? 4
         : bits == 256 ? 5
                       : kNoVariant;
}
/// By the size of operand 0 (or of operand N).
template <unsigned N = 0>
u8 by_operand(const decode::Insn& i) {
  return width_variant(i.operand[N].bits);
}
inline u8 only_one(const decode::Insn&) { return 0; }
/// 4 for XMM, 5 for YMM, by the widest of the vector operands.
inline u8 by_vector(const decode::Insn& i) { return i.vector_bits == 256 ? 5 : 4; }

// -- executing a meaning --

// In optimised builds a handler ends in a jump to the next one (the compilers turn `return f(core,
// op)` into one); elsewhere it returns the next Op and the loop calls it. The loop does not care
// which.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(RT0_NO_TAIL_CALLS)
#define RT0_CONTINUE(next) return (next)->exec(core, (next))
#else
#define RT0_CONTINUE(next) return (next)
#endif

/// Runs meaning M on the machine. A meaning that returns nothing goes on with the next Op in line;
/// one that returns an Op (or null) transfers control.
template <class M, Form F, bool Observed, bool Chain>
[[gnu::noinline]] const Op* execute(Core& core, const Op* op) {
  Access<F, Observed> c(core, op);
  if constexpr (std::is_void_v<decltype(M{}(c))>) {
    M{}(c);
    c.finish();
    if constexpr (Observed) return nullptr;
    if constexpr (Chain) RT0_CONTINUE(op + 1);
    return op + 1;
  } else {
    const Op* const next = M{}(c);
    c.finish();
    if constexpr (Observed) return nullptr;
    if constexpr (Chain) {
      if (next != nullptr) RT0_CONTINUE(next);
    }
    return next;
  }
}

/// Binds a width to a generic meaning: M is a stateless `[]<class T>(auto& c) { … }`.
template <class M, class T>
struct Bound {
  template <class C>
  RT0_INLINE auto operator()(C& c) const {
    return M{}.template operator()<T>(c);
  }
};

template <class M>
constexpr Handlers repeat_handlers(bool observed) {
  Handlers h{};
  h[0] = observed ? Handler(&execute<M, kAnyForm, true, false>)
                  : Handler(&execute<M, kAnyForm, false, false>);
  return h;
}
template <class M, class... T>
constexpr void fill(Handlers& fast, Handlers& observed, std::array<u8, sizeof...(T)> at) {
  std::size_t i = 0;
  ((fast[at[i]] = &execute<Bound<M, T>, kAnyForm, false, false>,
    observed[at[i]] = &execute<Bound<M, T>, kAnyForm, true, false>, ++i),
   ...);
}

/// A row whose meaning has no width parameter: M is `[](auto& c) { … }`.
template <class M>
constexpr Row one(std::string_view name, std::string_view reference, M, u8 bits = 0) {
  Row row{name,   reference, bits, only_one, repeat_handlers<M>(false), repeat_handlers<M>(true),
          nullptr};
  return row;
}
/// u8, u16, u32, u64 by operand 0.
template <class M>
constexpr Row words(std::string_view name, std::string_view reference, M, u8 bits = 0,
                    Special special = nullptr, Select select = by_operand<0>) {
  Row row{name, reference, bits, select, {}, {}, special};
  fill<M, u8, u16, u32, u64>(row.fast, row.observed, {0, 1, 2, 3});
  return row;
}
/// u16, u32, u64 by operand 0.
template <class M>
constexpr Row wide_words(std::string_view name, std::string_view reference, M, u8 bits = 0,
                         Special special = nullptr, Select select = by_operand<0>) {
  Row row{name, reference, bits, select, {}, {}, special};
  fill<M, u16, u32, u64>(row.fast, row.observed, {1, 2, 3});
  return row;
}
/// V128 and V256: the legacy SSE, VEX.128 and VEX.256 forms of one vector instruction. Bits default
/// to kThreeOperands.
template <class M>
constexpr Row vectors(std::string_view name, std::string_view reference, M,
                      u8 bits = kThreeOperands) {
  Row row{name, reference, bits, by_vector, {}, {}, nullptr};
  fill<M, V128, V256>(row.fast, row.observed, {4, 5});
  return row;
}

/// Names a function template `template <Word T> void f(auto& c)` as a meaning.
#define RT0_MEANING(f) []<class T>(auto& c) { return f<T>(c); }
/// Names a function `void f(auto& c)` as a meaning.
#define RT0_MEANING_ONE(f) [](auto& c) { return f(c); }

// -- specialised handlers for the instructions that dominate Go programs --

inline constexpr Place kR = Place::reg, kM = Place::mem, kI = Place::imm, kNo = Place::none;
inline constexpr Form kFormRR{{kR, kR, kNo}, Addressing::full};
inline constexpr Form kFormRI{{kR, kI, kNo}, Addressing::full};
inline constexpr Form kFormR{{kR, kNo, kNo}, Addressing::full};
template <Addressing A>
inline constexpr Form kFormRM{{kR, kM, kNo}, A};
template <Addressing A>
inline constexpr Form kFormMR{{kM, kR, kNo}, A};
template <Addressing A>
inline constexpr Form kFormMI{{kM, kI, kNo}, A};
template <Addressing A>
inline constexpr Form kFormM{{kM, kNo, kNo}, A};

/// The observed handlers are specialised by the operands' places only: recording effects costs more
/// than telling one way of addressing from another.
constexpr Form observed_form(Form form) {
  for (const Place place : form.operand)
    if (place == kM) form.addressing = Addressing::any;
  return form;
}
template <class M, Form F>
constexpr Specialised specialised() {
  return {&execute<M, F, false, true>, &execute<M, observed_form(F), true, false>};
}

/// The specialised handlers of a meaning for one of Forms…, by width variant 0 to 3.
template <class M, Form... Forms>
Specialised special_words(u8 variant, const Form& form) {
  Specialised found;
  const auto offer = [&]<Form F>() {
    if (!(form == F)) return;
    switch (variant) {
      case 0:
        found = specialised<Bound<M, u8>, F>();
        break;
      case 1:
        found = {&execute<Bound<M, u16>, F, false, true>, nullptr};
        break;
      case 2:
        found = specialised<Bound<M, u32>, F>();
        break;
      case 3:
        found = specialised<Bound<M, u64>, F>();
        break;
      default:
        break;
    }
  };
  (offer.template operator()<Forms>(), ...);
  return found;
}

#define RT0_FORMS_RM \
  kFormRM<Addressing::base>, kFormRM<Addressing::full>, kFormRM<Addressing::absolute>
#define RT0_FORMS_MR \
  kFormMR<Addressing::base>, kFormMR<Addressing::full>, kFormMR<Addressing::absolute>
#define RT0_FORMS_MI \
  kFormMI<Addressing::base>, kFormMI<Addressing::full>, kFormMI<Addressing::absolute>
#define RT0_FORMS_ALU kFormRR, kFormRI, RT0_FORMS_RM, RT0_FORMS_MR, RT0_FORMS_MI

}  // namespace emulator::semantics
