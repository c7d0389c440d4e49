// The session itself: help, settings, files, the end.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

std::string heading_of(const Command& c) {
  return c.usage.empty() ? std::string(c.name) : fmt::format("{} {}", c.name, c.usage);
}

std::string with_commas(std::string_view aliases) {
  std::string out;
  for (const char c : aliases) out += c == ' ' ? std::string(", ") : std::string(1, c);
  return out;
}

void help_for(Debugger& d, const Command& c) {
  d.out.print(d.out.paint().bold(heading_of(c)));
  if (!c.aliases.empty()) {
    const auto blank = c.name.find(' ');
    d.out.print(fmt::format("also: {}{}",
                            blank == c.name.npos ? "" : std::string(c.name.substr(0, blank + 1)),
                            with_commas(c.aliases)));
  }
  d.out.print(fmt::format("{}.", c.brief));
  if (!c.text.empty()) d.out.print(std::string(c.text));
  d.out.print(fmt::format("Example: {}", c.example));
}

void list_group(Debugger& d, Group group) {
  constexpr std::size_t kShort = 5;
  d.out.print(d.out.paint().bold(group_name(group)));
  for (const Command* c : all_commands()) {
    if (c->group != group) continue;
    auto first = c->aliases.substr(0, c->aliases.find(' '));
    if (c->name.find(' ') != c->name.npos || first.size() > kShort) first = {};
    d.out.print(cut(fmt::format("  {:<23} {:<{}} {}", c->name, first, kShort, c->brief),
                    std::max(d.out.width(), 80u)));
  }
}

/// "break, b, br -- Stop before an instruction executes", as gdb has it.
void help_all(Debugger& d) {
  for (const Command* c : all_commands()) {
    std::string names(c->name);
    if (!c->aliases.empty()) names += ", " + with_commas(c->aliases);
    d.out.print(fmt::format("{} -- {}", names, c->brief));
  }
}

/// "i", "sho": families may be shortened too.
std::string family_name(const std::string& typed) {
  if (typed == "i") return "info";
  for (const char* family : {"info", "set", "show"})
    if (typed.size() >= 3 && std::string_view(family).starts_with(typed)) return family;
  return typed;
}

void run_help(Debugger& d, const Arguments& a) {
  if (a.text == "all") return help_all(d);
  if (!a.text.empty()) {
    bool family = false;
    const std::string name = family_name(a.text);
    for (const Command* c : all_commands())
      if (c->name.starts_with(name + " ")) {
        family = true;
        d.out.print(fmt::format("  {:<28} {}", heading_of(*c), c->brief));
      }
    if (!family) help_for(d, *find_command(a.text).command);
    return;
  }
  for (const Group g :
       {Group::running, Group::back, Group::stops, Group::looking, Group::runtime, Group::session})
    list_group(d, g);
  d.out.print(
      "Names may be shortened as long as they stay unique.\n\"help NAME\" tells more, with an "
      "example; \"help all\" lists every spelling.");
}

void run_quit(Debugger& d, const Arguments& a) {
  d.quit(a.text.empty()
             ? std::nullopt
             : std::optional(static_cast<int>(evaluate_number(d.values, a.text) & 0xff)));
}

void run_source(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"source\" needs the name of a file with commands.");
  if (!d.execute_file(a.text)) d.fail();
}

void run_echo(Debugger& d, const Arguments& a) { d.out.print(a.text); }

void run_history(Debugger& d, const Arguments& a) {
  const std::size_t most = static_cast<std::size_t>(a.count(d, 20));
  const std::size_t first = d.history.size() > most ? d.history.size() - most : 0;
  for (std::size_t i = first; i < d.history.size(); ++i)
    d.out.print(fmt::format("{:>5}  {}", i + 1, d.history[i]));
}

constexpr std::pair<std::string_view, Flavor> kFlavors[] = {
    {"go", Flavor::go}, {"intel", Flavor::intel}, {"att", Flavor::att}};

void run_set_flavor(Debugger& d, const Arguments& a) {
  for (const auto& [name, flavor] : kFlavors)
    if (name == a.text) {
      d.settings.flavor = flavor;
      return;
    }
  user_error("The flavor is go, intel or att, not \"{}\".", a.text);
}
void run_show_flavor(Debugger& d, const Arguments&) {
  for (const auto& [name, flavor] : kFlavors)
    if (flavor == d.settings.flavor)
      d.out.print(fmt::format("The disassembly flavor is \"{}\".", name));
}

bool on_off(const std::string& text) {
  if (text == "on" || text == "1" || text.empty()) return true;
  if (text == "off" || text == "0") return false;
  user_error("\"on\" or \"off\" expected.");
}

void run_set_context(Debugger& d, const Arguments& a) { d.settings.context = on_off(a.text); }
void run_show_context(Debugger& d, const Arguments&) {
  d.out.print(fmt::format("Context after each stop is {}.", d.settings.context ? "on" : "off"));
}

void run_set_logging(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"set logging\" needs a file's name, or \"off\".");
  if (a.text == "off") {
    d.out.print("Done logging.");
    return d.out.transcript({});
  }
  d.out.transcript(a.text);
  d.out.print(fmt::format("Copying output to {}.", a.text));
}
void run_show_logging(Debugger& d, const Arguments&) {
  d.out.print(d.out.transcript_path().empty()
                  ? "Logging is off."
                  : fmt::format("Output is copied to {}.", d.out.transcript_path()));
}

