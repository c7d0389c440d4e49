/// Which events to show.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/format/event.hpp"

namespace traces::format {

/// The function that an event speaks of; empty for kinds that speak of none.
std::string_view symbol(const Event& event);

/// "runtime.mstart" matches that function, "runtime.*" every function that begins with "runtime.".
bool matches_symbol(std::string_view pattern, std::string_view symbol);

/// Instruction numbers, both ends included; an end that is missing is open.
struct Range {
  std::optional<InsnCount> from, until;
  bool contains(InsnCount n) const { return (!from || n >= *from) && (!until || n <= *until); }
};

/// Reads "100..200", "100..", "..200" or "100"; numbers also as 0x…. base::UserError for anything
/// else.
Range parse_range(std::string_view text);

/// Every condition that is set must hold.
struct Filter {
  Range range;
  std::vector<std::string>
      symbols;  ///< patterns, any of which may match; events of no function then never do
  std::optional<u32> thread;

  bool matches(const Event& event) const;
};

}  // namespace traces::format
