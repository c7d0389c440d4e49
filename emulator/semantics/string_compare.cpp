#include "emulator/semantics/string_compare.hpp"

#include <algorithm>
#include <bit>

namespace emulator::semantics {
namespace {

enum Aggregation : u8 { kEqualAny, kRanges, kEqualEach, kEqualOrdered };

struct Elements {
  std::array<i32, 16> value{};
  unsigned valid = 0;  // how many, from the first
};

unsigned element_count(u8 control) { return control & 1 ? 8 : 16; }

/// Control bits 1:0: unsigned bytes, unsigned words, signed bytes, signed words.
template <class T>
Elements widen(const cpu::V128& v) {
  Elements out;
  const auto lanes = v.lanes<T>();
  std::copy(lanes.begin(), lanes.end(), out.value.begin());
  return out;
}
Elements elements(const cpu::V128& v, u8 control) {
  switch (control & 3) {
    case 0:
      return widen<u8>(v);
    case 1:
      return widen<u16>(v);
    case 2:
      return widen<i8>(v);
    default:
      return widen<i16>(v);
  }
}

unsigned valid_elements(i64 length, unsigned count) {
  const u64 magnitude = length < 0 ? u64{0} - static_cast<u64>(length) : static_cast<u64>(length);
  return static_cast<unsigned>(std::min<u64>(magnitude, count));
}

/// Whether element j of b matches, for each way of aggregating. Past the end of a string nothing
/// matches, but for equal-each, where two ends are equal, and equal-ordered, where the end of the
/// needle always matches.
bool any_equal(const Elements& a, const Elements& b, unsigned j) {
  const auto end = a.value.begin() + a.valid;
  return j < b.valid && std::find(a.value.begin(), end, b.value[j]) != end;
}
bool in_ranges(const Elements& a, const Elements& b, unsigned j) {
  if (j >= b.valid) return false;
  for (unsigned i = 0; i + 1 < a.valid; i += 2)
    if (a.value[i] <= b.value[j] && b.value[j] <= a.value[i + 1]) return true;
  return false;
}
bool each_equal(const Elements& a, const Elements& b, unsigned j) {
  if (j >= a.valid || j >= b.valid) return j >= a.valid && j >= b.valid;
  return a.value[j] == b.value[j];
}
bool starts_here(const Elements& a, const Elements& b, unsigned j, unsigned count) {
  for (unsigned i = 0; i < a.valid && j + i < count; ++i)
    if (j + i >= b.valid || a.value[i] != b.value[j + i]) return false;
  return true;
}

bool matches(const Elements& a, const Elements& b, unsigned j, unsigned count, u8 control) {
  switch ((control >> 2) & 3) {
    case kEqualAny:
      return any_equal(a, b, j);
    case kRanges:
      return in_ranges(a, b, j);
    case kEqualEach:
      return each_equal(a, b, j);
    default:
      return starts_here(a, b, j, count);
  }
}

}  // namespace

StringComparison compare_strings(const cpu::V128& a, i64 length_a, const cpu::V128& b, i64 length_b,
                                 u8 control) {
  StringComparison out;
  const unsigned count = out.elements = element_count(control);
  Elements first = elements(a, control), second = elements(b, control);
  first.valid = valid_elements(length_a, count);
  second.valid = valid_elements(length_b, count);
  for (unsigned j = 0; j < count; ++j)
    out.mask |= u32{matches(first, second, j, count, control)} << j;
  // Bits 5:4: negate all elements (1) or those within the second string (3).
  const u32 all = (1u << count) - 1;
  if (control & 0x10) out.mask ^= control & 0x20 ? (1u << second.valid) - 1 : all;
  out.flags = cpu::Flags::from_bits(
      (out.mask != 0 ? u64{cpu::kCF} : 0) | (second.valid < count ? u64{cpu::kZF} : 0) |
      (first.valid < count ? u64{cpu::kSF} : 0) | (out.mask & 1 ? u64{cpu::kOF} : 0));
  return out;
}

i64 implicit_length(const cpu::V128& v, u8 control) {
  const Elements e = elements(v, control);
  const auto end = e.value.begin() + element_count(control);
  return std::find(e.value.begin(), end, 0) - e.value.begin();
}

u32 StringComparison::index(u8 control) const {
  if (mask == 0) return elements;
  return static_cast<u32>(control & 0x40 ? std::bit_width(mask) - 1 : std::countr_zero(mask));
}

cpu::V128 StringComparison::vector(u8 control) const {
  cpu::V128 out;
  if (!(control & 0x40)) {
    out.bytes[0] = static_cast<u8>(mask), out.bytes[1] = static_cast<u8>(mask >> 8);
    return out;
  }
  const unsigned size = 16 / elements;
  for (unsigned i = 0; i < 16; ++i) out.bytes[i] = (mask >> (i / size)) & 1 ? 0xff : 0;
  return out;
}

}  // namespace emulator::semantics
