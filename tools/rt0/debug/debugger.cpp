#include "tools/rt0/debug/debugger.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/command_file.hpp"
#include "tools/rt0/debug/locals.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::machine::Conditions;
using emulator::machine::StopEvent;
using emulator::machine::StopReason;

namespace {

constexpr int kDeepest = 16;             // files that source others, commands of breakpoints
constexpr std::size_t kMostPast = 1000;  // positions that undo remembers

}  // namespace

Debugger::Debugger(const RunOptions& options, Output& o, emulator::kernel::Host& host,
                   emulator::machine::TimelineSettings limits)
    : target(options, host, limits), out(o), story(options, target.timeline()) {
  target.timeline().on_change = [this] { changed(); };
  values.local = [this](std::string_view name, bool of_runtime) {
    return variable(name, of_runtime);
  };
  story.interrupted = [this] { return interrupted && interrupted(); };
}

void Debugger::quit(std::optional<int> status) {
  quitting_ = true;
  quit_status_ = status;
}

std::string Debugger::prompt() const { return collecting != nullptr ? ">" : "(rt0) "; }

void Debugger::greet() {
  auto& p = target.program();
  const std::string release = p.build.version.empty() ? "Go release unknown" : p.build.version;
  out.tell(Fact(
      "start",
      {{"program", p.name},
       {"release", p.build.version},
       {"functions", p.symbols.functions().size()},
       {"symbols", p.symbols.source()},
       {"pc", target.pc()},
       {"fn", target.describe(target.pc())}},
      fmt::format(
          "rt0 debug: {}, {}, {} functions from {}.\nStands before the first instruction, {}.\n"
          "\"start\" runs to main.main, \"si\" one instruction; \"help\" lists the commands.",
          p.name, release, grouped(p.symbols.functions().size()), p.symbols.source(),
          target.describe(target.pc()))));
  if (sources.goroot().empty())
    out.tell(Fact("sources", {{"goroot", Data()}},
                  fmt::format("The source of {}'s runtime is not on this machine, so instructions "
                              "are shown there; \"set goroot DIRECTORY\" names where it is.",
                              p.build.version.empty() ? "Go" : p.build.version)));
}

bool Debugger::execute(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (collecting != nullptr) {
    if (text == "end")
      collecting = nullptr;
    else
      collecting->emplace_back(text);
    return true;
  }
  if (text.starts_with('#')) return true;
  if (depth_ == 0 && !in_commands_) out.begin_filling();
  const bool repeat = text.empty();
  if (repeat && last_line_.empty()) return true;
  const std::string whole = repeat ? last_line_ : std::string(text);
  if (!repeat) history.push_back(whole);
  out.event({{"e", "command"}, {"text", whole}});
  try {
    return run_line(whole, repeat);
  } catch (const emulator::base::UserError& e) {
    out.error(e.what());
  } catch (const emulator::base::Unimplemented& e) {
    out.error(e.what());
  } catch (const emulator::base::LimitReached& e) {
    out.error(e.what());
  } catch (const std::bad_alloc&) {
    out.error("The host has no more memory to give.");
  }
  return false;
}

bool Debugger::run_line(const std::string& line, bool repeat) {
  last_line_.clear();
  steps_told_at = ~u64{0};
  const Found found = find_command(line);
  Arguments a;
  std::string_view rest = found.rest;
  if (rest.starts_with('/')) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    a.format = parse_format(rest.substr(0, end));
    a.has_format = true;
    rest.remove_prefix(end);
  }
  a.text = trimmed(rest);
  a.repeated = repeat;
  // What fails is not done again by an empty line, but what was tried can be.
  if (found.command->repeats) last_line_ = line;
  failed_ = false;
  // What moves is a thread, not a goroutine that none runs.
  if (found.command->group == Group::running) target.leave_parked();
  found.command->run(*this, a);
  return !failed_;
}

bool Debugger::execute_file(const std::string& path) {
  if (depth_ >= kDeepest) user_error("Command files call each other more than {} deep.", kDeepest);
  CommandFile file(path);
  ++depth_;
  bool good = true;
  for (int number = 1; good && !quitting_; ++number) {
    if (interrupted && interrupted()) break;
    const auto line = file.next();
    if (!line) break;
    if (trimmed(*line).empty()) continue;
    good = execute(*line);
    if (!good) out.error(fmt::format("{}:{}: stopped here.", path, number));
  }
  collecting = nullptr;
  --depth_;
  return good;
}

/// What follows a command that moves is left out, as gdb does it: where that stops there may be
/// commands too, and they come next.
void Debugger::run_commands(std::vector<std::string> lines) {
  pending_ = std::move(lines);
  if (in_commands_) return;  // the loop that is at work goes on with them
  in_commands_ = true;
  while (!pending_.empty()) {
    const auto now = std::exchange(pending_, {});
    moved_ = false;
    for (const std::string& line : now) {
      const bool stop = quitting_ || (interrupted && interrupted());
      if (stop || moved_ || (line != "silent" && !execute(line))) break;
    }
  }
  in_commands_ = false;
}

