// Going forwards: instructions, lines, functions, steps of models.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/motions.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::machine::StopEvent;
using emulator::machine::StopReason;

namespace {

void run_stepi(Debugger& d, const Arguments& a) {
  d.require_process();
  const u64 count = a.count(d);
  d.remember();
  d.stopped(d.step(count, false), Debugger::Show::instruction);
}

void repeat_forward(Debugger& d, const Arguments& a, StopEvent (*one)(Debugger&),
                    Debugger::Show show = Debugger::Show::line) {
  d.require_process();
  repeat(d, a, one, show);
}

void run_nexti(Debugger& d, const Arguments& a) {
  repeat_forward(d, a, next_instruction, Debugger::Show::instruction);
}
void run_step(Debugger& d, const Arguments& a) {
  repeat_forward(d, a, [](Debugger& x) { return next_line(x, true); });
}
void run_next(Debugger& d, const Arguments& a) {
  repeat_forward(d, a, [](Debugger& x) { return next_line(x, false); });
}

void run_finish(Debugger& d, const Arguments&) {
  const auto& frames = d.frames();
  const std::size_t at = d.frame, outer = caller_of(frames, at);
  if (outer >= frames.size() || frames[at].cfa == Addr() || frames[at].g != frames[outer].g)
    user_error("\"finish\" not meaningful in the outermost frame.");
  const Frame f = frames[at];
  d.out.tell(Fact("moving", {{"until", "return"}, {"frame", frame_fields(d.target, at, f)}},
                  fmt::format("Run till exit from #{}  {}", at, frame_text(d.target, f))));
  d.remember();
  if (!f.inlined.empty()) return d.stopped(out_of_inlined(d, at));
  const SameFrame caller(d, f.cfa);
  Debugger::Motion motion;
  motion.addresses.insert(frames[outer].pc.value);
  motion.accept = [&](const StopEvent&) { return caller.here(d); };
  const StopEvent event = d.move(motion);
  d.stopped(event);
  if (event.reason == StopReason::breakpoint && !d.target.over() && caller.here(d)) {
    const Addr value(d.target.registers()[emulator::cpu::rax]);
    d.out.tell(Fact("returned", {{"rax", value}},
                    fmt::format("Value returned, if the function has one: rax = {}",
                                pointer_text(d.target, value))));
  }
}

void run_until_location(Debugger& d, const std::string& where) {
  Debugger::Motion motion;
  for (const auto& l : locate(d, where)) motion.addresses.insert(l.address.value);
  const auto targets = motion.addresses;
  const auto& frames = d.frames();
  d.remember();
  // Not beyond the end of the function that is looked at.
  const std::size_t outer = caller_of(frames, 0);
  if (outer < frames.size() && frames[0].cfa != Addr() && frames[0].g == frames[outer].g) {
    const u64 back = frames[outer].pc.value;
    motion.addresses.insert(back);
    const SameFrame caller(d, frames[0].cfa);
    motion.accept = [&d, caller, targets](const StopEvent& e) {
      return targets.contains(e.address.value) || caller.here(d);
    };
  }
  d.stopped(d.move(motion));
}

void run_until(Debugger& d, const Arguments& a) {
  d.require_process();
  if (!a.text.empty()) return run_until_location(d, a.text);
  // Like next, but a jump back does not count: loops run to their end.
  const Addr start = d.target.pc();
  d.remember();
  const SameFrame frame(d, d.target.sp());
  StopEvent event;
  do {
    event = next_line(d, false);
  } while (d.goes_on(event) && frame.here(d) && d.target.pc() <= start);
  d.stopped(event);
}

void run_advance(Debugger& d, const Arguments& a) {
  d.require_process();
  if (a.text.empty())
    user_error("\"advance\" needs to be told where to, as in \"advance runtime.main\".");
  Debugger::Motion motion;
  for (const auto& l : locate(d, a.text)) motion.addresses.insert(l.address.value);
  d.remember();
  d.stopped(d.move(motion));
}

void run_continue(Debugger& d, const Arguments& a) {
  d.require_process();
  const u64 count = a.count(d);
  if (count > 1) d.ignore_current(count - 1);
  if (!d.in_commands()) d.out.tell(Fact("moving", {{"until", "stop"}}, "Continuing."));
  d.remember();
  d.stopped(d.move({}));
}

void run_run(Debugger& d, const Arguments&) {
  d.out.tell(Fact("moving", {{"until", "stop"}, {"program", d.target.program().name}},
                  fmt::format("Starting program: {}", d.target.program().name)));
  d.remember();
  (void)d.target.timeline().go_to(0);
  d.stopped(d.move({}));
}

void run_start(Debugger& d, const Arguments&) {
  Breakpoint b;
  b.what = "main.main", b.temporary = true;
  b.locations = locate(d, "main.main");
  tell_breakpoint(d, d.breakpoints.add(b));
  run_run(d, {});
}

void run_starti(Debugger& d, const Arguments&) { d.go_to(0); }

void model_step(Debugger& d, u64 count, bool over) {
  d.require_process();
  d.remember();
  for (u64 i = 0; i < std::max<u64>(1, count); ++i) {
    const StopEvent event = next_model_step(d, over, false);
    const bool last = i + 1 == count || !d.goes_on(event);
    tell_steps(d, event.position);
    if (!last) continue;
    d.stopped(event);
    break;
  }
}

void run_stepmodel(Debugger& d, const Arguments& a) { model_step(d, a.count(d), false); }
void run_nextmodel(Debugger& d, const Arguments& a) { model_step(d, a.count(d), true); }

constexpr Command kCommands[] = {
    {"stepi", "si", Group::running, "[N]", "Execute one instruction, or N of them, of this thread",
     "Other threads go on meanwhile as their turns come. Breakpoints stop it.", "stepi 3", true,
     Completes::expressions, run_stepi},
    {"nexti", "ni", Group::running, "[N]",
     "Execute one instruction; a call runs until it has returned",
     "The call is over when this goroutine is back in this frame, on whatever thread.", "nexti",
     true, Completes::expressions, run_nexti},
    {"step", "s", Group::running, "[N]", "Go on to another line of source, into functions",
     "Lines are those of pclntab, which every Go program has, also without the source.", "step",
     true, Completes::expressions, run_step},
    {"next", "n", Group::running, "[N]", "Go on to the next line of source in this function",
     "As step, but functions that are called run to their end.", "next 2", true,
     Completes::expressions, run_next},
    {"stepmodel", "sm", Group::running, "[N]",
     "Go on to the next step that a model of the runtime tells",
     "Stops behind the instruction that did it, in whatever thread, and says the step and what it "
     "changed. A second machine runs ahead to find it.",
     "stepmodel", true, Completes::expressions, run_stepmodel},
    {"nextmodel", "nm", Group::running, "[N]",
     "Go on to the next step, but none of a function that this one calls",
     "A step's depth is that of the models' calls of each other.", "nextmodel", true,
     Completes::expressions, run_nextmodel},
    {"finish", "fin", Group::running, "", "Run until the function that is looked at has returned",
     "With \"frame N\" chosen, until that one has.", "finish", true, Completes::nothing,
     run_finish},
    {"until", "u", Group::running, "[WHERE]",
     "Run to a line behind this one in this function, or to WHERE",
     "Without WHERE as next, but never back: a loop runs to its end. With it, stops there or where "
     "this function has returned.",
     "until", true, Completes::functions, run_until},
    {"advance", "adv", Group::running, "WHERE", "Run until WHERE is reached",
     "WHERE is as for break.", "advance runtime.schedinit", true, Completes::functions,
     run_advance},
    {"continue", "c fg", Group::running, "[N]", "Run until something stops it",
     "With N, the breakpoint that it stands at is passed N-1 times more.", "continue", true,
     Completes::expressions, run_continue},
    {"run", "r", Group::running, "", "Go back to the first instruction and continue",
     "Breakpoints stay. What was typed into the program the first time, it reads again.", "run",
     false, Completes::nothing, run_run},
    {"starti", "", Group::running, "", "Go back to the first instruction and stay there",
     "Nothing has been executed there, as after the start of the session.", "starti", false,
     Completes::nothing, run_starti},
    {"start", "", Group::running, "", "Go back to the first instruction and run to main.main",
     "The boot is over there; \"break runtime.rt0_go\" and \"run\" stop at its beginning.", "start",
     false, Completes::nothing, run_start},
};

}  // namespace

std::span<const Command> running_commands() { return kCommands; }

}  // namespace rt0::debug
