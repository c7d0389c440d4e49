#include "tools/rt0/debug/motions.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::decode::Flow;
using emulator::machine::StopReason;

namespace {

Flow flow_at(Debugger& d, Addr pc) {
  const CodeLine line = d.target.code_at(pc, Flavor::intel);
  return line.valid ? line.insn.flow : Flow::none;
}

/// The calls at a place of code, outermost first: the function that it lies in, then what was
/// inlined, each with the line that it has got to.
struct Line {
  std::string_view function;
  std::string_view file;
  i64 line = 0;
  emulator::i32 inlined = 0;  ///< which of the calls that were inlined into the code; 0: itself
  friend bool operator==(const Line&, const Line&) = default;
};
using Lines = std::vector<Line>;

Lines lines_at(Debugger& d, Addr pc) {
  const auto at = [&](Addr where) {
    const auto line = d.target.symbols().line(where);
    return line ? std::pair<std::string_view, i64>(line->file, line->line)
                : std::pair<std::string_view, i64>();
  };
  const auto* function = d.target.symbols().function_at(pc);
  if (function == nullptr) return {Line()};
  Lines out;
  Addr where = pc;
  if (const auto* code = d.target.inlined().at(pc))
    for (const auto& call : code->calls) {
      const auto [file, line] = at(where);
      out.push_back({call.function, file, line, call.number + 1});
      where = call.parent;
    }
  const auto [file, line] = at(where);
  out.push_back({function->name, file, line, 0});
  std::ranges::reverse(out);
  return out;
}

/// What a movement by lines calls one line: with `into`, the innermost; else what was inlined below
/// `from`, in the same call of it, is part of the line that it was inlined into.
Lines seen_from(const Lines& from, Lines now, bool into) {
  const auto same_call = [](const Line& a, const Line& b) {
    return a.function == b.function && a.inlined == b.inlined;
  };
  if (into || now.size() <= from.size()) return now;
  for (std::size_t i = 0; i < from.size(); ++i)
    if (!same_call(from[i], now[i])) return now;
  now.resize(from.size());
  return now;
}

/// Not where a line begins.
bool amid_line(Debugger& d) {
  const Lines here = lines_at(d, d.target.pc());
  return !here.front().function.empty() && lines_at(d, d.target.pc() - 1) == here;
}

StopEvent back_one(Debugger& d, bool into) {
  return into ? d.step(1, true) : previous_instruction(d);
}

}  // namespace

StopEvent next_instruction(Debugger& d) {
  const CodeLine line = d.target.code_at(d.target.pc(), Flavor::intel);
  if (!line.valid || line.insn.flow != Flow::call) return d.step(1, false);
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
  if (!d.goes_on(event) || flow_at(d, d.target.pc()) != Flow::ret) return event;
  const auto before = d.target.instructions_before(pc);
  if (before.size() < 2 || flow_at(d, before[before.size() - 2]) != Flow::call) return event;
  Debugger::Motion motion;
  motion.backwards = true;
  motion.addresses.insert(before[before.size() - 2].value);
  motion.accept = [&](const StopEvent&) { return frame.here(d); };
  return d.move(motion);
}

StopEvent next_line(Debugger& d, bool into) {
  Lines from = lines_at(d, d.target.pc());
  while (true) {
    const Flow flow = flow_at(d, d.target.pc());
    const bool call = flow == Flow::call, ret = flow == Flow::ret;
    const StopEvent event = call && !into ? next_instruction(d) : d.step(1, false);
    if (!d.goes_on(event)) return event;
    const Lines now = seen_from(from, lines_at(d, d.target.pc()), into);
    if (now == from) continue;
    // Back in the middle of the caller's line: on to where its next one begins.
    if (ret && amid_line(d))
      from = now;
    else
      return event;
  }
}

StopEvent previous_line(Debugger& d, bool into) {
  const Lines start = d.target.over() ? Lines() : lines_at(d, d.target.pc());
  StopEvent event = back_one(d, into);
  if (!d.goes_on(event) || d.target.over()) return event;
  Lines line = seen_from(start, lines_at(d, d.target.pc()), into);
  while (true) {
    const u64 here = d.target.position();
    const auto thread = d.target.thread().tid;
    const bool amid = amid_line(d);
    const StopEvent next = back_one(d, into);
    if (!d.goes_on(next)) return next;
    const Lines now = seen_from(line, lines_at(d, d.target.pc()), into);
    // Out of the middle of a line into the end of what it had called.
    const bool entered = into && amid && flow_at(d, d.target.pc()) == Flow::ret;
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

namespace {

/// The inlined call of a frame, and whose frame that is.
struct InlinedFrame {
  InlinedFrame(Debugger& d, std::size_t n)
      : function(d.frames().at(n).function->name),
        call(d.frames()[n].inlined),
        frame(d, frame_sp(d, n)) {}
  /// `pc` is the next instruction, or behind a call.
  bool holds(Debugger& d, Addr pc) const {
    const auto* code = d.target.inlined().at(pc);
    const auto* around = d.target.symbols().function_at(pc);
    return code != nullptr && around != nullptr && around->name == function &&
           code->of(call) != nullptr;
  }
  static Addr frame_sp(Debugger& d, std::size_t n) { return d.frames()[n].sp; }

  std::string function, call;
  SameFrame frame;
};

}  // namespace

StopEvent out_of_inlined(Debugger& d, std::size_t frame) {
  const InlinedFrame inlined(d, frame);
  StopEvent event;
  do {
    event = next_instruction(d);
    if (!d.goes_on(event)) return event;
  } while (!inlined.frame.here_or_outer(d) || inlined.holds(d, d.target.pc()));
  return event;
}

StopEvent back_out_of_inlined(Debugger& d, std::size_t frame) {
  const InlinedFrame inlined(d, frame);
  StopEvent event;
  do {
    event = previous_instruction(d);
    if (!d.goes_on(event)) return event;
  } while (!inlined.frame.here_or_outer(d) || inlined.holds(d, d.target.pc()));
  return event;
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
