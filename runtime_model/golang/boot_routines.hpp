/// The landmarks of a Go program's start, in the order in which the runtime reaches them, and what
/// each is for.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/version.hpp"

namespace runtime_model::golang {

/// The minor releases that have something, first to last; a last of 0 = still there.
struct Releases {
  int first = 0;
  int last = 0;

  /// An unknown release counts as every release.
  bool hold(GoRelease release) const;
};

/// One routine. The first name is the oldest; the others are what later releases call the same
/// thing.
struct BootRoutine {
  /// A slug for traces: "schedinit"; the same for what replaced it in a later release.
  std::string_view id;
  std::array<std::string_view, 2> spellings;
  Releases releases;
  std::string_view text;  ///< one sentence for learners

  std::string_view name() const { return spellings[0]; }
  std::span<const std::string_view> names() const {
    return std::span(spellings).first(spellings[1].empty() ? 1 : 2);
  }
};

/// All of them, in the order in which Go 1.17 reaches them for the first time; what is newer stands
/// where it runs.
std::span<const BootRoutine> boot_routines();

/// A routine and the code that goes by its name: body or assembly first, wrappers after. Empty `at`
/// means that this build has no such symbol: the compiler inlined it into its callers, or the
/// linker dropped it as unreachable.
struct FoundRoutine {
  const BootRoutine* routine = nullptr;
  std::string_view name;  ///< the alias that was found, else routine->name()
  std::vector<const Function*> at;
};

/// Every routine that `release` has, found or not, in boot order.
std::vector<FoundRoutine> find_boot_routines(const SymbolTable& symbols, GoRelease release);

}  // namespace runtime_model::golang
