#include "tools/rt0/debug/motions.hpp"

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::machine::StopReason;

namespace {

std::string_view mnemonic_at(Debugger& d, Addr pc) {
  const CodeLine line = d.target.code_at(pc, Flavor::intel);
  return line.valid ? emulator::decode::Decoder::name(line.insn.mnemonic) : std::string_view();
}

/// A line of source in one function; code that no line is known of is a line of its own.
struct Line {
  const golang::Function* function = nullptr;
  i64 line = 0;
  friend bool operator==(const Line&, const Line&) = default;
};

Line line_at(Debugger& d, Addr pc) {
  const auto line = d.target.symbols().line(pc);
  return {d.target.symbols().function_at(pc), line ? line->line : 0};
}

/// Not where a line begins.
bool amid_line(Debugger& d) {
  const Line here = line_at(d, d.target.pc());
  return here.function != nullptr && line_at(d, d.target.pc() - 1) == here;
}

StopEvent back_one(Debugger& d, bool into) {
  return into ? d.step(1, true) : previous_instruction(d);
}

}  // namespace

StopEvent next_instruction(Debugger& d) {
  const CodeLine line = d.target.code_at(d.target.pc(), Flavor::intel);
  if (!line.valid || emulator::decode::Decoder::name(line.insn.mnemonic) != "call")
    return d.step(1, false);
  const SameFrame frame(d, d.target.sp());
  Debugger::Motion motion;
  motion.addresses.insert(line.pc.value + line.length);
  motion.accept = [&](const StopEvent&) { return frame.here(d); };
  return d.move(motion);
}

StopEvent previous_instruction(Debugger& d) {
  if (d.target.over()) return d.step(1, true);
  const Addr pc = d.target.pc();
  const SameFrame frame(d, d.target.sp());
  const StopEvent event = d.step(1, true);
  if (!d.goes_on(event) || mnemonic_at(d, d.target.pc()) != "ret") return event;
  const auto before = d.target.instructions_before(pc);
  if (before.size() < 2 || mnemonic_at(d, before[before.size() - 2]) != "call") return event;
  Debugger::Motion motion;
  motion.backwards = true;
  motion.addresses.insert(before[before.size() - 2].value);
  motion.accept = [&](const StopEvent&) { return frame.here(d); };
  return d.move(motion);
}

StopEvent next_line(Debugger& d, bool into) {
  Line from = line_at(d, d.target.pc());
  while (true) {
    const std::string_view what = mnemonic_at(d, d.target.pc());
    const bool call = what == "call", ret = what == "ret";
    const StopEvent event = call && !into ? next_instruction(d) : d.step(1, false);
    if (!d.goes_on(event)) return event;
    const Line now = line_at(d, d.target.pc());
    if (now == from) continue;
    // Back in the middle of the caller's line: on to where its next one begins.
    if (ret && amid_line(d))
      from = now;
    else
      return event;
  }
}

StopEvent previous_line(Debugger& d, bool into) {
  StopEvent event = back_one(d, into);
  if (!d.goes_on(event) || d.target.over()) return event;
  Line line = line_at(d, d.target.pc());
  while (true) {
    const u64 here = d.target.position();
    const auto thread = d.target.thread().tid;
    const bool amid = amid_line(d);
    const StopEvent next = back_one(d, into);
    if (!d.goes_on(next)) return next;
    const Line now = line_at(d, d.target.pc());
    // Out of the middle of a line into the end of what it had called.
    const bool entered = into && amid && mnemonic_at(d, d.target.pc()) == "ret";
    if (now == line || entered) {
      event = next;
      line = now;
      continue;
    }
    event = d.target.timeline().go_to(here);
    event.thread = thread;
    d.follow(event);
    return event;
  }
}

StopEvent next_model_step(Debugger& d, bool over, bool backwards) {
  const u64 here = d.target.position();
  unsigned deepest = ~0u;
  if (over)
    if (const ToldStep* at = d.story.latest(here)) deepest = at->depth;
  const auto wanted = [&](const ToldStep& s) { return s.depth <= deepest; };
  const ToldStep* step = nullptr;
  if (!backwards)
    step = d.story.next(here, wanted);
  else if (here > 0)
    step = d.story.previous(here - 1, wanted);
  if (step == nullptr) {
    if (d.interrupted && d.interrupted()) user_error("Interrupted while looking for it.");
    user_error("No model tells a step {} here.", backwards ? "before" : "behind");
  }
  Debugger::Motion motion;
  motion.backwards = backwards;
  motion.position = step->event.n + 1;
  const auto thread = static_cast<emulator::kernel::Tid>(step->event.t);
  StopEvent event = d.move(motion);
  if (event.reason == StopReason::position) event.reason = StopReason::step, event.thread = thread;
  return event;
}

void tell_steps(Debugger& d, u64 position) {
  if (position == 0) return;
  d.steps_told_at = position;
  for (const ToldStep* step : d.story.at(position - 1)) d.out.tell(StepAnswer(d, *step));
}

void repeat(Debugger& d, const Arguments& a, StopEvent (*one)(Debugger&), Debugger::Show show) {
  const u64 count = a.count(d);
  d.remember();
  StopEvent event;
  for (u64 i = 0; i < std::max<u64>(1, count); ++i) {
    event = one(d);
    if (!d.goes_on(event)) break;
  }
  d.stopped(event, show);
}

}  // namespace rt0::debug
