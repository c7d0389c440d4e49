// The built-in Go program, run with given models beside its real code or in its place.
#pragma once

#include <memory>
#include <string>

#include "emulator/machine/machine.hpp"
#include "runtime_model/model/checker.hpp"
#include "runtime_model/model/driver.hpp"

namespace tests {

/// False when rt0 was built without Go: then there is nothing to run.
bool have_hello();

/// A program, what it says of itself, and a machine to run it.
class GoWorld {
 public:
  GoWorld();
  ~GoWorld();

  runtime_model::model::Guest& guest();
  emulator::machine::Machine& machine();
  /// Where an address lies, by the symbol table and the fields of runtime.g, m, p and mspan.
  std::string name_of(emulator::Addr a);
  const std::string& output() const;

  /// Runs to the end with `registry` beside the real code.
  runtime_model::model::CheckReport check(const runtime_model::model::Registry& registry,
                                          runtime_model::model::Listener listener = {});
  /// Runs to the end with `registry` in place of it; how often each model stood in.
  std::map<std::string_view, emulator::u64> drive(const runtime_model::model::Registry& registry,
                                                  runtime_model::model::Listener listener = {});

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tests
