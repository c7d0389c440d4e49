// Breakpoints that are there: listed, removed, kept from stopping, given conditions and commands.
#include <cerrno>
#include <cstring>
#include <fstream>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::machine::WatchKind;
using Kind = Breakpoint::Kind;

namespace {

/// The breakpoints that a list of numbers and ranges names; all of them when it is empty.
std::vector<int> numbers_of(Debugger& d, const Arguments& a) {
  std::vector<int> out;
  if (a.text.empty()) {
    for (const Breakpoint& b : d.breakpoints.all()) out.push_back(b.number);
    return out;
  }
  for (const std::string& word : a.words()) {
    const auto dash = word.find('-');
    const auto first = emulator::base::parse_number(word.substr(0, dash));
    const auto last =
        dash == word.npos ? first : emulator::base::parse_number(word.substr(dash + 1));
    if (!first || !last || *last > 1'000'000)
      user_error("\"{}\" is not the number of a breakpoint.", word);
    for (u64 n = *first; n <= *last; ++n) {
      if (d.breakpoints.find(static_cast<int>(n)) == nullptr) {
        if (dash != word.npos) continue;
        user_error("No breakpoint number {}.", n);
      }
      out.push_back(static_cast<int>(n));
    }
  }
  return out;
}

Breakpoint& one_breakpoint(Debugger& d, const std::string& word) {
  const auto n = emulator::base::parse_number(word);
  Breakpoint* b = n && *n < 1'000'000 ? d.breakpoints.find(static_cast<int>(*n)) : nullptr;
  if (b == nullptr) user_error("No breakpoint number {}.", word.empty() ? "was given" : word);
  return *b;
}

void run_delete(Debugger& d, const Arguments& a) {
  for (const int n : numbers_of(d, a)) d.breakpoints.remove(n);
}
/// "enable display 1", as gdb has it; false when it is about breakpoints.
bool enabled_displays(Debugger& d, const Arguments& a, bool on) {
  const auto words = a.words();
  if (words.empty() || words.front() != "display") return false;
  if (words.size() == 1) (void)d.displays.enable(std::nullopt, on);
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto n = emulator::base::parse_number(words[i]);
    if (!n || *n > 1'000'000 || !d.displays.enable(static_cast<int>(*n), on))
      user_error("There is no display {}: \"info display\" lists them.", words[i]);
  }
  return true;
}
void enable(Debugger& d, const Arguments& a, bool on) {
  if (enabled_displays(d, a, on)) return;
  for (const int n : numbers_of(d, a)) d.breakpoints.find(n)->enabled = on;
}
/// Breakpoints at a place of code; those that have others too lose this one.
void run_clear(Debugger& d, const Arguments& a) {
  std::set<u64> there;
  for (const auto& l : locate(d, a.text)) there.insert(l.address.value);
  std::vector<int> gone;
  for (Breakpoint& b : d.breakpoints.all()) {
    if (b.kind != Kind::code) continue;
    std::erase_if(b.locations, [&](const auto& l) { return there.contains(l.address.value); });
    if (b.locations.empty()) gone.push_back(b.number);
  }
  if (gone.empty())
    user_error("No breakpoint at {}.", a.text.empty() ? "this instruction" : a.text);
  for (const int n : gone) d.breakpoints.remove(n);
  d.out.tell(Fact(
      "deleted", {{"breakpoints", gone}},
      fmt::format("Deleted breakpoint{} {}", gone.size() == 1 ? "" : "s", fmt::join(gone, " "))));
}

/// Commands that set a breakpoint again.
std::string command_text(const Breakpoint& b) {
  const auto& kind = b.memory.kind;
  std::string text = b.watches() ? (kind == WatchKind::read     ? "rwatch "
                                    : kind == WatchKind::access ? "awatch "
                                                                : "watch ") +
                                       b.what
                     : b.kind == Kind::syscall
                         ? b.syscalls.empty() ? "catch syscall" : "catch " + b.what
                     : b.kind == Kind::thread      ? "catch clone"
                     : b.kind == Kind::thread_exit ? "catch exit"
                     : b.kind == Kind::signal      ? "catch signal"
                     : b.kind == Kind::goroutine   ? "catch go"
                                                   : (b.temporary ? "tbreak " : "break ") + b.what;
  text += b.whose();
  if (!b.condition.empty()) text += " if " + b.condition;
  text += '\n';
  if (!b.commands.empty())
    text += fmt::format("commands\n  {}\nend\n", fmt::join(b.commands, "\n  "));
  return text;
}

void run_save(Debugger& d, const Arguments& a) {
  const auto words = a.words();
  if (words.size() != 2 || !std::string_view("breakpoints").starts_with(words.front()))
    user_error("\"save\" needs \"breakpoints\" and a file's name.");
  std::string text;
  for (const Breakpoint& b : d.breakpoints.all()) text += command_text(b);
  if (text.empty()) user_error("There is nothing to save.");
  std::ofstream out(words.back());
  out << text << std::flush;
  if (!out) user_error("Cannot write {}: {}", words.back(), std::strerror(errno));
  d.out.tell(Fact("saved", {{"file", words.back()}},
                  fmt::format("Saved to file '{}'; \"source\" sets them again.", words.back())));
}

void run_enable(Debugger& d, const Arguments& a) { enable(d, a, true); }
void run_disable(Debugger& d, const Arguments& a) { enable(d, a, false); }

