// info args, info locals: the variables of the function that is looked at.
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/locals.hpp"

namespace rt0::debug {

namespace {

void show(Debugger& d, bool parameters) {
  Listing answer(parameters ? "args" : "locals", "variables");
  const Frame& frame = d.frames()[d.frame];
  for (const Local& local : locals_of(d.values, frame)) {
    if (local.parameter != parameters) continue;
    auto [text, fields] = variable_line(d.values, local);
    answer.item(std::move(fields), std::move(text));
  }
  answer.also(answer.size() > 0 ? ""
              : parameters      ? "No arguments."
                                : "No locals.",
              {{"frame", d.frame}, {"fn", function_name(frame)}});
  d.out.tell(answer);
}

void run_locals(Debugger& d, const Arguments&) { show(d, false); }
void run_args(Debugger& d, const Arguments&) { show(d, true); }

constexpr Command kCommands[] = {
    {"args", "", Group::looking, "", "Show the arguments of the function that is looked at", "",
     "args", false, Completes::nothing, run_args},
    {"locals", "", Group::looking, "", "Show the locals of the function that is looked at", "",
     "locals", false, Completes::nothing, run_locals},
    {"info args", "ar", Group::looking, "",
     "Show the arguments and results of the function that is looked at",
     "From the program's debug information. \"frame N\" or \"up\" looks at another function; of "
     "callers only what lies on the stack is known.",
     "info args", false, Completes::nothing, run_args},
    {"info locals", "lo", Group::looking, "",
     "Show the local variables of the function that is looked at",
     "\"print\" takes their names too. In your own code a variable's name goes before one of the "
     "runtime's objects, so that \"p m\" is your m; in the runtime's code g, m and p are the "
     "thread's own.",
     "info locals", false, Completes::nothing, run_locals},
};

}  // namespace

std::span<const Command> local_commands() { return kCommands; }

}  // namespace rt0::debug