/// All that stopped it asks for silence.
bool Debugger::silent() {
  return !hit_.empty() && std::ranges::all_of(hit_, [this](int number) {
    const Breakpoint* b = breakpoints.find(number);
    return b != nullptr && !b->commands.empty() && b->commands.front() == "silent";
  });
}

void Debugger::require_process() {
  if (target.over())
    user_error(
        "The program is not being run: it has ended. \"rc\" or \"goto N\" goes back into it.");
}

const std::vector<Frame>& Debugger::frames() {
  require_process();
  const auto& thread = target.thread();
  const Addr parked = target.parked();
  const bool same = frames_at_ == target.position() && frames_of_ == std::pair(thread.tid, parked);
  if (!same || frames_.empty()) {
    frames_ = parked == Addr() ? backtrace(target, thread) : backtrace_of(target, parked);
    if (!same) frame = 0;
    frames_at_ = target.position(), frames_of_ = {thread.tid, parked};
  }
  return frames_;
}

/// Innermost, without a walk through the stack unless the code there has a variable of that name.
std::optional<Value> Debugger::variable(std::string_view name, bool of_runtime) {
  if (target.over()) return std::nullopt;
  const bool walked = frames_at_ == target.position() && !frames_.empty() &&
                      frames_of_ == std::pair(target.thread().tid, target.parked());
  if (!walked && target.parked() == Addr() && !names_variable(target, target.pc(), name))
    return std::nullopt;
  const Frame& looked_at = frames().at(frame);
  if (is_of_runtime(looked_at) != of_runtime) return std::nullopt;
  return local_named(values, looked_at, name);
}

void Debugger::changed() {
  frames_at_ = ~u64{0};
  target.changed();
  story.begin_afresh();
}

/// Whether the thread that is looked at is the one that a breakpoint is about, or runs, or works
/// for, the goroutine that it is about.
bool Debugger::is_theirs(const Breakpoint& b) {
  if (b.only_thread != 0 && (target.over() || target.thread().tid != b.only_thread)) return false;
  if (b.goroutine == 0) return true;
  const auto is = [&](const golang::G& g) {
    return g && static_cast<u64>(g.goid()) == b.goroutine;
  };
  try {
    const golang::G g = target.views().g(target.current_g());
    return is(g) || (g && g.m() && g.m()->g0() == g.address() && is(g.m()->curg()));
  } catch (const emulator::base::UserError&) {
    return false;  // the thread has no goroutine yet
  }
}

bool Debugger::condition_holds(const Breakpoint& b) {
  if (b.condition.empty()) return true;
  try {
    return evaluate_number(values, b.condition) != 0;
  } catch (const emulator::base::UserError& e) {
    out.error(fmt::format("Error in testing condition for breakpoint {}: {}", b.number, e.what()));
    return true;
  }
}

/// The timeline asks whether to stop. Backwards it asks about several, in order of time, and takes
/// the last.
bool Debugger::accepts(const StopEvent& event, const Motion& motion) {
  const emulator::kernel::Thread* chosen = over_thread();
  target.choose_thread(target.machine().kernel().find_thread(event.thread));
  bool stop = event.reason == StopReason::breakpoint &&
              motion.addresses.contains(event.address.value) &&
              (!motion.accept || motion.accept(event));
  std::vector<int> hit;
  target.in_motion(true);
  for (Breakpoint* b : breakpoints.concerned(event, moving_)) {
    if (!is_theirs(*b) || !condition_holds(*b)) continue;
    if (!motion.backwards && b->ignore > 0) {
      --b->ignore, ++b->hits;
      continue;
    }
    hit.push_back(b->number);
  }
  target.in_motion(false);
  target.choose_thread(chosen);
  stop |= !hit.empty();
  // What happened between two positions is undone when it stops a way back.
  const u64 where = event.position -
                    (motion.backwards && !emulator::machine::Lookout::at_position(event) ? 1 : 0);
  if (stop) hit_ = std::move(hit), hit_at_ = where;
  return stop;
}

const emulator::kernel::Thread* Debugger::over_thread() {
  return target.over() ? nullptr : &target.thread();
}

Conditions Debugger::conditions_for(const Motion& motion) {
  Conditions c = breakpoints.conditions();
  moving_ = c;
  c.addresses.insert(motion.addresses.begin(), motion.addresses.end());
  c.position = motion.position;
  // Breakpoints on instruction numbers.
  const u64 here = target.position();
  for (const Breakpoint& b : breakpoints.all()) {
    if (b.kind != Breakpoint::Kind::position || !b.enabled) continue;
    if (!motion.backwards && b.position > here)
      c.position = std::min(c.position.value_or(~u64{0}), b.position);
    if (motion.backwards && b.position < here)
      c.position = std::max(c.position.value_or(0), b.position);
  }
  c.accept = [this, motion](const StopEvent& e) { return accepts(e, motion); };
  return c;
}

