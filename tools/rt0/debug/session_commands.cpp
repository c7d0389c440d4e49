// The session itself: help, settings, files, the end.
#include <algorithm>
#include <cctype>

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

/// Commands, with as much about them as was asked for.
class Help : public Answer {
 public:
  enum class How : u8 { one, group, family, names };
  Help(How how, std::vector<const Command*> commands, std::string heading = {})
      : how_(how), commands_(std::move(commands)), heading_(std::move(heading)) {}
  std::string_view kind() const override { return "help"; }
  Data::Fields data() const override {
    Data::List list;
    for (const Command* c : commands_)
      list.emplace_back(Data::Fields{{"name", c->name},
                                     {"aliases", Arguments{std::string(c->aliases)}.words()},
                                     {"group", group_word(c->group)},
                                     {"usage", c->usage},
                                     {"brief", c->brief},
                                     {"text", c->text},
                                     {"example", c->example}});
    return {{"commands", std::move(list)}};
  }
  void draw(Page& page) const override {
    if (!heading_.empty()) page.line(page.paint.bold(heading_));
    for (const Command* c : commands_) draw(page, *c);
  }

 private:
  void draw(Page& page, const Command& c) const {
    switch (how_) {
      case How::one:
        return draw_one(page, c);
      case How::group:
        return draw_row(page, c);
      case How::family:
        return page.line(fmt::format("  {:<28} {}", heading_of(c), c.brief));
      case How::names:  // "break, b, br -- Stop before an instruction executes", as gdb has it
        return page.line(fmt::format("{}{}{} -- {}", c.name, c.aliases.empty() ? "" : ", ",
                                     with_commas(c.aliases), c.brief));
    }
  }
  static void draw_one(Page& page, const Command& c) {
    page.line(page.paint.bold(heading_of(c)));
    const auto blank = c.name.find(' ');
    if (!c.aliases.empty())
      page.line(fmt::format("also: {}{}",
                            blank == c.name.npos ? "" : std::string(c.name.substr(0, blank + 1)),
                            with_commas(c.aliases)));
    page.line(fmt::format("{}.", c.brief));
    if (!c.text.empty()) page.line(c.text);
    page.line(fmt::format("Example: {}", c.example));
  }
  static void draw_row(Page& page, const Command& c) {
    constexpr std::size_t kShort = 5;
    auto first = c.aliases.substr(0, c.aliases.find(' '));
    if (c.name.find(' ') != c.name.npos || first.size() > kShort) first = {};
    page.cut_line(fmt::format("  {:<23} {:<{}} {}", c.name, first, kShort, c.brief));
  }

  How how_;
  std::vector<const Command*> commands_;
  std::string heading_;
};

std::vector<const Command*> commands_that(const std::function<bool(const Command&)>& wanted) {
  std::vector<const Command*> out;
  for (const Command* c : all_commands())
    if (wanted(*c)) out.push_back(c);
  return out;
}

void list_groups(Debugger& d) {
  Listing answer("help", "groups");
  answer.also("The commands are in groups: \"help GROUP\" lists one, \"help NAME\" tells about one "
              "command,\n\"apropos WORD\" finds those that have to do with something.\n");
  for (const Group g : all_groups())
    answer.item({{"name", group_word(g)}, {"brief", group_name(g)}},
                fmt::format("  {}  {}", d.out.paint().bold(fmt::format("{:<12}", group_word(g))),
                            group_name(g)));
  answer.also("\nNames may be shortened as long as they stay unique. \"help all\" lists every "
              "command.");
  d.out.tell(answer);
}

/// "i", "sho": families may be shortened too.
std::string family_name(const std::string& typed) {
  if (typed == "i") return "info";
  for (const char* family : {"info", "set", "show"})
    if (typed.size() >= 3 && std::string_view(family).starts_with(typed)) return family;
  return typed;
}

void run_help(Debugger& d, const Arguments& a) {
  using How = Help::How;
  if (a.text.empty()) return list_groups(d);
  if (a.text == "all")
    return d.out.tell(Help(How::names, commands_that([](const Command&) { return true; })));
  for (const Group g : all_groups())
    if (a.text == group_word(g))
      return d.out.tell(Help(
          How::group, commands_that([g](const Command& c) { return c.group == g; }),
          std::string(group_name(g))));
  const std::string family = family_name(a.text) + " ";
  auto found = commands_that([&](const Command& c) { return c.name.starts_with(family); });
  if (!found.empty()) return d.out.tell(Help(How::family, std::move(found)));
  d.out.tell(Help(How::one, {find_command(a.text).command}));
}

