/// What a bare name in an expression means.
#pragma once

#include "tools/rt0/debug/value.hpp"

namespace rt0::debug {

/// A number of a size, by C's, Go's or rt0's name: "u32", "uint32", "byte", "uintptr", "int".
struct Scalar {
  unsigned size = 8;
  bool is_signed = false;
};
std::optional<Scalar> scalar_named(std::string_view name);

/// A function or variable of the program, whole.
bool is_symbol(Target& target, std::string_view name);

/// An object of the runtime, a symbol or a register. Throws base::UserError with the nearest name.
Value look_up(Values& values, std::string_view name);
std::optional<Value> try_look_up(Values& values, std::string_view name);

/// Says that nothing goes by a name, and what is near. Throws base::UserError.
[[noreturn]] void unknown_name(Values& values, std::string_view name);

/// $n (instructions executed), $tid, $goid: what is neither register nor variable.
std::optional<u64> special_variable(Target& target, std::string_view name);

/// What names print with an address: "g", which lies there; "span", that holds it.
Value object_at(Values& values, std::string_view kind, Addr a);

}  // namespace rt0::debug
