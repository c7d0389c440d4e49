/// How the runtime's objects are called, and what a text calls: one grammar, written and read here,
/// so that the two cannot drift apart.
///
///     g17  m0  p3                           by Go's number
///     g(0xc0000061a0)  span(0xc000030000)   by address: a g that has no number yet, a span by the
///                                           first byte that it manages (by any, when it is typed)
///
/// A variable goes by its own name. What an object has is called by a path behind that:
/// ".sched.pc",
/// ".runq[3]", ".g0.stack". Names knows where all of them are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "emulator/base/types.hpp"

namespace runtime_model::golang {

struct ObjectName {
  enum class Kind : emulator::u8 { g, m, p, g_at, span };
  Kind kind = Kind::g;
  emulator::u64 number = 0;  ///< or address

  bool by_address() const { return kind == Kind::g_at || kind == Kind::span; }
  std::string text() const;
  /// Takes such a name off the front of a text; nothing when that begins in another way.
  static std::optional<ObjectName> take(std::string_view& text);
};

/// Takes digits, decimal or with 0x, off the front of a text.
std::optional<emulator::u64> take_number(std::string_view& text);

}  // namespace runtime_model::golang