bool holds(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return !std::ranges::search(text, word, same).empty();
}

void run_apropos(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"apropos\" needs a word, as in \"apropos goroutine\".");
  auto found = commands_that([&](const Command& c) {
    return holds(c.name, a.text) || holds(c.aliases, a.text) || holds(c.brief, a.text) ||
           holds(c.text, a.text) || holds(c.usage, a.text);
  });
  if (found.empty()) user_error("No command has to do with \"{}\", by its help.", a.text);
  d.out.tell(Help(Help::How::group, std::move(found)));
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

void run_echo(Debugger& d, const Arguments& a) {
  d.out.tell(Fact("text", {{"text", a.text}}, a.text));
}

void run_history(Debugger& d, const Arguments& a) {
  const std::size_t most = static_cast<std::size_t>(a.count(d, 20));
  const std::size_t first = d.history.size() > most ? d.history.size() - most : 0;
  Listing answer("history", "commands");
  for (std::size_t i = first; i < d.history.size(); ++i)
    answer.item({{"number", i + 1}, {"text", d.history[i]}},
                fmt::format("{:>5}  {}", i + 1, d.history[i]));
  d.out.tell(answer);
}

/// A setting's value for tools, and the sentence that says it.
void tell_setting(Debugger& d, std::string_view name, Data value, std::string text) {
  d.out.tell(Fact("setting", {{"name", name}, {"value", std::move(value)}}, std::move(text)));
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
      tell_setting(d, "disassembly-flavor", name,
                   fmt::format("The disassembly flavor is \"{}\".", name));
}

bool on_off(const std::string& text) {
  if (text == "on" || text == "1" || text.empty()) return true;
  if (text == "off" || text == "0") return false;
  user_error("\"on\" or \"off\" expected.");
}

void run_set_context(Debugger& d, const Arguments& a) { d.settings.context = on_off(a.text); }
void run_show_context(Debugger& d, const Arguments&) {
  tell_setting(d, "context", d.settings.context,
               fmt::format("Context after each stop is {}.", d.settings.context ? "on" : "off"));
}

void run_set_logging(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"set logging\" needs a file's name, or \"off\".");
  if (a.text == "off") {
    tell_setting(d, "logging", {}, "Done logging.");
    return d.out.transcript({});
  }
  d.out.transcript(a.text);
  tell_setting(d, "logging", a.text, fmt::format("Copying output to {}.", a.text));
}
void run_show_logging(Debugger& d, const Arguments&) {
  const std::string& path = d.out.transcript_path();
  tell_setting(d, "logging", path.empty() ? Data() : Data(path),
               path.empty() ? "Logging is off." : fmt::format("Output is copied to {}.", path));
}

void run_set_nothing(Debugger&, const Arguments&) {}

void run_set_width(Debugger& d, const Arguments& a) {
  constexpr unsigned kUnlimited = 1000;
  const u64 width = a.text == "0" || a.text == "unlimited" ? kUnlimited : a.count(d, 0);
  if (width < 40 || width > 1000) user_error("The width is between 40 and 1000 columns.");
  d.out.set_width(static_cast<unsigned>(width));
}
void run_show_width(Debugger& d, const Arguments&) {
  tell_setting(d, "width", d.out.width(),
               fmt::format("Lines are {} columns wide.", d.out.width()));
}

void run_set_goroot(Debugger& d, const Arguments& a) { d.sources.set_goroot(a.text); }
void run_show_goroot(Debugger& d, const Arguments&) {
  const std::string& goroot = d.sources.goroot();
  tell_setting(d, "goroot", goroot.empty() ? Data() : Data(goroot),
               goroot.empty() ? "No GOROOT of the program's release is known."
                              : fmt::format("Source comes from {}.", goroot));
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
  tell_setting(
      d, "checkpoint-memory",
      Data::Fields{{"checkpoints", t.checkpoints()}, {"bytes", t.checkpoint_bytes()}},
      fmt::format("{} checkpoints hold {} KiB.", t.checkpoints(), t.checkpoint_bytes() / 1024));
}

constexpr Command kCommands[] = {
    {"help", "h", Group::session, "[GROUP|COMMAND|all]",
     "List the groups of commands, those of one, or tell about a command",
     "\"help all\" lists all with all their names.", "help break", false, Completes::commands,
     run_help},
    {"apropos", "apr", Group::session, "WORD", "List the commands that have to do with something",
     "Those that have it in their names or their help.", "apropos goroutine", false,
     Completes::nothing, run_apropos},
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
