/// A debugging session: the target, where it may stop, what the user has set and asked for.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tools/rt0/debug/backtrace.hpp"
#include "tools/rt0/debug/breakpoints.hpp"
#include "tools/rt0/debug/command.hpp"
#include "tools/rt0/debug/displays.hpp"
#include "tools/rt0/debug/expression.hpp"
#include "tools/rt0/debug/output.hpp"
#include "tools/rt0/debug/source.hpp"
#include "tools/rt0/debug/story.hpp"

namespace rt0::debug {

struct Settings {
  Flavor flavor = Flavor::intel;
  bool context = true;      ///< show it after each stop
  unsigned code_lines = 7;  ///< of it
  unsigned stack_lines = 5;
};

class Debugger {
 public:
  /// `host` is the guest's door to the outside; it and `out` outlive the session.
  Debugger(const RunOptions& options, Output& out, emulator::kernel::Host& host,
           emulator::machine::TimelineSettings limits = {});

  /// Does what a line says. False when it could not: why has been said.
  bool execute(std::string_view line);
  /// Does what the lines of a file say, up to the first that fails.
  bool execute_file(const std::string& path);
  /// What stands in front of the line that is being typed.
  std::string prompt() const;
  bool quitting() const { return quitting_; }
  void quit(std::optional<int> status);
  /// What it asked for, if that.
  std::optional<int> quit_status() const { return quit_status_; }
  /// How the guest ended, the last time that it was taken to an end.
  const std::optional<emulator::machine::StopEvent>& outcome() const { return outcome_; }

  /// Told at the start of a session.
  void greet();

  Target target;
  Output& out;
  Variables variables;
  Values values{target, variables};
  Settings settings;
  Breakpoints breakpoints;
  Displays displays;
  Story story;
  Sources sources = sources_of(target.program());

  // -- moving: each tells where it stopped --

  /// Forwards, or backwards, until `extra` says so or a breakpoint does.
  struct Motion {
    bool backwards = false;
    std::set<u64> addresses;  ///< besides the breakpoints'
    /// Whether to stop at one of `addresses`.
    std::function<bool(const emulator::machine::StopEvent&)> accept;
    std::optional<u64> position;
  };
  /// Moves and says nothing.
  emulator::machine::StopEvent move(const Motion& motion);
  /// `count` instructions of the thread that is looked at; no breakpoint stops the first.
  emulator::machine::StopEvent step(u64 count, bool backwards);
  /// Looks at the thread whose doing a stop was: a goroutine goes on where it likes.
  void follow(const emulator::machine::StopEvent& event);
  enum class Show : u8 { line, instruction };
  /// Says why it stopped and shows where: the line of source, when the host has it, or the
  /// instruction.
  void stopped(const emulator::machine::StopEvent& event, Show show = Show::line);
  void go_to(u64 position);
  /// Call before a command moves: `undo` comes back here.
  void remember();
  bool undo();
  /// Throws base::UserError when the process has ended.
  void require_process();
  /// The position whose steps have just been told; the display leaves them out.
  u64 steps_told_at = ~u64{0};
  /// After a stop: nothing but the movement itself ended it, so that a command that is made of
  /// several may go on.
  bool goes_on(const emulator::machine::StopEvent& event) const;
  /// Lets the breakpoints that it stands at pass so many times more.
  void ignore_current(u64 times);
  /// A breakpoint's commands are being done.
  bool in_commands() const { return in_commands_; }
  /// A command that said itself that it could not.
  void fail() { failed_ = true; }
  /// True while the user asks for an end of what is being done.
  std::function<bool()> interrupted;

  /// A variable of the function that is looked at, if that is one of the runtime's, or none.
  std::optional<Value> variable(std::string_view name, bool of_runtime);
  /// Frames of the thread that is looked at; made once for each position.
  const std::vector<Frame>& frames();
  std::size_t frame = 0;  ///< the one that is looked at; 0: innermost

  /// Lines that `commands` collects; null when it does not.
  std::vector<std::string>* collecting = nullptr;
  /// Positions that have names.
  std::map<std::string, u64> bookmarks;
  std::vector<std::string> history;
  /// Registers at the last stop, for marks of change.
  std::optional<emulator::cpu::Registers> before;
  /// Where `x` and `list` go on.
  Addr next_examined;
  Format last_format;
  std::string listed_file;
  int next_listed = 0;

 private:
  /// The user has changed the guest's state.
  void changed();
  bool run_line(const std::string& line, bool repeat);
  emulator::machine::Conditions conditions_for(const Motion& motion);
  const emulator::kernel::Thread* over_thread();
  bool accepts(const emulator::machine::StopEvent& event, const Motion& motion);
  bool condition_holds(const Breakpoint& b);
  bool is_theirs(const Breakpoint& b);
  emulator::machine::StopEvent move_with_steps(const Motion& motion);
  void announce(const emulator::machine::StopEvent& event);
  std::string stop_text(const emulator::machine::StopEvent& event, bool switched);
  std::string watch_text(const emulator::machine::StopEvent& event, const Breakpoint& b);
  std::string heading_of(const emulator::machine::StopEvent& event, const Breakpoint& b);
  static std::string end_text(const emulator::machine::StopEvent& event);
  void run_commands(std::vector<std::string> lines);
  bool silent();
  Data::Fields stop_fields(const emulator::machine::StopEvent& event);

  std::string last_line_;
  bool quitting_ = false;
  std::optional<int> quit_status_;
  std::optional<emulator::machine::StopEvent> outcome_;
  int depth_ = 0;                     ///< of files and commands that run others
  std::vector<std::string> pending_;  ///< commands of the breakpoints it has stopped at
  bool in_commands_ = false;
  bool moved_ = false;  ///< a command has
  std::vector<u64> past_;
  std::vector<Frame> frames_;
  u64 frames_at_ = ~u64{0};
  std::pair<emulator::kernel::Tid, Addr> frames_of_;  ///< a thread, or a goroutine that none runs
  emulator::kernel::Tid shown_thread_ = 0;
  std::vector<int> hit_;  ///< breakpoints of the last stop
  u64 hit_at_ = ~u64{0};
  bool failed_ = false;
  bool came_back_ = false;  ///< the last movement was backwards
  emulator::machine::Conditions moving_;
};

/// What is shown after a stop: with `all`, whether the terminal has the lines or not.
void show_context(Debugger& d, bool all = false);

}  // namespace rt0::debug
