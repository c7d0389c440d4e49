// Looking into the past, and changing it.
#include <algorithm>

#include "emulator/machine/timeline.hpp"

namespace emulator::machine {

/// What held last between `floor` and `from`: piece by piece, from checkpoint to checkpoint, the
/// last one first. The timeline stands anywhere afterwards.
std::optional<StopEvent> Timeline::search_back(u64 from, u64 floor, const Conditions& conditions) {
  if (conditions.empty()) return std::nullopt;
  while (from > floor && !interrupted()) {
    const auto start = checkpoints_.before(from - 1);
    const u64 first = std::max(start->first, floor);
    restore(start->second);
    advance(first);
    lookout_.arm(conditions, Lookout::Want::last, first);
    advance(from);
    lookout_.disarm();
    if (auto found = lookout_.found()) return found;
    from = first;
  }
  return std::nullopt;
}

std::optional<Writer> Timeline::last_write(const Conditions& conditions, u64 before) {
  begin();
  const Point origin = point(true);
  const auto found = search_back(std::min(before, furthest_), 0, conditions);
  restore(origin);
  if (!found) return std::nullopt;
  return Writer{found->position - (found->at_fault ? 0 : 1),
                found->thread,
                found->by,
                found->pc,
                found->before,
                found->after};
}

std::optional<Writer> Timeline::last_write(ByteRange bytes, u64 before) {
  Conditions c;
  c.memory.push_back({bytes, WatchKind::write, std::nullopt});
  return last_write(c, before);
}

std::optional<Writer> Timeline::last_write(RegisterPlace place, kernel::Tid thread, u64 before) {
  Conditions c;
  c.registers.push_back({place, WatchKind::write, thread});
  return last_write(c, before);
}

std::optional<Executed> Timeline::executed(u64 number) {
  if (executed_ && executed_->number == number) return executed_;
  begin();
  if (number >= furthest_) return std::nullopt;
  const Point origin = point(true);
  travel(number);
  lookout_.on_retired = [this](const kernel::Thread& t, const Retired& r) {
    executed_ = Executed{r.number, t.tid, r.pc, r.length(), *r.facts, r.next, r.effects, {}};
    if (r.kernel_writes != nullptr) executed_->kernel_writes = *r.kernel_writes;
  };
  lookout_.choose_loop();
  advance(number + 1);
  lookout_.on_retired = nullptr;
  lookout_.choose_loop();
  restore(origin);
  if (!executed_ || executed_->number != number) return std::nullopt;  // interrupted
  return executed_;
}

// -- changes --

void Timeline::apply(const Edit& edit) {
  if (edit.thread == 0)
    machine_.memory().poke(edit.to, edit.bytes);
  else if (kernel::Thread* const t = machine_.kernel().find_thread(edit.thread))
    t->regs = edit.registers;
}

/// From here on the past has it, and there is no future.
void Timeline::keep(Edit edit) {
  apply(edit);
  const u64 here = position();
  edits_.erase(edits_.upper_bound(here), edits_.end());
  edits_.emplace(here, std::move(edit));
  checkpoints_.drop_after(here);
  if (checkpoints_.contains(here)) {
    const bool near = checkpoints_.before(here)->second.near;
    checkpoints_.add(here, point(near));
  }
  furthest_ = here;
  end_.reset();
  executed_.reset();
  host_.forget_future();
  host_log_->forget_future();
  ++changes_;
  if (on_change) on_change();
}

bool Timeline::set_registers(kernel::Tid thread, const cpu::Registers& registers) {
  if (machine_.kernel().exit || machine_.kernel().find_thread(thread) == nullptr) return false;
  keep({thread, registers, {}, {}});
  return true;
}

bool Timeline::write_memory(Addr to, std::span<const u8> bytes) {
  std::vector<u8> there(bytes.size());
  if (machine_.kernel().exit || !machine_.memory().peek(to, there)) return false;
  keep({0, {}, to, {bytes.begin(), bytes.end()}});
  return true;
}

void Timeline::set_checkpoint_bytes(u64 limit) {
  checkpoints_.set_most_bytes(limit);
  checkpoints_.thin(machine_, position());
}

}  // namespace emulator::machine
