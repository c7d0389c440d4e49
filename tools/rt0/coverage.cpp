#include "tools/rt0/coverage.hpp"

#include <fmt/format.h>

#include <map>

#include "tools/rt0/models.hpp"

namespace rt0 {

using State = ModelCoverage::State;

namespace {

std::string releases_text(const runtime_model::golang::Releases& r) {
  if (r.last == 0) return fmt::format("go1.{} and later", r.first);
  if (r.last == r.first) return fmt::format("go1.{}", r.first);
  return fmt::format("go1.{} to go1.{}", r.first, r.last);
}

}  // namespace

std::vector<ModelCoverage> model_coverage(const Program& program) {
  std::map<std::string, ModelCoverage> by_name;
  const auto registry = all_models();
  for (const auto& r : registry.all()) {
    const bool holds = r.releases.hold(program.build.release);
    const std::string name(r.function);
    auto& entry = by_name[name];
    if (!entry.function.empty() && !holds) continue;
    entry.function = name;
    const bool there = !program.symbols.find(r.function).empty();
    if (holds)
      entry.state = there ? State::modelled : State::absent,
      entry.text = there ? releases_text(r.releases) : "inlined or left out of this build";
    else
      entry.state = there ? State::uncovered : State::absent,
      entry.text = "models of " + releases_text(r.releases);
  }
  std::vector<ModelCoverage> out;
  for (auto& [name, entry] : by_name) out.push_back(std::move(entry));
  return out;
}

}  // namespace rt0
