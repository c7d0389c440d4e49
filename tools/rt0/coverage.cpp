#include "tools/rt0/coverage.hpp"

#include <fmt/format.h>

#include <map>

#include "tools/rt0/models.hpp"

namespace rt0 {

using State = ModelCoverage::State;

namespace {

std::string releases_text(const runtime_model::golang::Releases& r) {
  return r.last == 0 ? fmt::format("go1.{} and later", r.first)
                     : fmt::format("go1.{} to go1.{}", r.first, r.last);
}

}  // namespace

std::vector<ModelCoverage> model_coverage(const Program& program) {
  std::map<std::string, ModelCoverage> by_name;
  const auto registry = all_models();
  for (const auto& r : registry.all()) {
    const bool holds = r.releases.hold(program.build.release);
    const std::string name(r.function);
    auto& entry = by_name[name];
    if (!entry.function.empty() && entry.state == State::modelled) continue;
    entry.function = name;
    if (!holds)
      entry.state = State::uncovered, entry.text = "models of " + releases_text(r.releases);
    else if (program.symbols.find(r.function).empty())
      entry.state = State::absent, entry.text = "inlined or left out of this build";
    else
      entry.state = State::modelled, entry.text = releases_text(r.releases);
  }
  std::vector<ModelCoverage> out;
  for (auto& [name, entry] : by_name) out.push_back(std::move(entry));
  return out;
}

}  // namespace rt0
