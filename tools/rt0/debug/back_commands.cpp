// Going back, and asking the past.
#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/motions.hpp"
#include "tools/rt0/debug/origin.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

void run_reverse_stepi(Debugger& d, const Arguments& a) {
  const u64 count = a.count(d);
  d.remember();
  d.stopped(d.step(count, true), Debugger::Show::instruction);
}
void run_reverse_nexti(Debugger& d, const Arguments& a) {
  repeat(d, a, previous_instruction, Debugger::Show::instruction);
}
void run_reverse_step(Debugger& d, const Arguments& a) {
  repeat(d, a, [](Debugger& x) { return previous_line(x, true); });
}
void run_reverse_next(Debugger& d, const Arguments& a) {
  repeat(d, a, [](Debugger& x) { return previous_line(x, false); });
}

void run_reverse_continue(Debugger& d, const Arguments&) {
  if (!d.in_commands())
    d.out.tell(Fact("moving", {{"until", "stop"}, {"backwards", true}}, "Continuing backwards."));
  d.remember();
  Debugger::Motion motion;
  motion.backwards = true;
  d.stopped(d.move(motion));
}

void run_reverse_finish(Debugger& d, const Arguments&) {
  const auto& frames = d.frames();
  const Frame f = frames[d.frame];
  if (f.function == nullptr || f.cfa == Addr() || caller_of(frames, d.frame) >= frames.size())
    user_error("\"reverse-finish\" not meaningful in the outermost frame.");
  d.out.tell(
      Fact("moving",
           {{"until", "call"}, {"backwards", true}, {"frame", frame_fields(d.target, d.frame, f)}},
           fmt::format("Run back to call of #{}  {}", d.frame, frame_text(d.target, f))));
  d.remember();
  if (!f.inlined.empty()) return d.stopped(back_out_of_inlined(d, d.frame));
  const SameFrame entered(d, f.cfa - 8);
  StopEvent event;
  event.position = d.target.position(), event.thread = d.target.thread().tid;
  if (d.target.pc() != f.function->entry || !entered.here(d)) {
    Debugger::Motion motion;
    motion.backwards = true;
    motion.addresses.insert(f.function->entry.value);
    motion.accept = [&](const StopEvent&) { return entered.here(d); };
    event = d.move(motion);
  }
  // A breakpoint may stand at the entry too: this is not its visit.
  if (!d.target.over() && d.target.pc() == f.function->entry && entered.here(d))
    event = d.step(1, true);
  d.stopped(event);
}

void model_back(Debugger& d, const Arguments& a, bool over) {
  d.remember();
  const u64 count = std::max<u64>(1, a.count(d));
  for (u64 i = 0; i < count; ++i) {
    const StopEvent event = next_model_step(d, over, true);
    if (i + 1 < count && d.goes_on(event)) continue;
    tell_steps(d, event.position);
    d.stopped(event);
    break;
  }
}
void run_reverse_stepmodel(Debugger& d, const Arguments& a) { model_back(d, a, false); }
void run_reverse_nextmodel(Debugger& d, const Arguments& a) { model_back(d, a, true); }

void run_goto(Debugger& d, const Arguments& a) {
  if (a.text.empty())
    user_error("\"goto\" needs an instruction's number or the name of a bookmark; this is {}.",
               d.target.position());
  const auto it = d.bookmarks.find(a.text);
  u64 to = 0;
  if (it != d.bookmarks.end())
    to = it->second;
  else if (a.text == "end")
    to = ~u64{0};
  else if (to = evaluate_number(d.values, a.text); static_cast<emulator::i64>(to) < 0)
    user_error("There is no instruction {}: the first is 0.", static_cast<emulator::i64>(to));
  d.go_to(to);
}

void run_bookmark(Debugger& d, const Arguments& a) {
  std::string name = a.text;
  for (std::size_t i = d.bookmarks.size() + 1;
       name.empty() || (a.text.empty() && d.bookmarks.contains(name)); ++i)
    name = fmt::format("b{}", i);
  if (emulator::base::parse_number(name))
    user_error("A bookmark's name is not a number: \"goto {}\" goes to that instruction.", name);
  d.bookmarks[name] = d.target.position();
  d.out.tell(Fact("bookmark", {{"name", name}, {"n", d.target.position()}},
                  fmt::format("Bookmark {} at instruction {}: \"goto {}\" comes back.", name,
                              grouped(d.target.position()), name)));
}

