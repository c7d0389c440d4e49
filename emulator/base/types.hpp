/// The numbers that carry a meaning: guest addresses, instruction numbers, virtual nanoseconds.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace emulator {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;

static_assert(sizeof(void*) == 8, "rt0 needs a 64-bit host");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "rt0 needs a little-endian host: guest words are read in place");

namespace base {

/// A guest virtual address. Not a number: two addresses subtract to a byte count, and only counts
/// add to addresses.
struct Addr {
  u64 value = 0;

  constexpr Addr() = default;
  constexpr explicit Addr(u64 v) : value(v) {}
  friend constexpr auto operator<=>(Addr, Addr) = default;
  constexpr Addr operator+(u64 bytes) const { return Addr(value + bytes); }
  constexpr Addr operator-(u64 bytes) const { return Addr(value - bytes); }
  constexpr u64 operator-(Addr other) const { return value - other.value; }
  constexpr Addr& operator+=(u64 bytes) { return value += bytes, *this; }
};

/// Retired instructions since the program's entry; a REP string instruction counts once.
using InsnCount = u64;

/// Virtual nanoseconds since the program's start.
struct Nanos {
  i64 value = 0;

  constexpr Nanos() = default;
  constexpr explicit Nanos(i64 v) : value(v) {}
  friend constexpr auto operator<=>(Nanos, Nanos) = default;
  constexpr Nanos operator+(Nanos d) const { return Nanos(value + d.value); }
  constexpr Nanos operator-(Nanos d) const { return Nanos(value - d.value); }
};

inline constexpr u64 kPageSize = 4096;
inline constexpr u64 kPageMask = kPageSize - 1;
constexpr u64 page_floor(u64 a) { return a & ~kPageMask; }
constexpr u64 page_ceil(u64 a) { return (a + kPageMask) & ~kPageMask; }

}  // namespace base

using base::Addr;
using base::InsnCount;
using base::Nanos;

}  // namespace emulator
