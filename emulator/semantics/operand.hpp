/// How a meaning names what it reads and writes: the places of operands, and their types.
#pragma once

#include <concepts>

#include "emulator/cpu/registers.hpp"

namespace emulator::semantics {

using cpu::Flags;
using cpu::V128;
using cpu::V256;
using cpu::Word;

enum class Place : u8 { any, none, reg, mem, imm };
enum class Addressing : u8 { any, base, full, absolute };

/// Where operands 0 to 2 are and how a memory operand's address is formed.
struct Form {
  Place operand[3] = {Place::any, Place::any, Place::any};
  Addressing addressing = Addressing::any;
  friend bool operator==(const Form&, const Form&) = default;
};
inline constexpr Form kAnyForm{};

/// The low 8 to 64 bits of an XMM register, or a memory operand of that size, as bits.
struct Low8 {
  u8 bits;
};
struct Low16 {
  u16 bits;
};
struct Low32 {
  u32 bits;
};
struct Low64 {
  u64 bits;
};
template <class T>
concept Vector = std::same_as<T, V128> || std::same_as<T, V256>;
template <class T>
concept Low = std::same_as<T, Low8> || std::same_as<T, Low16> || std::same_as<T, Low32> ||
    std::same_as<T, Low64>;

}  // namespace emulator::semantics
