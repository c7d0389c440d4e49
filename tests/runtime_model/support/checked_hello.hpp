// The built-in Go program, or another, run with given models beside its real code or in its place.
#pragma once

#include <memory>
#include <span>
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
  /// Another program, from the bytes of its file, which outlive this.
  explicit GoWorld(std::span<const emulator::u8> program);
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

/// Where one model of a function, alone beside hello's real code, differs from it.
template <class R, class... A>
std::vector<runtime_model::model::Difference> differences_of(
    std::string_view function,
    runtime_model::model::Model<R> (*model)(runtime_model::model::Runtime&, A...)) {
  runtime_model::model::Registry registry;
  registry.add(function, {}, model);
  GoWorld world;
  return world.check(registry).functions.at(std::string(function)).differences;
}
/// The same as text: the fields, a line each.
template <class R, class... A>
std::string caught(std::string_view function,
                   runtime_model::model::Model<R> (*model)(runtime_model::model::Runtime&, A...)) {
  std::string out;
  for (const auto& d : differences_of(function, model)) out += d.where + d.text + "\n";
  return out;
}

}  // namespace tests
