#include "tools/rt0/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "emulator/base/error.hpp"
#include "emulator/base/glob.hpp"
#include "tools/rt0/hint.hpp"

namespace rt0 {

using emulator::base::glob_matches;
using emulator::base::is_glob;
using emulator::base::user_error;
using traces::format::Landmark;
using traces::format::Step;

namespace {

constexpr std::string_view kRuntime = "runtime.";

std::string_view without_package(std::string_view function) {
  return function.starts_with(kRuntime) ? function.substr(kRuntime.size()) : function;
}

/// Go's name of a function, or the same without "runtime.".
bool means_function(std::string_view pattern, std::string_view function) {
  return glob_matches(pattern, function) || glob_matches(pattern, without_package(function));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Does the model of "runtime.findRunnable" tell the steps of "findrunnable", that of
/// "runtime.(*mheap).init" those of "mheap.init" and that of "runtime.(*mcache).refill" those of
/// "refill"?
bool tells(std::string_view model, std::string_view step_function) {
  const std::string name = lower(without_package(model)), steps = lower(step_function);
  if (name == steps) return true;
  if (!name.starts_with("(*")) return false;
  const auto close = name.find(").");
  if (close == std::string::npos) return false;
  const std::string method = name.substr(close + 2);
  return method == steps || name.substr(2, close - 2) + "." + method == steps;
}

/// "g17", "m2", "p0": 'g', 'm', 'p'; else 0.
char object_kind(std::string_view text) {
  const bool digits = text.size() > 1 && std::ranges::all_of(text.substr(1), [](unsigned char c) {
                        return std::isdigit(c) != 0;
                      });
  return digits && std::string_view("gmp").find(text[0]) != std::string_view::npos ? text[0] : '\0';
}

/// Does "g17.sched.pc" or "g17" speak of "g17"?
bool speaks_of(std::string_view text, std::string_view object) {
  return text.starts_with(object) && (text.size() == object.size() || text[object.size()] == '.');
}

[[noreturn]] void unknown(const std::string& text, const StoryChoice::Known& known) {
  std::vector<std::string_view> names;
  for (const auto id : known.step_ids) names.push_back(id), names.push_back(function_of_step(id));
  for (const auto* list : {&known.models, &known.landmarks})
    for (const auto name : *list) names.push_back(name), names.push_back(without_package(name));
  user_error("--only: there is no function, step, model or landmark {}{}", text, hint(text, names));
}

}  // namespace

std::vector<std::string> split_lists(std::string_view option,
                                     const std::vector<std::string>& lists) {
  std::vector<std::string> out;
  for (std::string_view list : lists) {
    for (bool more = true; more;) {
      const auto comma = list.find(',');
      more = comma != std::string_view::npos;
      std::string_view name = list.substr(0, comma);
      list.remove_prefix(more ? comma + 1 : list.size());
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      if (name.empty()) user_error("{} takes names with commas between them; one is empty", option);
      out.emplace_back(name);
    }
  }
  return out;
}

FunctionChoice::FunctionChoice(std::string_view option, const std::vector<std::string>& lists,
                               std::span<const std::string_view> models)
    : patterns_(split_lists(option, lists)) {
  for (const std::string& pattern : patterns_) {
    if (std::ranges::any_of(models, [&](auto model) { return means_function(pattern, model); }))
      continue;
    std::vector<std::string_view> names(models.begin(), models.end());
    for (const auto model : models) names.push_back(without_package(model));
    user_error("{}: there is no model of {}{} (rt0 info lists the models)", option, pattern,
               hint(pattern, names));
  }
}

bool FunctionChoice::holds(std::string_view function) const {
  return std::ranges::any_of(
      patterns_, [&](const auto& pattern) { return means_function(pattern, function); });
}

StoryChoice::Name StoryChoice::name_of(std::string text, const Known& known) {
  Name name{std::move(text)};
  if (const char kind = object_kind(name.text); kind != '\0') {
    name.kind = kind == 'g' ? Kind::goroutine : kind == 'm' ? Kind::m : Kind::p;
    name.object = name.text;
    return name;
  }
  bool any = false;
  for (const auto model : known.models) {
    if (!means_function(name.text, model)) continue;
    any = true;
    for (const auto id : known.step_ids)
      if (tells(model, function_of_step(id))) name.told.emplace(function_of_step(id));
  }
  any = any || std::ranges::any_of(known.step_ids, [&](auto id) { return means(name, id); }) ||
        std::ranges::any_of(known.landmarks, [&](auto l) { return means_function(name.text, l); });
  if (any) return name;
  if (!known.in_program || !known.in_program(name.text)) unknown(name.text, known);
  name.kind = Kind::begins;
  return name;
}

StoryChoice::StoryChoice(const std::vector<std::string>& lists, const Known& known) {
  for (std::string& text : split_lists("--only", lists))
    names_.push_back(name_of(std::move(text), known));
}

/// A pattern and a step's id: by the id, or by the function that it is of.
bool StoryChoice::means(const Name& name, std::string_view id) {
  const auto function = function_of_step(id);
  std::string_view pattern = without_package(name.text);
  return glob_matches(pattern, id) || glob_matches(pattern, function) ||
         name.told.contains(function);
}

/// Is the step one of the goroutine's, M's or P's own, or about it: made, queued, woken by others?
bool StoryChoice::concerns(Name& name, const Step& step) {
  const auto about = [&](std::string_view object) {
    return std::ranges::any_of(step.changes, [&](const Step::Change& c) {
      return speaks_of(c.field, object) || c.before == object || c.after == object;
    });
  };
  const auto own = [&](std::string_view object) {
    return step.g >= 0 && object == fmt::format("g{}", step.g);
  };
  switch (name.kind) {
    case Kind::goroutine:
      return own(name.object) || about(name.object);
    case Kind::m:
      return (step.m >= 0 && name.object == fmt::format("m{}", step.m)) || about(name.object);
    case Kind::p:
      return (step.p >= 0 && name.object == fmt::format("p{}", step.p)) || about(name.object);
    case Kind::begins:
      for (const auto& c : step.changes)
        if (c.field.ends_with(".startpc") && c.after == name.text)
          name.begun.insert(c.field.substr(0, c.field.find('.')));
      return std::ranges::any_of(name.begun, [&](const auto& g) { return own(g) || about(g); });
    case Kind::pattern:
      return means(name, step.id);
  }
  return false;
}

bool StoryChoice::may_hold(std::string_view id) {
  if (const auto known = by_id_.find(id); known != by_id_.end()) return known->second;
  const bool may = names_.empty() || std::ranges::any_of(names_, [&](const Name& name) {
                     return name.kind != Kind::pattern || means(name, id);
                   });
  by_id_.emplace(id, may);
  return may;
}

bool StoryChoice::holds(const Step& step) {
  bool any = names_.empty();
  for (Name& name : names_)
    if (concerns(name, step)) any = name.met = true;
  return any;
}

bool StoryChoice::holds(const Landmark& mark, const Step& who) {
  bool any = names_.empty();
  for (Name& name : names_)
    if (name.kind == Kind::pattern ? means_function(name.text, mark.fn) : concerns(name, who))
      any = name.met = true;
  return any;
}

std::vector<std::string_view> StoryChoice::unmet() const {
  std::vector<std::string_view> out;
  for (const Name& name : names_)
    if (!name.met) out.push_back(name.text);
  return out;
}

}  // namespace rt0
