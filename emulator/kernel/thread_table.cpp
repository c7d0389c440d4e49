#include "emulator/kernel/thread_table.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"

namespace emulator::kernel {

ThreadTable::List::const_iterator ThreadTable::position(Tid tid) const {
  return std::ranges::lower_bound(list_, tid, {}, [](const auto& t) { return t->tid; });
}

Thread* ThreadTable::find(Tid tid) const {
  const auto it = position(tid);
  const bool there = it != list_.end() && (*it)->tid == tid;
  return there && (*it)->state != ThreadState::dead ? it->get() : nullptr;
}

Thread& ThreadTable::add(std::unique_ptr<Thread> thread) {
  RT0_CHECK(list_.empty() || list_.back()->tid < thread->tid, "threads out of order");
  list_.push_back(std::move(thread));
  Thread& t = *list_.back();
  candidates_.insert(t.tid);
  return t;
}

void ThreadTable::block(Thread& t, const Wait& wait) {
  leave(t);
  t.wait = wait;
  t.state = ThreadState::waiting;
  enter(t, wait.seen_events);
}

void ThreadTable::unblock(Thread& t) {
  leave(t);
  t.state = ThreadState::runnable;
  candidates_.insert(t.tid);
}

void ThreadTable::end(Thread& t) {
  if (t.state == ThreadState::dead) return;
  leave(t);
  t.state = ThreadState::dead;
  ended_.push_back(t.tid);
}

void ThreadTable::end_all() {
  for (const auto& t : list_) end(*t);
}

void ThreadTable::remove_ended() {
  for (const Tid tid : ended_) list_.erase(position(tid));
  ended_.clear();
}

void ThreadTable::restore(const std::vector<Thread>& threads, u64 events) {
  *this = {};
  for (const Thread& t : threads) {
    list_.push_back(std::make_unique<Thread>(t));
    enter(*list_.back(), events);
  }
}

/// Into all lines in which a thread of its state and wait belongs.
void ThreadTable::enter(Thread& t, u64 events) {
  if (t.state == ThreadState::dead) return ended_.push_back(t.tid);
  const Wait& w = t.wait;
  const bool waits = t.state == ThreadState::waiting;
  const bool stale = w.kind == Wait::Kind::event && w.seen_events != events;
  if (!waits || w.woken || w.timed_out || stale || !t.pending.empty()) candidates_.insert(t.tid);
  if (!waits) return;
  if (w.kind == Wait::Kind::event && !stale) event_waiters_.insert(t.tid);
  if (w.kind == Wait::Kind::signal) signal_waiters_.insert(t.tid);
  if (w.kind == Wait::Kind::futex && !w.woken) lines_[w.key].emplace(w.order, &t);
  if (w.deadline && !w.timed_out) deadlines_.emplace(*w.deadline, t.tid);
}

void ThreadTable::leave(Thread& t) {
  candidates_.erase(t.tid);
  if (t.state != ThreadState::waiting) return;
  event_waiters_.erase(t.tid);
  signal_waiters_.erase(t.tid);
  leave_line(t);
  if (t.wait.deadline) deadlines_.erase({*t.wait.deadline, t.tid});
}

void ThreadTable::leave_line(const Thread& t) {
  if (t.wait.kind != Wait::Kind::futex) return;
  const auto line = lines_.find(t.wait.key);
  if (line == lines_.end() || line->second.erase(t.wait.order) == 0) return;
  if (line->second.empty()) lines_.erase(line);
}

Thread* ThreadTable::next_waiter(u64 key, u64 order) const {
  const auto line = lines_.find(key);
  if (line == lines_.end()) return nullptr;
  const auto next = line->second.upper_bound(order);
  return next == line->second.end() ? nullptr : next->second;
}

void ThreadTable::wake(Thread& t) {
  leave_line(t);
  t.wait.woken = true;
  candidates_.insert(t.tid);
}

void ThreadTable::requeue(Thread& t, u64 key, u64 order) {
  leave_line(t);
  t.wait.key = key;
  t.wait.order = order;
  lines_[key].emplace(order, &t);
}

void ThreadTable::event() {
  candidates_.merge(event_waiters_);
  event_waiters_.clear();
}

void ThreadTable::expire(Nanos now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Thread* const t = find(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    t->wait.timed_out = true;
    candidates_.insert(t->tid);
  }
}

std::optional<Nanos> ThreadTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

Thread* ThreadTable::next_candidate(Tid after) const {
  const auto next = candidates_.upper_bound(after);
  return next == candidates_.end() ? nullptr : find(*next);
}

void ThreadTable::not_yet(const Thread& t) {
  if (t.pending.empty()) candidates_.erase(t.tid);
}

}  // namespace emulator::kernel
