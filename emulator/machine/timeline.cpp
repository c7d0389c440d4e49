// Forwards and backwards.
#include "emulator/machine/timeline.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"

namespace emulator::machine {

Timeline::Timeline(Settings settings, std::shared_ptr<const kernel::ElfImage> image,
                   kernel::Host& host, TimelineSettings limits)
    : host_(host),
      machine_(std::move(settings), std::move(image), host_),
      lookout_(machine_),
      host_log_(std::make_shared<kernel::HostLog>(limits.host_log_bytes)),
      checkpoints_(limits.checkpoint_bytes) {
  machine_.kernel().files().keep_log(host_log_);
  lookout_.on_turn = [this] {
    if (machine_.has_faulted()) return;  // at no position
    if (interrupted() || (checkpoints_.size() > 1 && checkpoints_.too_many(machine_)))
      machine_.stop();
  };
  lookout_.on_switch = [this](const kernel::Thread& to) {
    if (!goal_) return;
    machine_.stop_at(stop_for(to.tid));
    if (goal_reached()) machine_.stop();
  };
  execute(0);
  checkpoints_.add(0, point(false));
}

Timeline::~Timeline() = default;

Timeline::Point Timeline::point(bool near) {
  return {machine_.checkpoint(), host_.written(), host_log_->position(), near, 0};
}

void Timeline::restore(const Point& point) {
  machine_.restore(point.machine);
  host_.go_to(point.written);
  host_log_->go_to(point.asked);
}

StopEvent Timeline::standing(StopReason reason) const {
  StopEvent e;
  e.reason = reason;
  e.position = position();
  e.thread = thread();
  return e;
}

// -- executing --

/// Where the machine has to stop when it is this thread's turn.
u64 Timeline::stop_for(kernel::Tid thread) const {
  if (!goal_ || goal_->thread != thread) return boundary_;
  for (const auto& t : machine_.kernel().threads())
    if (t->tid == thread)
      return std::min(boundary_, position() + goal_->instructions -
                                     std::min(goal_->instructions, u64{t->instructions}));
  return boundary_;
}

bool Timeline::goal_reached() const {
  if (!goal_) return false;
  for (const auto& t : machine_.kernel().threads())
    if (t->tid == goal_->thread && t->state != kernel::ThreadState::dead)
      return t->instructions >= goal_->instructions && (!goal_->its_turn || thread() == t->tid);
  return !goal_->its_turn;  // it has ended; looking back, it has not yet begun
}

void Timeline::execute(u64 until) {
  boundary_ = until;
  machine_.stop_at(stop_for(machine_.turn()));
  const auto failed = [this](const std::exception& e, bool limit) {
    end_ = standing(StopReason::error);
    end_->message = e.what();
    end_->limit = limit;
  };
  try {
    if (const auto exit = machine_.run()) {
      end_ = standing(StopReason::exit);
      end_->exit = exit;
    }
  } catch (const InputInterrupted&) {
    unfinished_ = true;
  } catch (const base::Unimplemented& e) {
    failed(e, false);
  } catch (const base::LimitReached& e) {
    failed(e, true);
  }
}

/// Executes to a position at most, and on to where the kernel and the schedule have done what comes
/// before the next instruction.
void Timeline::run_to(u64 boundary) {
  execute(boundary);
  if (lookout_.stopped() &&
      (lookout_.found()->reason == StopReason::syscall_entry || lookout_.found()->at_fault))
    unfinished_ = true;
  if (unfinished_) return;
  if (!at_end()) execute(position());
  lookout_.look_again();
  arrived();
}

/// What is to be done at a position: the user's changes, a checkpoint.
void Timeline::arrived() {
  const auto [first, last] = edits_.equal_range(position());
  for (auto it = first; it != last; ++it) apply(it->second);
  if (first != last) lookout_.refresh();
  furthest_ = std::max(furthest_, position());
  if (!at_end() && position() >= checkpoints_.due()) checkpoints_.add(position(), point(false));
  if (checkpoints_.too_many(machine_)) checkpoints_.thin(machine_, position());
}

bool Timeline::done() const {
  return at_end() || interrupted() || unfinished_ || lookout_.stopped() || goal_reached();
}

/// Executes to `target`, or until something is found or over.
void Timeline::advance(u64 target) {
  constexpr u64 kFar = 100'000;
  if (target > position() + kFar && !lookout_.needs_probes()) lookout_.drop_probes();
  while (position() < target && !done()) {
    u64 boundary = target;
    if (const u64 due = checkpoints_.due(); due > position()) boundary = std::min(boundary, due);
    if (const auto edit = edits_.upper_bound(position()); edit != edits_.end())
      boundary = std::min(boundary, edit->first);
    run_to(boundary);
  }
}

/// Forwards to where one has come back to, leaving checkpoints on the way, each eight times closer
/// to the end than the one before.
void Timeline::approach(u64 target) {
  constexpr u64 kClose = 1000, kTimesCloser = 8;
  while (position() < target && target - position() > kClose && !done()) {
    advance(target - (target - position()) / kTimesCloser);
    if (!done() && !checkpoints_.contains(position())) checkpoints_.add(position(), point(true));
  }
  advance(target);
}

void Timeline::come_back(u64 target) {
  checkpoints_.drop_near_after(target);
  restore(checkpoints_.before(target)->second);
  approach(target);
}

/// To before the call that waited for input. That the user has interrupted it does not count again.
void Timeline::leave_system_call() {
  unfinished_ = false;
  interrupted_.store(false, std::memory_order_relaxed);
  come_back(position() - 1);
}

/// To a position by the shortest way.
void Timeline::travel(u64 target) {
  const bool back = target < position() || (target == position() && machine_.has_faulted());
  const auto start = checkpoints_.before(target);
  if (back) checkpoints_.drop_near_after(target);
  if (back || start->first > position()) restore(start->second);
  if (back)
    approach(target);
  else
    advance(target);
}

// -- commands --

void Timeline::begin() {
  interrupted_.store(false, std::memory_order_relaxed);
  goal_.reset();
  unfinished_ = false;
}

StopEvent Timeline::forward(u64 target, StopReason reason, const Conditions& conditions) {
  if (conditions.position && *conditions.position > position() && *conditions.position <= target) {
    target = *conditions.position;
    reason = StopReason::position;
  }
  lookout_.arm(conditions, Lookout::Want::first, position());
  advance(target);
  lookout_.disarm();
  const bool input_interrupted = unfinished_ && !lookout_.found();
  if (input_interrupted)
    leave_system_call();
  else if (std::exchange(unfinished_, false))
    come_back(lookout_.found()->position);
  if (input_interrupted) return standing(StopReason::interrupted);
  if (const auto& found = lookout_.found())
    return position() == found->position ? *found : standing(StopReason::interrupted);
  if (at_end()) return *end_;
  if (interrupted()) return standing(StopReason::interrupted);
  if (goal_ && machine_.kernel().find_thread(goal_->thread) == nullptr)
    return standing(StopReason::thread_ended);
  return standing(goal_reached() ? StopReason::step : reason);
}

StopEvent Timeline::step(u64 count, std::optional<kernel::Tid> thread,
                         const Conditions& conditions) {
  begin();
  if (at_end()) return *end_;
  if (!thread)
    return forward(position() + std::min(count, ~u64{0} - position()), StopReason::step,
                   conditions);
  const kernel::Thread* const t = machine_.kernel().find_thread(*thread);
  if (t == nullptr) return standing(StopReason::thread_ended);
  constexpr u64 kEndless = u64{1} << 62;
  goal_ = ThreadGoal{*thread, t->instructions + std::min(count, kEndless)};
  return forward(~u64{0}, StopReason::step, conditions);
}

StopEvent Timeline::resume(const Conditions& conditions) {
  begin();
  return at_end() ? *end_ : forward(~u64{0}, StopReason::step, conditions);
}

StopEvent Timeline::go_to(u64 target) {
  begin();
  travel(target);
  if (unfinished_) {
    leave_system_call();
    return standing(StopReason::interrupted);
  }
  if (interrupted() && position() != target) return standing(StopReason::interrupted);
  return at_end() ? *end_ : standing(StopReason::step);
}

StopEvent Timeline::reverse_step(u64 count, std::optional<kernel::Tid> thread,
                                 const Conditions& conditions) {
  begin();
  const u64 origin = behind();
  if (!thread)
    return back(origin - std::min(count, origin),
                count > origin ? StopReason::start : StopReason::step, conditions);
  const kernel::Thread* const t = machine_.kernel().find_thread(*thread);
  if (t == nullptr) return standing(StopReason::thread_ended);
  if (t->instructions == 0) return standing(StopReason::start);
  const StopReason reason = count > t->instructions ? StopReason::start : StopReason::step;
  to_last_turn(*thread, std::min<u64>(count, t->instructions));
  const u64 floor = position();
  goal_.reset();
  if (interrupted()) return standing(StopReason::interrupted);
  if (conditions.empty()) {
    come_back(floor);
    return standing(interrupted() ? StopReason::interrupted : reason);
  }
  advance(origin);
  return back(floor, reason, conditions);
}

/// Back to where `thread` is about to execute the last but `count` of its instructions.
void Timeline::to_last_turn(kernel::Tid thread, u64 count) {
  const u64 goal = machine_.kernel().find_thread(thread)->instructions - count;
  const auto had = [thread](const Point& p) -> std::optional<u64> {
    for (const kernel::Thread& t : p.machine.kernel.threads)
      if (t.tid == thread) return t.instructions;
    return std::nullopt;
  };
  auto at = checkpoints_.before(position());
  while (had(at->second).value_or(0) > goal) --at;
  restore(at->second);
  goal_ = ThreadGoal{thread, goal, true};
  while (!at_end() && !interrupted() && !goal_reached()) advance(furthest_);
}

StopEvent Timeline::reverse_resume(const Conditions& conditions) {
  begin();
  const u64 floor = conditions.position.value_or(0);
  if (floor > 0 && floor < position()) return back(floor, StopReason::position, conditions);
  return back(0, StopReason::start, conditions);
}

/// Back to what was found last, at `floor` at the latest.
StopEvent Timeline::back(u64 floor, StopReason reason, const Conditions& conditions) {
  if (position() == 0) return standing(StopReason::start);
  auto found = search_back(behind(), floor, conditions);
  if (!found && interrupted()) return standing(StopReason::interrupted);
  if (found && !Lookout::at_position(*found)) --found->position;
  travel(found ? found->position : floor);
  if (interrupted() && !found) return standing(StopReason::interrupted);
  return found ? *found : standing(reason);
}

}  // namespace emulator::machine
