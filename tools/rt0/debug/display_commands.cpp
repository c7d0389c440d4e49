// Expressions that are shown at each stop.
#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

void run_display(Debugger& d, const Arguments& a) {
  if (a.text.empty()) return show_displays(d);
  check_expression(d.values, a.text);
  Display display;
  display.text = a.text;
  if (a.has_format) display.format = a.format;
  const Display& added = d.displays.add(std::move(display));
  if (!d.target.over()) show_display(d, added);
}

void run_undisplay(Debugger& d, const Arguments& a) {
  if (a.text.empty()) return (void)d.displays.remove(std::nullopt);
  for (const std::string& word : a.words()) {
    const auto n = emulator::base::parse_number(word);
    if (!n || *n > 1'000'000 || !d.displays.remove(static_cast<int>(*n)))
      user_error("There is no display {}: \"info display\" lists them.", word);
  }
}

void run_info_display(Debugger& d, const Arguments&) {
  Listing answer("displays", "displays");
  answer.also(d.displays.all().empty()
                  ? "There are no auto-display expressions now."
                  : "Auto-display expressions now in effect:\nNum Enb Expression");
  for (const Display& x : d.displays.all())
    answer.item(
        {{"number", x.number}, {"enabled", x.enabled}, {"format", x.format_text()}, {"of", x.text}},
        fmt::format("{}:   {}  {}{}", x.number, x.enabled ? 'y' : 'n', x.format_text(), x.text));
  d.out.tell(answer);
}

constexpr Command kCommands[] = {
    {"display", "", Group::looking, "[/FORMAT] [EXPRESSION]",
     "Show the value of an expression now and after each stop",
     "Formats are those of print; with i, s, a count or a size it is shown as x shows memory. "
     "Without EXPRESSION, all are "
     "shown. What has no value at a stop says why, and stays.",
     "display/i $pc", false, Completes::expressions, run_display},
    {"undisplay", "und", Group::looking, "[N…]", "No longer show these expressions, or all",
     "\"disable display N\" keeps one, and \"enable display N\" lets it be shown again.",
     "undisplay", false, Completes::nothing, run_undisplay},
    {"info display", "", Group::looking, "", "List the expressions that are shown after each stop",
     "", "info display", false, Completes::nothing, run_info_display},
};

}  // namespace

std::span<const Command> display_commands() { return kCommands; }

}  // namespace rt0::debug
