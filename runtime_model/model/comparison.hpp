/// Holds what a model wrote against what the real function wrote.
#pragma once

#include <map>
#include <vector>

#include "runtime_model/model/activation.hpp"

namespace runtime_model::model {

/// A run of bytes within a word, as both sides left it. Values are little-endian, `size` bytes.
struct Field {
  enum class Verdict : u8 {
    equal,
    different,
    not_covered,  ///< changed by the real code alone
    excused,
  };
  Addr address;
  unsigned size;
  u64 model, real;
  Verdict verdict;
  bool changed;  ///< the real code left another value than it found
};

/// A range of addresses whose contents nobody reads again: dead stack.
struct Range {
  Addr from, to;
  bool contains(u64 a) const { return a >= from.value && a < to.value; }
};

/// Every field that either side wrote, in address order, as the guest's memory is now.
std::vector<Field> compare(const Activation& a, const emulator::memory::AddressSpace& live,
                           const std::vector<Range>& dead);

}  // namespace runtime_model::model
