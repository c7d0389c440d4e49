// Fused multiply-add: SDM vol. 1, 14.5. The product is exact; the sum is rounded once.
#include "emulator/semantics/fp_rows.hpp"

namespace emulator::semantics {
namespace {

using fp::Env;
using fp::Negate;

/// Which operands are multiplied, and which is added: VFMADD132 is operand 0 × operand 2 + operand
/// 1, and so on.
struct Order {
  u8 a, b, addend;
};
constexpr Order k132{0, 2, 1}, k213{1, 0, 2}, k231{1, 2, 0};

/// Signs in even and in odd lanes.
struct Signs {
  Negate even, odd;
};
constexpr Negate kPlus{false, false}, kMinus{false, true};
constexpr Signs kMadd{kPlus, kPlus}, kMsub{kMinus, kMinus}, kNmadd{{true, false}, {true, false}},
    kNmsub{{true, true}, {true, true}}, kMaddsub{kMinus, kPlus}, kMsubadd{kPlus, kMinus};

/// Order and signs are arguments here, so that 36 rows share the code of four formats.
template <fp::HostFloat T, Vector V>
[[gnu::noinline]] void fma_packed(auto& c, Order order, Signs signs) {
  using Lanes = typename V::template Lanes<T>;
  const std::array<Lanes, 3> x = {c.template read<V>(0).template lanes<T>(),
                                  c.template read<V>(1).template lanes<T>(),
                                  c.template read<V>(2).template lanes<T>()};
  Lanes r;
  Env env(c.mxcsr());
  for (std::size_t i = 0; i < r.size(); ++i)
    r[i] = fp::fma(env, x[order.a][i], x[order.b][i], x[order.addend][i],
                   i % 2 == 0 ? signs.even : signs.odd);
  report(c, env);
  c.write(0, V::template of<T>(r));
}

template <Order O, Signs S, fp::HostFloat T>
struct FmaScalar {
  RT0_INLINE void operator()(auto& c) const {
    V128 v = c.template read_unaligned<V128>(0);
    const std::array<T, 3> x = {v.lanes<T>()[0], c.template read<LowLane<T>>(1).bits,
                                c.template read<LowLane<T>>(2).bits};
    Env env(c.mxcsr());
    const T r = fp::fma(env, x[O.a], x[O.b], x[O.addend], S.even);
    report(c, env);
    std::memcpy(v.bytes.data(), &r, sizeof r);
    c.write(0, v);
  }
};

template <Order O, Signs S, fp::HostFloat T>
constexpr Row packed_fma(std::string_view name, std::string_view reference) {
  return vectors(
      name, reference, []<class V>(auto& c) { fma_packed<T, V>(c, O, S); }, 0);
}
template <Order O, Signs S, fp::HostFloat T>
constexpr Row scalar_fma(std::string_view name, std::string_view reference) {
  using M = FmaScalar<O, S, T>;
  return with_special(one(name, reference, M{}), &special_one<M, RT0_FORMS_RRX>);
}

// One name family: three orders of the operands, two formats, packed and scalar.
#define RT0_FMA_PACKED(name, order, signs)                                                      \
  packed_fma<k##order, signs, u32>(name #order "ps", name "132PS/" name "213PS/" name "231PS"), \
      packed_fma<k##order, signs, u64>(name #order "pd", name "132PD/" name "213PD/" name "231PD")
#define RT0_FMA_SCALAR(name, order, signs)                                                      \
  scalar_fma<k##order, signs, u32>(name #order "ss", name "132SS/" name "213SS/" name "231SS"), \
      scalar_fma<k##order, signs, u64>(name #order "sd", name "132SD/" name "213SD/" name "231SD")
#define RT0_FMA_ORDERS(kind, name, signs) \
  kind(name, 132, signs), kind(name, 213, signs), kind(name, 231, signs)

constexpr std::array kRows = {
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfmadd", kMadd),
    RT0_FMA_ORDERS(RT0_FMA_SCALAR, "vfmadd", kMadd),
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfmsub", kMsub),
    RT0_FMA_ORDERS(RT0_FMA_SCALAR, "vfmsub", kMsub),
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfnmadd", kNmadd),
    RT0_FMA_ORDERS(RT0_FMA_SCALAR, "vfnmadd", kNmadd),
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfnmsub", kNmsub),
    RT0_FMA_ORDERS(RT0_FMA_SCALAR, "vfnmsub", kNmsub),
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfmaddsub", kMaddsub),
    RT0_FMA_ORDERS(RT0_FMA_PACKED, "vfmsubadd", kMsubadd),
};

}  // namespace

std::span<const Row> fma_rows() { return kRows; }

}  // namespace emulator::semantics