StopEvent Debugger::move(const Motion& motion) {
  hit_.clear(), hit_at_ = ~u64{0}, came_back_ = motion.backwards;
  const bool steps = std::ranges::any_of(breakpoints.all(), [](const Breakpoint& b) {
    return b.kind == Breakpoint::Kind::step && b.enabled;
  });
  StopEvent event = steps              ? move_with_steps(motion)
                    : motion.backwards ? target.timeline().reverse_resume(conditions_for(motion))
                                       : target.timeline().resume(conditions_for(motion));
  follow(event);
  if (hit_at_ != event.position) hit_.clear();
  if (event.reason == StopReason::position)
    for (const Breakpoint& b : breakpoints.all())
      if (b.kind == Breakpoint::Kind::position && b.enabled && b.position == event.position)
        hit_.push_back(b.number);
  return event;
}

void Debugger::follow(const StopEvent& event) {
  target.choose_thread(target.machine().kernel().find_thread(event.thread));
}

/// Steps of models are known a stretch at a time: runs from one stretch to the next.
StopEvent Debugger::move_with_steps(const Motion& motion) {
  constexpr u64 kStretch = 500'000;
  const auto meant = [](const Breakpoint& b, const ToldStep& s) {
    return b.kind == Breakpoint::Kind::step && b.enabled && b.what == s.event.id &&
           (b.goroutine == 0 || b.goroutine == static_cast<u64>(s.event.g) ||
            b.goroutine == static_cast<u64>(s.event.curg.value_or(0))) &&
           (b.only_thread == 0 || b.only_thread == static_cast<emulator::kernel::Tid>(s.event.t));
  };
  const auto wanted = [&](const ToldStep& s) {
    return std::ranges::any_of(breakpoints.all(), [&](const Breakpoint& b) { return meant(b, s); });
  };
  while (true) {
    const u64 here = target.position();
    Motion part = motion;
    const ToldStep* found = nullptr;
    if (motion.backwards) {
      found = here > 1 ? story.previous(here - 1, wanted) : nullptr;
      if (found != nullptr) part.position = std::max(part.position.value_or(0), found->event.n + 1);
    } else {
      found = story.next(here, wanted, here + kStretch);
      const u64 limit = found != nullptr ? found->event.n + 1 : here + kStretch;
      part.position = std::min(part.position.value_or(~u64{0}), limit);
    }
    const Conditions c = conditions_for(part);
    StopEvent event =
        motion.backwards ? target.timeline().reverse_resume(c) : target.timeline().resume(c);
    const bool there = found != nullptr && event.position == found->event.n + 1;
    if (event.reason != StopReason::position) return event;
    if (there) {
      for (const Breakpoint& b : breakpoints.all())
        if (meant(b, *found)) hit_.push_back(b.number), hit_at_ = event.position;
      event.thread = static_cast<emulator::kernel::Tid>(found->event.t);
      return event;
    }
    if (motion.backwards || (motion.position && event.position >= *motion.position) ||
        event.position == here)
      return event;
    if (std::ranges::any_of(breakpoints.all(), [&](const Breakpoint& b) {
          return b.kind == Breakpoint::Kind::position && b.enabled && b.position == event.position;
        }))
      return event;
  }
}

StopEvent Debugger::step(u64 count, bool backwards) {
  Motion motion;
  motion.backwards = backwards;
  hit_.clear(), hit_at_ = ~u64{0}, came_back_ = backwards;
  const auto tid = target.over() ? std::optional<emulator::kernel::Tid>() : target.thread().tid;
  StopEvent event = backwards ? target.timeline().reverse_step(count, tid, conditions_for(motion))
                              : target.timeline().step(count, tid, conditions_for(motion));
  if (hit_at_ != event.position) hit_.clear();
  if (event.reason == StopReason::step && tid) event.thread = *tid;
  follow(event);
  return event;
}

bool Debugger::goes_on(const StopEvent& event) const {
  // Single instructions are over before the timeline looks for it.
  if (interrupted && interrupted()) return false;
  return hit_.empty() &&
         (event.reason == StopReason::step || event.reason == StopReason::breakpoint);
}

void Debugger::ignore_current(u64 times) {
  for (Breakpoint& b : breakpoints.all())
    for (const auto& l : b.locations)
      if (l.address == target.pc()) b.ignore = times;
}

void Debugger::remember() {
  past_.push_back(target.position());
  if (past_.size() > kMostPast) past_.erase(past_.begin());
  if (!target.over()) before = target.registers();
}

bool Debugger::undo() {
  if (past_.empty()) return false;
  const u64 to = past_.back();
  past_.pop_back();
  if (!target.over()) before = target.registers();
  stopped(target.timeline().go_to(to), Show::instruction);
  return true;
}

void Debugger::go_to(u64 position) {
  remember();
  hit_.clear();
  stopped(target.timeline().go_to(position), Show::instruction);
}

}  // namespace rt0::debug