void run_set_nothing(Debugger&, const Arguments&) {}

void run_set_width(Debugger& d, const Arguments& a) {
  constexpr unsigned kUnlimited = 1000;
  const u64 width = a.text == "0" || a.text == "unlimited" ? kUnlimited : a.count(d, 0);
  if (width < 40 || width > 1000) user_error("The width is between 40 and 1000 columns.");
  d.out.set_width(static_cast<unsigned>(width));
}
void run_show_width(Debugger& d, const Arguments&) {
  d.out.print(fmt::format("Lines are {} columns wide.", d.out.width()));
}

void run_set_goroot(Debugger& d, const Arguments& a) { d.sources.set_goroot(a.text); }
void run_show_goroot(Debugger& d, const Arguments&) {
  d.out.print(d.sources.goroot().empty()
                  ? "No GOROOT of the program's release is known."
                  : fmt::format("Source comes from {}.", d.sources.goroot()));
}

void run_set_var(Debugger& d, const Arguments& a) {
  if (a.text.find('=') == std::string::npos)
    user_error("\"set var\" needs an assignment, as in \"set var $rax = 1\".");
  (void)evaluate(d.values, a.text);
}

void run_set_checkpoints(Debugger& d, const Arguments& a) {
  const auto bytes = emulator::base::parse_size(a.text);
  if (!bytes || *bytes < (1u << 20))
    user_error("Checkpoints may hold 1M or more, as 64M or 1G, not \"{}\".", a.text);
  d.target.timeline().set_checkpoint_bytes(*bytes);
}
void run_show_checkpoints(Debugger& d, const Arguments&) {
  const auto& t = d.target.timeline();
  d.out.print(
      fmt::format("{} checkpoints hold {} KiB.", t.checkpoints(), t.checkpoint_bytes() / 1024));
}

constexpr Command kCommands[] = {
    {"help", "h", Group::session, "[COMMAND]", "List the commands, or tell about one",
     "\"help all\" lists them with all their names.", "help break", false, Completes::commands,
     run_help},
    {"quit", "q exit", Group::session, "[STATUS]", "End the session", "", "quit", false,
     Completes::nothing, run_quit},
    {"source", "", Group::session, "FILE", "Do the commands of a file",
     "The first that fails ends it.", "source /dev/null", false, Completes::files, run_source},
    {"echo", "", Group::session, "TEXT", "Print a text", "", "echo here", false, Completes::nothing,
     run_echo},
    {"history", "hi", Group::session, "[N]", "List the commands that were given", "", "history",
     false, Completes::nothing, run_history},
    {"set var", "variable", Group::session, "PLACE = EXPRESSION",
     "Change a register, memory, or a variable of the session ($name)",
     "What lay ahead in time is forgotten: the program goes another way from here.",
     "set var $count = 1", false, Completes::expressions, run_set_var},
    {"set disassembly-flavor", "", Group::session, "go|intel|att",
     "Choose how instructions are spelled", "", "set disassembly-flavor go", false,
     Completes::settings, run_set_flavor},
    {"show disassembly-flavor", "", Group::session, "", "Say how instructions are spelled", "",
     "show disassembly-flavor", false, Completes::nothing, run_show_flavor},
    {"set context", "", Group::session, "on|off",
     "Show registers, code, stack and runtime after each stop, or only the place", "",
     "set context on", false, Completes::settings, run_set_context},
    {"show context", "", Group::session, "", "Say whether the context is shown after each stop", "",
     "show context", false, Completes::nothing, run_show_context},
    {"set confirm",
     "pagination height verbose print history style startup-with-shell debuginfod python "
     "disassemble-next-line can-use-hw-watchpoints step-mode language osabi architecture",
     Group::session, "…", "Settings of gdb that make no difference here",
     "rt0 does not ask before it does something, and does not stop at the end of a page.",
     "set confirm off", false, Completes::nothing, run_set_nothing},
    {"set logging", "", Group::session, "FILE|off", "Append commands and answers to a file", "",
     "set logging off", false, Completes::files, run_set_logging},
    {"show logging", "", Group::session, "", "Say to which file output is copied", "",
     "show logging", false, Completes::nothing, run_show_logging},
    {"set width", "", Group::session, "COLUMNS", "How wide lines may be",
     "On a terminal that is its width, also when it changes.", "set width 100", false,
     Completes::nothing, run_set_width},
    {"show width", "", Group::session, "", "Say how wide lines may be", "", "show width", false,
     Completes::nothing, run_show_width},
    {"set goroot", "", Group::session, "[DIRECTORY]", "Where Go's source is",
     "It has to be that of the program's own release.", "set goroot", false, Completes::files,
     run_set_goroot},
    {"show goroot", "", Group::session, "", "Say where Go's source is taken from", "",
     "show goroot", false, Completes::nothing, run_show_goroot},
    {"set checkpoint-memory", "", Group::session, "SIZE",
     "What checkpoints of the past may hold, as 64M", "With less, going back far takes longer.",
     "set checkpoint-memory 64M", false, Completes::nothing, run_set_checkpoints},
    {"show checkpoint-memory", "", Group::session, "",
     "Say how many checkpoints there are and what they hold", "", "show checkpoint-memory", false,
     Completes::nothing, run_show_checkpoints},
};

}  // namespace

std::span<const Command> session_commands() { return kCommands; }

}  // namespace rt0::debug
