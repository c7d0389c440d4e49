/// What an allocation needs of a type's descriptor. Go: runtime/type.go, _type; internal/abi, Type.
#pragma once

#include "runtime_model/heap/common.hpp"

namespace runtime_model::heap {

struct TypeWords {
  u64 size = 0;
  u64 pointers = 0;  ///< bytes up to the end of the last pointer
};
inline TypeWords type_words(Runtime& rt, Addr type) {
  if (type == Addr()) return {};
  return {rt.load<u64>(type), rt.load<u64>(type + 8)};
}

inline constexpr u64 kTypeKind = 23, kTypeGCData = 32;  ///< offsets; the same since go1.17
/// Up to go1.23 a large type's pointers are not listed, but told by a program for runGCProg.
inline bool has_gc_program(Runtime& rt, Addr type) {
  constexpr u8 kKindGCProg = 1 << 6;
  return rt.go() <= 23 && (rt.load<u8>(type + kTypeKind) & kKindGCProg) != 0;
}

}  // namespace runtime_model::heap
