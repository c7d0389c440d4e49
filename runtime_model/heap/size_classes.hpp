/// Which sizes small objects are rounded to, and how their spans are cut.
#pragma once

#include "emulator/base/types.hpp"

namespace runtime_model::heap {

using emulator::u32;
using emulator::u64;
using emulator::u8;

inline constexpr unsigned kSizeClasses = 68;  ///< class 0 is for large objects
inline constexpr u64 kMaxSmallSize = 32768;   ///< what is larger has a span of its own
inline constexpr u64 kTinySize = 16;          ///< pointer-free objects below share a block of this
inline constexpr u8 kTinyClass = 2;

/// Bytes of an object of a class, and pages of its span.
u64 class_size(u8 size_class);
u64 class_pages(u8 size_class);
/// The smallest class that holds `size` bytes, at most kMaxSmallSize.
u8 class_of(u64 size);
/// ⌈2³² / size⌉: the multiplier by which Go divides by the size of an object. Go:
/// runtime/mksizeclasses.go.
u32 class_divmagic(u8 size_class);

/// A span's class: its size class, and whether the collector need not look into its objects.
constexpr u8 span_class(u8 size_class, bool noscan) {
  return static_cast<u8>(size_class << 1 | (noscan ? 1 : 0));
}
constexpr u8 size_class_of(u8 span_class) { return span_class >> 1; }

}  // namespace runtime_model::heap
