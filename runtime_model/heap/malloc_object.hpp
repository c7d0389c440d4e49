/// The pieces that every way to allocate is made of. Go: runtime/malloc.go, mallocgc, which go1.24
/// cut into a function for each kind of object.
#pragma once

#include "runtime_model/heap/common.hpp"
#include "runtime_model/model/runtime_words.hpp"

namespace runtime_model::heap {

/// What is asked for, and where it will be found.
struct Wanted {
  u64 size = 0;  ///< bytes asked for
  Addr type;     ///< null: no pointers
  bool noscan = false;
  bool tiny = false;    ///< without pointers and below 16 bytes
  bool large = false;   ///< has a span of its own
  bool header = false;  ///< a word in front of it leads to its type
  u8 span_class = 0;
  u64 bytes = 0;  ///< that it will take up
};
Wanted wanted(Runtime& rt, u64 size, Addr type);

/// What an allocation has come to.
struct Object {
  Addr address;  ///< of its place in the span; a header is there first
  golang::Mspan span;
  u64 size = 0;  ///< that it takes up
  bool refilled = false;
};

golang::Mcache cache_of(Runtime& rt);
/// Room for `size` in the current tiny block: the offset, or kTinySize when it has none.
u64 tiny_offset(const golang::Mcache& c, u64 size);
/// Takes it. Inside of a step.
void take_tiny(const golang::Mcache& c, u64 offset, u64 size);
/// Why the model leaves this allocation to the real code; empty when it does not.
std::string_view reason_to_leave(Runtime& rt, const Wanted& w);

/// acquirem, and no allocation meanwhile.
Part<> enter(Runtime& rt);
/// The next free object of a class.
Part<Object> next_free(Runtime& rt, golang::Mcache c, u8 span_class);
/// A fresh tiny block, whose start is the object.
Part<Object> tiny_block(Runtime& rt, golang::Mcache c, u64 size);
/// The object, which begins at `x`, is complete: the collector and the profile may know, releasem.
Part<> complete(Runtime& rt, golang::Mcache c, Object o, Addr x);
/// Inside of a step.
void release(Runtime& rt);
/// Begins a collection if the heap has grown enough.
Part<> collect_if_due(Runtime& rt);

}  // namespace runtime_model::heap