void run_info_bookmarks(Debugger& d, const Arguments&) {
  Listing answer("bookmarks", "bookmarks");
  if (d.bookmarks.empty()) answer.also("No bookmarks.");
  for (const auto& [name, position] : d.bookmarks)
    answer.item({{"name", name}, {"n", position}},
                fmt::format("{:<12} instruction {}", name, grouped(position)));
  d.out.tell(answer);
}

void run_undo(Debugger& d, const Arguments&) {
  if (!d.undo()) user_error("There is nothing to undo: no command has moved yet.");
}

void run_who(Debugger& d, const Arguments& a) {
  if (a.text.empty())
    user_error("\"who\" needs a register, a field or *ADDRESS, as in \"who g1.atomicstatus\".");
  d.out.tell(who_wrote(d, evaluate(d.values, a.text), a.text));
}

void run_why(Debugger& d, const Arguments& a) {
  if (a.text.empty())
    user_error("\"why\" needs a register, a field or *ADDRESS, as in \"why rax\".");
  d.out.tell(origin_of(d, evaluate(d.values, a.text), a.text));
}

constexpr Command kCommands[] = {
    {"reverse-stepi", "rsi", Group::back, "[N]", "Undo one instruction, or N, of this thread",
     "The state is what it was, to the byte. At the first instruction it says so and stays.",
     "reverse-stepi", true, Completes::expressions, run_reverse_stepi},
    {"reverse-nexti", "rni", Group::back, "[N]", "Undo one instruction, or N; a call as a whole",
     "", "reverse-nexti", true, Completes::expressions, run_reverse_nexti},
    {"reverse-step", "rs", Group::back, "[N]",
     "Back to the start of the line before, into functions that it had called", "", "reverse-step",
     true, Completes::expressions, run_reverse_step},
    {"reverse-next", "rn", Group::back, "[N]",
     "Back to the start of the line before in this function", "", "reverse-next", true,
     Completes::expressions, run_reverse_next},
    {"reverse-continue", "rc", Group::back, "",
     "Back to where a breakpoint or watchpoint would have stopped last",
     "Watchpoints stop before the write that they saw; without any, the program's start stops it.",
     "reverse-continue", true, Completes::nothing, run_reverse_continue},
    {"reverse-finish", "rfin", Group::back, "",
     "Back to the call of the function that is looked at", "", "reverse-finish", true,
     Completes::nothing, run_reverse_finish},
    {"reverse-stepmodel", "rsm", Group::back, "[N]", "Back to the step that a model told before",
     "", "reverse-stepmodel", true, Completes::expressions, run_reverse_stepmodel},
    {"reverse-nextmodel", "rnm", Group::back, "[N]",
     "Back to the step before, but none of a function that this one calls", "", "reverse-nextmodel",
     true, Completes::expressions, run_reverse_nextmodel},
    {"goto", "", Group::back, "N|BOOKMARK|end",
     "Go to where N instructions have been executed, or to a bookmark",
     "Back or forwards, also to where the program has not been yet; no breakpoint stops it. $n is "
     "where "
     "it stands, so \"goto $n - 100\" goes 100 back.",
     "goto 1000", false, Completes::expressions, run_goto},
    {"bookmark", "", Group::back, "[NAME]", "Give this instruction's number a name for goto", "",
     "bookmark here", false, Completes::nothing, run_bookmark},
    {"info bookmarks", "", Group::back, "", "List the bookmarks", "", "info bookmarks", false,
     Completes::nothing, run_info_bookmarks},
    {"undo", "", Group::back, "", "Go back to where the last command that moved began",
     "It undoes movements, not changes by set. May be repeated.", "undo", true, Completes::nothing,
     run_undo},
    {"who", "", Group::back, "REGISTER|FIELD|*ADDRESS",
     "Name the instruction that wrote there last",
     "Of several bytes, the last write to any of them.", "who g1.atomicstatus", false,
     Completes::expressions, run_who},
    {"why", "", Group::back, "REGISTER|FIELD|*ADDRESS",
     "Follow a value back through moves, loads and stores to where it comes from",
     "It ends at an instruction that computes, a constant, a system call, or what the program's "
     "file "
     "holds.",
     "why rax", false, Completes::expressions, run_why},
};

}  // namespace

std::span<const Command> back_commands() { return kCommands; }

}  // namespace rt0::debug
