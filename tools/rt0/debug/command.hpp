/// The debugger's commands: one table is dispatch, help, completion, man page and list of tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/rt0/debug/print.hpp"

namespace rt0::debug {

class Debugger;

/// What stands behind a command's name.
struct Arguments {
  std::string text;  ///< without blanks at its ends
  bool has_format = false;
  Format format;          ///< "/8gx" right behind the name
  bool repeated = false;  ///< an empty line asked for it again

  std::vector<std::string> words() const;
  /// The whole text as a count: an expression; `otherwise` when there is none. Throws
  /// base::UserError for less than nothing.
  u64 count(Debugger& d, u64 otherwise = 1) const;
};

enum class Group : u8 { running, back, stops, looking, stack, code, status, runtime, session };
/// All of them, in the order in which help lists them.
std::span<const Group> all_groups();
/// "breakpoints": what help calls it.
std::string_view group_word(Group g);
/// "where to stop": what its commands are about.
std::string_view group_name(Group g);

/// What completes a command's arguments.
enum class Completes : u8 { nothing, expressions, functions, files, settings, commands };

struct Command {
  std::string_view name;     ///< "break"; of a family "info registers"
  std::string_view aliases;  ///< "b br brea", one blank between them
  Group group;
  std::string_view usage;    ///< what follows the name: "[WHERE] [if CONDITION]"
  std::string_view brief;    ///< one line, a sentence without a full stop
  std::string_view text;     ///< what else there is to know
  std::string_view example;  ///< a line that works
  bool repeats;              ///< an empty line does it again
  Completes completes;
  void (*run)(Debugger&, const Arguments&);
};

// The families, a file each.
std::span<const Command> running_commands();
std::span<const Command> back_commands();
std::span<const Command> stop_commands();
std::span<const Command> breakpoint_commands();
std::span<const Command> looking_commands();
std::span<const Command> type_commands();
std::span<const Command> display_commands();
std::span<const Command> info_commands();
std::span<const Command> local_commands();
std::span<const Command> runtime_commands();
std::span<const Command> goroutine_commands();
std::span<const Command> session_commands();

/// All of them, in the order in which help lists them.
const std::vector<const Command*>& all_commands();

/// The command that a line begins with, and what is left of the line. By its name, an alias, or a
/// beginning that no other has. Throws base::UserError: unknown, with the nearest, or ambiguous,
/// with all that it may mean.
struct Found {
  const Command* command = nullptr;
  std::string_view rest;
};
Found find_command(std::string_view line);
/// Names of commands that go on from what was typed, for completion.
std::vector<std::string> commands_beginning(std::string_view typed);

std::string_view trimmed(std::string_view s);

}  // namespace rt0::debug
