/// The variables of a function that is being executed, with their values.
#pragma once

#include "tools/rt0/debug/backtrace.hpp"
#include "tools/rt0/debug/value.hpp"

namespace rt0::debug {

struct Local {
  std::string name;
  bool parameter = false;
  bool result = false;
  Value value;
  bool lost = false;  ///< the compiler kept no value for here
};

/// Those of a frame: parameters as they are declared, inner blocks behind those around them. Throws
/// base::UserError, a sentence that says why, where nothing is known of them.
std::vector<Local> locals_of(Values& values, const Frame& frame);
/// The same, none where nothing is known of them.
std::vector<Local> known_locals_of(Values& values, const Frame& frame);
/// The innermost of that name; nothing where there is none. Throws base::UserError when it has no
/// value here.
std::optional<Value> local_named(Values& values, const Frame& frame, std::string_view name);
/// A variable as `info locals` says it, and for tools.
struct VariableLine {
  std::string text;
  Data::Fields fields;
};
VariableLine variable_line(Values& values, const Local& local);
/// Whether code has a variable of that name in its scopes.
bool names_variable(Target& target, Addr pc, std::string_view name);
/// "a=3, b=4": what a frame's function was called with, as far as that is known.
std::string arguments_text(Target& target, const Frame& frame);
/// The same for tools.
Data::List argument_fields(Target& target, const Frame& frame);
/// How what has no value reads.
inline constexpr std::string_view kLost = "<optimised away>";

}  // namespace rt0::debug