void run_condition(Debugger& d, const Arguments& a) {
  const auto words = a.words();
  Breakpoint& b = one_breakpoint(d, words.empty() ? "" : words.front());
  const std::string condition(trimmed(std::string_view(a.text).substr(words.front().size())));
  if (!condition.empty()) check_expression(d.values, condition);
  b.condition = condition;
  if (condition.empty())
    d.out.tell(Fact("breakpoint", {{"breakpoint", breakpoint_fields(d, b)}},
                    fmt::format("Breakpoint {} now unconditional.", b.number)));
}

void run_ignore(Debugger& d, const Arguments& a) {
  const auto words = a.words();
  Breakpoint& b = one_breakpoint(d, words.empty() ? "" : words.front());
  const std::string_view count = trimmed(std::string_view(a.text).substr(words.front().size()));
  if (count.empty()) user_error("\"ignore\" needs how often, as in \"ignore 1 3\".");
  b.ignore = evaluate_number(d.values, count);
  d.out.tell(
      Fact("breakpoint", {{"breakpoint", breakpoint_fields(d, b)}},
           fmt::format("Will ignore next {} crossings of breakpoint {}.", b.ignore, b.number)));
}

void run_commands(Debugger& d, const Arguments& a) {
  const auto words = a.words();
  Breakpoint& b = one_breakpoint(
      d, words.empty() ? std::to_string(d.breakpoints.last_number()) : words.front());
  b.commands.clear();
  d.collecting = &b.commands;
}

/// The lines of one, as gdb has them.
std::string listed(Debugger& d, const Breakpoint& b) {
  const bool code = b.kind == Kind::code && !b.locations.empty();
  std::string what = b.what;
  if (code && what.starts_with('*'))
    what = fmt::format("<{}>", d.target.describe(b.locations.front().address));
  if (b.kind == Kind::position) what = fmt::format("instruction {}", grouped(b.position));
  if (b.kind == Kind::step) what = "model step " + b.what;
  if (code)
    if (const std::string line = short_line(d.target, b.locations.front().address); !line.empty())
      what += " at " + line;
  std::string text =
      fmt::format("{:<7} {:<16} {:<4} {:<3} {:<18} {}", b.number, kind_name(b),
                  b.temporary ? "del" : "keep", b.enabled ? 'y' : 'n',
                  code ? emulator::base::hex(b.locations.front().address) : "", what);
  for (std::size_t i = 1; code && i < b.locations.size(); ++i)
    text += fmt::format("\n{:<33} {:<18} {}", "", emulator::base::hex(b.locations[i].address),
                        b.locations[i].note);
  if (!b.whose().empty()) text += "\n\tstop only in" + b.whose();
  if (!b.condition.empty()) text += "\n\tstop only if " + b.condition;
  if (b.hits > 0)
    text += fmt::format("\n\tbreakpoint already hit {} time{}", b.hits, b.hits == 1 ? "" : "s");
  if (b.ignore > 0) text += fmt::format("\n\tignore next {} hits", b.ignore);
  for (const std::string& line : b.commands) text += "\n        " + line;
  return text;
}

void run_info_breakpoints(Debugger& d, const Arguments&) {
  Listing answer("breakpoints", "breakpoints");
  answer.also(d.breakpoints.all().empty()
                  ? "No breakpoints or watchpoints."
                  : fmt::format("{:<7} {:<16} {:<4} {:<3} {:<18} {}", "Num", "Type", "Disp", "Enb",
                                "Address", "What"));
  for (const Breakpoint& b : d.breakpoints.all()) answer.item(breakpoint_fields(d, b), listed(d, b));
  d.out.tell(answer);
}

constexpr Command kCommands[] = {
    {"delete", "d del", Group::stops, "[N…]", "Remove breakpoints of these numbers, or all", "",
     "delete 1-3", false, Completes::nothing, run_delete},
    {"clear", "cl", Group::stops, "[WHERE]", "Remove the breakpoints at a place, or here", "",
     "clear runtime.main", false, Completes::functions, run_clear},
    {"save", "", Group::stops, "breakpoints FILE",
     "Write the commands that set all breakpoints again to a file", "source reads it.",
     "save breakpoints /dev/null", false, Completes::files, run_save},
    {"enable", "en", Group::stops, "[N…]", "Let breakpoints stop again", "", "enable", false,
     Completes::nothing, run_enable},
    {"disable", "dis disa", Group::stops, "[N…]", "Keep breakpoints, but do not stop at them", "",
     "disable 2", false, Completes::nothing, run_disable},
    {"condition", "cond", Group::stops, "N [CONDITION]",
     "Stop at breakpoint N only if CONDITION is not zero", "Without CONDITION: always again.",
     "condition 1 $rax == 0", false, Completes::expressions, run_condition},
    {"ignore", "", Group::stops, "N COUNT", "Pass breakpoint N so many times", "", "ignore 1 2",
     false, Completes::expressions, run_ignore},
    {"commands", "", Group::stops, "[N]", "Commands to do whenever breakpoint N has stopped",
     "The lines that follow, up to \"end\", are taken for them. If the first is \"silent\", the "
     "stop "
     "is not told; what follows a command that moves is left out. Without N: of the last one set.",
     "commands 1", false, Completes::nothing, run_commands},
    {"info breakpoints", "b break watchpoints", Group::stops, "",
     "List breakpoints, watchpoints and catchpoints", "", "info breakpoints", false,
     Completes::nothing, run_info_breakpoints},
};

}  // namespace

std::span<const Command> breakpoint_commands() { return kCommands; }

}  // namespace rt0::debug
