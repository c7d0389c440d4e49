/// Where a trace or a story begins and ends: --from, --until.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "emulator/base/types.hpp"
#include "tools/rt0/program.hpp"

namespace rt0 {

/// An instruction's number, or the first time that a function is entered.
struct Bound {
  std::optional<emulator::u64> number;
  std::set<emulator::u64> entries;

  bool given() const { return number || !entries.empty(); }
  bool at(emulator::Addr address) const { return entries.contains(address.value); }
};

/// Throws base::UserError for what is neither a number nor a function of the program; it names
/// `option`. An empty text is no bound.
Bound parse_bound(const std::string& option, const std::string& text, const Program& program);

}  // namespace rt0
