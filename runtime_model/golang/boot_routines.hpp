/// The landmarks of a Go program's start, in the order in which the runtime reaches them, and what
/// each is for.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/version.hpp"

namespace runtime_model::golang {

/// One routine. `names` starts with the name that Go 1.17 uses, or the oldest release that has it.
struct BootRoutine {
  std::string_view id;  ///< a slug for traces: "schedinit", "newproc1"
  std::span<const std::string_view>
      names;              ///< then the names that other releases use, oldest first
  int since = 0;          ///< first minor release that has it; 0 = all that rt0 knows
  int until = 0;          ///< last minor release that has it; 0 = still there
  std::string_view text;  ///< one sentence for learners

  std::string_view name() const { return names.front(); }
  bool in(GoRelease release) const;  ///< an unknown release counts as every release
};

/// All of them, in boot order.
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
