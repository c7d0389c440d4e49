// Logical instructions: SDM vol. 1, 7.3.5. CF and OF are cleared, AF is undefined (rt0 clears it).
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::logic_flags;

template <Word T>
RT0_INLINE void and_(auto& c) {
  const T result = static_cast<T>(c.template read<T>(0) & c.template read<T>(1));
  c.write(0, result);
  c.write(logic_flags(result));
}

template <Word T>
RT0_INLINE void or_(auto& c) {
  const T result = static_cast<T>(c.template read<T>(0) | c.template read<T>(1));
  c.write(0, result);
  c.write(logic_flags(result));
}

template <Word T>
RT0_INLINE void xor_(auto& c) {
  const T result = static_cast<T>(c.template read<T>(0) ^ c.template read<T>(1));
  c.write(0, result);
  c.write(logic_flags(result));
}

template <Word T>
RT0_INLINE void test(auto& c) {
  c.write(logic_flags(static_cast<T>(c.template read<T>(0) & c.template read<T>(1))));
}

/// NOT changes no flag.
template <Word T>
RT0_INLINE void not_(auto& c) {
  c.write(0, static_cast<T>(~c.template read<T>(0)));
}

template <Word T>
RT0_INLINE void andn(auto& c) {
  const T result = static_cast<T>(~c.template read<T>(1) & c.template read<T>(2));
  c.write(0, result);
  c.write(logic_flags(result));
}

template <class M>
constexpr Row alu(std::string_view name, std::string_view reference, M meaning) {
  return words(name, reference, meaning, kLockable, &special_words<M, RT0_FORMS_ALU>);
}
template <class M>
constexpr Row unary(std::string_view name, std::string_view reference, M meaning) {
  return words(name, reference, meaning, kLockable, &special_words<M, kFormR>);
}

constexpr std::array kRows = {
    alu("and", "AND", RT0_MEANING(and_)),
    alu("or", "OR", RT0_MEANING(or_)),
    alu("xor", "XOR", RT0_MEANING(xor_)),
    words("test", "TEST", RT0_MEANING(test), 0,
          &special_words<decltype(RT0_MEANING(test)), RT0_FORMS_ALU>),
    unary("not", "NOT", RT0_MEANING(not_)),
    wide_words("andn", "ANDN", RT0_MEANING(andn)),
};

}  // namespace

std::span<const Row> logic_rows() { return kRows; }

}  // namespace emulator::semantics
