// Binary addition and subtraction: SDM vol. 1, 7.3.2.
#include "emulator/semantics/table.hpp"

namespace emulator::semantics {
namespace {

using cpu::difference;
using cpu::sum;

template <Word T>
RT0_INLINE void add(auto& c) {
  const auto [result, flags] = sum<T>(c.template read<T>(0), c.template read<T>(1));
  c.write(0, result);
  c.write(flags);
}

template <Word T>
RT0_INLINE void adc(auto& c) {
  const auto [result, flags] = sum<T>(c.template read<T>(0), c.template read<T>(1), c.flags().cf());
  c.write(0, result);
  c.write(flags);
}

template <Word T>
RT0_INLINE void sub(auto& c) {
  const auto [result, flags] = difference<T>(c.template read<T>(0), c.template read<T>(1));
  c.write(0, result);
  c.write(flags);
}

template <Word T>
RT0_INLINE void sbb(auto& c) {
  const auto [result, flags] =
      difference<T>(c.template read<T>(0), c.template read<T>(1), c.flags().cf());
  c.write(0, result);
  c.write(flags);
}

template <Word T>
RT0_INLINE void cmp(auto& c) {
  c.write(difference<T>(c.template read<T>(0), c.template read<T>(1)).flags);
}

/// INC and DEC leave CF as it was.
template <Word T>
RT0_INLINE void inc(auto& c) {
  const auto [result, flags] = sum<T>(c.template read<T>(0), 1);
  const bool cf = c.flags().cf();
  c.write(0, result);
  c.write(flags.with_cf(cf));
}

template <Word T>
RT0_INLINE void dec(auto& c) {
  const auto [result, flags] = difference<T>(c.template read<T>(0), 1);
  const bool cf = c.flags().cf();
  c.write(0, result);
  c.write(flags.with_cf(cf));
}

template <Word T>
RT0_INLINE void neg(auto& c) {
  const auto [result, flags] = difference<T>(0, c.template read<T>(0));
  c.write(0, result);
  c.write(flags);
}

/// Adds with one flag as carry in and out and touches no other: ADCX uses CF, ADOX uses OF.
template <Word T>
RT0_INLINE void adcx(auto& c) {
  const Flags old = c.flags();
  const auto [result, flags] = sum<T>(c.template read<T>(0), c.template read<T>(1), old.cf());
  c.write(0, result);
  c.write(old.with_cf_of(flags.cf(), old.of()));
}

template <Word T>
RT0_INLINE void adox(auto& c) {
  const Flags old = c.flags();
  const auto [result, flags] = sum<T>(c.template read<T>(0), c.template read<T>(1), old.of());
  c.write(0, result);
  c.write(old.with_cf_of(old.cf(), flags.cf()));
}

template <class M>
constexpr Special kAlu = &special_words<M, RT0_FORMS_ALU>;
template <class M>
constexpr Special kUnary = &special_words<M, kFormR, kFormM<Addressing::base>,
                                          kFormM<Addressing::full>, kFormM<Addressing::absolute>>;

template <class M>
constexpr Row alu(std::string_view name, std::string_view reference, M meaning) {
  return words(name, reference, meaning, kLockable, kAlu<M>);
}
template <class M>
constexpr Row unary(std::string_view name, std::string_view reference, M meaning) {
  return words(name, reference, meaning, kLockable, kUnary<M>);
}

constexpr std::array kRows = {
    alu("add", "ADD", RT0_MEANING(add)),
    alu("adc", "ADC", RT0_MEANING(adc)),
    alu("sub", "SUB", RT0_MEANING(sub)),
    alu("sbb", "SBB", RT0_MEANING(sbb)),
    words("cmp", "CMP", RT0_MEANING(cmp), 0, kAlu<decltype(RT0_MEANING(cmp))>),
    unary("inc", "INC", RT0_MEANING(inc)),
    unary("dec", "DEC", RT0_MEANING(dec)),
    unary("neg", "NEG", RT0_MEANING(neg)),
    wide_words("adcx", "ADCX", RT0_MEANING(adcx)),
    wide_words("adox", "ADOX", RT0_MEANING(adox)),
};

}  // namespace

std::span<const Row> arith_rows() { return kRows; }

}  // namespace emulator::semantics
