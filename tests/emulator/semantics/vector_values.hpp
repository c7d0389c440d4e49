/// Vector registers as lists of lanes, lowest first.
#pragma once

#include <algorithm>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/one_insn.hpp"

namespace tests {

using cpu::V128;
using cpu::V256;

/// A register with the given lanes, zeros above them.
template <class T>
V256 lanes(std::initializer_list<T> values) {
  V256::Lanes<T> out{};
  std::copy(values.begin(), values.end(), out.begin());
  return V256::of<T>(out);
}
/// A register with `value` in every lane.
template <class T>
V256 every(T value) {
  V256::Lanes<T> out;
  out.fill(value);
  return V256::of<T>(out);
}
/// The characters of a literal, embedded zeros included.
template <std::size_t N>
V256 text(const char (&literal)[N]) {
  V256 out;
  std::copy(literal, literal + N - 1, out.bytes.begin());
  return out;
}
/// The lanes of the XMM register.
template <class T>
std::vector<T> xmm(const OneInsn& m, unsigned number) {
  const auto all = m.regs.ymm[number].lanes<T>();
  return {all.begin(), all.begin() + 16 / sizeof(T)};
}
template <class T>
std::vector<T> ymm(const OneInsn& m, unsigned number) {
  const auto all = m.regs.ymm[number].lanes<T>();
  return {all.begin(), all.end()};
}
template <class T>
using List = std::vector<T>;

}  // namespace tests
