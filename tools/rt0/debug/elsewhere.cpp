#include "tools/rt0/debug/elsewhere.hpp"

#include <algorithm>

namespace rt0::debug {
namespace {

struct Row {
  std::string_view names;  ///< one blank between them; in a family all with "_" for the blank
  std::string_view text;
};

constexpr Row kRows[] = {
    {"layout tui focus refresh winheight nearpc pdisass",
     "There are no windows: \"set context on\" shows registers, code, stack and runtime after each "
     "stop, \"context\" shows them now."},
    {"info_scope", "\"info locals\" and \"info args\" list the variables that are known here."},
    {"shell make pipe cd pwd", "rt0 runs no programs of the host: use another terminal."},
    {"! |", "rt0 runs no programs of the host: use another terminal."},
    {"file exec-file symbol-file add-symbol-file core-file load target attach sharedlibrary",
     "The program is the one that \"rt0 debug PROG\" was started with."},
    {"detach disconnect", "There is nothing to detach from: \"quit\" ends the session."},
    {"kill", "\"goto 0\" takes the program to its first instruction, \"quit\" ends the session."},
    {"jump", "\"set var $rip = ADDRESS\", then \"continue\", goes on elsewhere."},
    {"return", "\"finish\" runs to the end of a function; \"set var $rip = …\" and $rsp leave it."},
    {"define document alias if while python python-interactive guile compile",
     "There are no scripts but lists of commands: \"source FILE\", \"commands N\"; programs are "
     "best "
     "served by rt0 debug --json."},
    {"signal queue-signal", "Signals are between the guest and its kernel: none can be sent."},
    {"handle info_signals info_handle",
     "Signals do not stop the program: \"catch signal\" makes each that is delivered do so."},
    {"checkpoint restart", "\"bookmark\" names this instruction, \"goto\" comes back to it."},
    {"info_checkpoints", "\"info bookmarks\" lists what \"bookmark\" has named."},
    {"record info_record",
     "Everything can be gone back through: \"rsi\", \"rc\", \"goto N\"; nothing needs recording."},
    {"output printf", "\"print/FORMAT EXPRESSION\" shows a value, \"echo TEXT\" a text."},
    {"dprintf",
     "\"break WHERE\", then \"commands\" with \"silent\", \"print …\" and \"continue\", prints as "
     "the "
     "program passes."},
    {"find search searchmem search-pattern forward-search reverse-search",
     "rt0 does not search: \"x\", \"telescope\" and \"list\" show, \"who *ADDRESS\" finds who "
     "wrote."},
    {"monitor", "rt0's own commands are these: leave the word \"monitor\" away."},
    {"registers regs", "\"info registers\" lists them."},
    {"xinfo", "\"info symbol ADDRESS\" names it, \"vmmap ADDRESS\" shows the mapping."},
    {"nextcall nextjmp stepuntilasm", "\"nexti\" goes over a call, \"advance WHERE\" to a place."},
    {"nextret stepret", "\"finish\" goes to where the function has returned."},
    {"stepover so", "\"nexti\" goes over a call."},
    {"entry sstart", "\"starti\" goes to the first instruction, \"start\" to main.main."},
    {"procinfo info_inferiors inferior info_os",
     "\"info program\" and \"info files\" tell about it."},
    {"tls fsbase gsbase", "\"print $fs_base\" shows where thread-local storage is."},
    {"checksec got plt canary rop aslr", "This is for programs in C: rt0's are static and Go's."},
    {"info_sharedlibrary info_dll", "The programs that rt0 runs have no shared libraries."},
    {"info_source info_sources", "\"info line\" names the line of source, \"list\" shows it."},
    {"info_types", "\"ptype NAME\" shows a type of the runtime, as \"ptype runtime.g\"."},
    {"info_stack info_s", "\"backtrace\" shows who called whom, \"telescope\" the words."},
    {"info_macro info_selectors info_vector", "\"info all-registers\" shows vector registers too."},
    {"set_args show_args set_environment",
     "Arguments are those behind PROG on rt0's command line; --env sets its environment."},
    {"set_follow-fork-mode set_detach-on-fork set_scheduler-locking set_schedule-multiple",
     "Which thread runs when is decided by --seed; the program starts no other."},
    {"set_listsize", "\"list\" shows ten lines; an empty line goes on."},
    {"show_version", "\"rt0 --version\" says it; \"info files\" names the program."},
    {"tty set_inferior-tty", "The program's input and output are those of rt0."},
};

/// "info locals" as the table has it.
bool same(std::string_view row, std::string_view name) {
  return std::ranges::equal(row, name,
                            [](char a, char b) { return a == b || (a == '_' && b == ' '); });
}

std::string_view text_of(std::string_view name, bool whole) {
  for (const auto& [names, text] : kRows)
    for (std::string_view rest = names; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view one = rest.substr(0, whole ? end : std::min(end, name.size()));
      if (same(one, name)) return text;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  return {};
}

}  // namespace

std::string_view said_elsewhere(std::string_view name) {
  constexpr std::size_t kShortest = 3;
  const auto blank = name.find(' ');
  const std::string_view own = blank == name.npos ? name : name.substr(blank + 1);
  if (const auto text = text_of(name, true); !text.empty()) return text;
  return own.size() < kShortest ? std::string_view() : text_of(name, false);
}

}  // namespace rt0::debug
