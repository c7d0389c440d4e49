/// AVX2 gathers: SDM vol. 2, VGATHERDPS/VGATHERDPD, VGATHERQPS/VGATHERQPD, VPGATHERDD/VPGATHERDQ,
/// VPGATHERQD/VPGATHERQQ. The memory operand's index is a vector register (VSIB), which the decoder
/// gives by number where a slot would be.
#pragma once

#include "emulator/semantics/vector_lanes.hpp"

namespace emulator::semantics {

/// Loads the lanes whose mask is negative and keeps the destination's others; the mask ends as
/// zero. A fault leaves everything as it was: the manual would have the lanes below the faulting
/// one done already, which nobody can tell once the instruction has been restarted.
template <class Index, class T>
struct Gather {
  template <Vector V>
  RT0_INLINE void operator()(auto& c) const {
    constexpr std::size_t kCount = V::kBytes / std::max(sizeof(Index), sizeof(T));
    using Result = std::conditional_t<kCount * sizeof(T) == 32, V256, V128>;
    const decode::Op& op = *c.op();
    const auto index = c.template ymm<V256>(op.index / 8).template lanes<Index>();
    const auto mask = c.template ymm<Result>(op.reg[2]).template lanes<T>();
    const auto old = c.template ymm<Result>(op.reg[0]).template lanes<T>();
    const u64 base = c.template reg<u64>(op.base / 8) + static_cast<u64>(i64{op.disp});
    typename Result::template Lanes<T> out{};
    for (std::size_t i = 0; i < kCount; ++i) {
      const u64 address = c.linear(base + (static_cast<u64>(i64{index[i]}) << op.scale));
      out[i] = cpu::sign_of(mask[i]) ? c.template load<T>(address) : old[i];
    }
    c.write_ymm(op.reg[2], V128{}, true);
    c.write_ymm(op.reg[0], Result::template of<T>(out), true);
  }
};
template <class Index, class T>
constexpr Row gather(std::string_view name, std::string_view reference) {
  return vectors(name, reference, Gather<Index, T>{}, 0);
}

}  // namespace emulator::semantics
