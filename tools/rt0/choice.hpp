/// What the user chooses by name on the command line: functions, steps, goroutines, Ms, Ps. Names
/// come in lists with commas, options may be repeated, and * and ? stand for text as in a shell.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"
#include "traces/format/event.hpp"

namespace rt0 {

/// "newproc1" of "newproc1/gobuf".
inline std::string_view function_of_step(std::string_view id) { return id.substr(0, id.find('/')); }

/// The names between the commas of all lists. Throws base::UserError where there is none.
std::vector<std::string> split_lists(std::string_view option,
                                     const std::vector<std::string>& lists);

/// Functions that have models, by Go's names, with or without "runtime.": --model, --native.
class FunctionChoice {
 public:
  /// Throws base::UserError for what names no model; it gives the nearest.
  FunctionChoice(std::string_view option, const std::vector<std::string>& lists,
                 std::span<const std::string_view> models);

  bool empty() const { return patterns_.empty(); }
  bool holds(std::string_view function) const;

 private:
  std::vector<std::string> patterns_;
};

/// What is told of a story: --only. A step or a landmark is, if one of the names means it.
class StoryChoice {
 public:
  /// What there is to choose from.
  struct Known {
    std::span<const std::string_view> step_ids;  ///< "newproc1/gobuf"
    std::vector<std::string_view> models;        ///< of functions: "runtime.newproc1"
    std::vector<std::string_view> landmarks;     ///< "runtime.schedinit", "exit_group"
    /// Does the program have this function? Its name then means the goroutines that begin there.
    std::function<bool(std::string_view)> in_program;
  };

  /// Everything is told.
  StoryChoice() = default;
  /// Throws base::UserError for a name that means nothing known; it gives the nearest. A goroutine,
  /// an M or a P may come yet.
  StoryChoice(const std::vector<std::string>& lists, const Known& known);

  bool empty() const { return names_.empty(); }
  /// May a step of this id be told at all? Asked before the step is made an event.
  bool may_hold(std::string_view id);
  bool holds(const traces::format::Step& step);
  /// `who`: the M, P and goroutine that reached it.
  bool holds(const traces::format::Landmark& mark, const traces::format::Step& who);
  /// Names that meant nothing so far, as the user wrote them.
  std::vector<std::string_view> unmet() const;

 private:
  enum class Kind : emulator::u8 { pattern, goroutine, m, p, begins };
  struct Name {
    std::string text;
    Kind kind = Kind::pattern;
    std::string object = {};                        ///< "g17"
    std::set<std::string, std::less<>> told = {};   ///< functions whose steps a model's name means
    std::set<std::string, std::less<>> begun = {};  ///< goroutines that begin at the function
    bool met = false;
  };

  static Name name_of(std::string text, const Known& known);
  static bool means(const Name& name, std::string_view id);
  static bool concerns(Name& name, const traces::format::Step& step);

  std::vector<Name> names_;
  std::map<std::string, bool, std::less<>> by_id_;
};

}  // namespace rt0
