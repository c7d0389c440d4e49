#include "emulator/machine/observer.hpp"

#include <algorithm>
#include <utility>

#include "emulator/base/error.hpp"
#include "emulator/machine/machine.hpp"

namespace emulator::machine {

Observer::Observer(Machine& machine) : machine_(machine) {
  RT0_CHECK(machine.current() == nullptr, "an observer comes while the machine runs");
  machine_.observers_.push_back(this);
}

Observer::~Observer() {
  set_probes({});
  if (!pages_.empty()) watch_pages({});
  std::erase(machine_.observers_, this);
}

void Observer::observe(bool wanted) {
  if (std::exchange(observing_, wanted) != wanted) machine_.choose_loop();
}

void Observer::watch_pages(std::map<u64, bool> pages) {
  pages_ = std::move(pages);
  machine_.unite_pages();
}

void Observer::add_probe(Addr a) {
  if (probes_.insert(a.value).second) machine_.count_probe(a, true);
}

void Observer::remove_probe(Addr a) {
  if (probes_.erase(a.value) != 0) machine_.count_probe(a, false);
}

void Observer::set_probes(std::set<u64> addresses) {
  for (const u64 a : std::exchange(probes_, addresses))
    if (!addresses.contains(a))
      machine_.count_probe(Addr(a), false);
    else
      addresses.erase(a);
  for (const u64 a : addresses) machine_.count_probe(Addr(a), true);
}

// -- the machine's side --

void Machine::hear_kernel() {
  auto& on = kernel_.on;
  on.syscall = [this](const auto&... a) { tell(&Hooks::served, a...); };
  on.signal = [this](const auto&... a) { tell(&Hooks::signal, a...); };
  on.clone = [this](const auto&... a) { tell(&Hooks::clone, a...); };
  on.thread_exit = [this](const auto&... a) { tell(&Hooks::thread_exit, a...); };
  memory_.on_change([this](const auto&... a) { tell(&Hooks::changed, a...); });
}

bool Machine::in_observed_loop() const {
  return std::ranges::any_of(observers_, [this](const Observer* o) {
    return o->on.retired && (o->observing_ || (burst_.left > 0 && !o->pages_.empty()));
  });
}

bool Machine::wants_between() const {
  return std::ranges::any_of(observers_,
                             [](const Observer* o) { return o->observing_ && o->on.between; });
}

void Machine::tell_retired(const kernel::Thread& t, const Retired& what) const {
  for (const Observer* o : observers_)
    if (o->hears_instructions()) o->on.retired(t, what);
}

void Machine::tell_between(const kernel::Thread& t, const Between& what) const {
  for (const Observer* o : observers_)
    if (o->observing_ && o->on.between) o->on.between(t, what);
}

void Machine::unite_pages() {
  std::map<u64, bool> all;
  for (const Observer* o : observers_)
    for (const auto& [page, reads] : o->pages_) all[page] = all[page] || reads;
  memory_.watch_pages(std::move(all));
  burst_ = {};
}

void Machine::count_probe(Addr a, bool wanted) {
  u32& count = probes_[a.value];
  count += wanted ? 1 : -1;
  if (count == 1 && wanted) loop_.add_probe(a);
  if (count != 0) return;
  probes_.erase(a.value);
  loop_.remove_probe(a);
}

void Machine::probed(const kernel::Thread& t) {
  const u64 at = core_.regs.rip;
  for (const Observer* o : observers_) {
    if (core_.regs.rip != at) return;
    if (o->on.probe && o->probes_.contains(at)) o->on.probe(t, Addr(at));
  }
  if (core_.regs.rip == at) loop_.pass_probe();
}

/// Who listens is settled when the loop begins: observe() leaves it.
Stop Machine::run_observed(kernel::Thread& t) {
  followers_.clear();
  for (Observer* o : observers_)
    if (o->hears_instructions()) followers_.push_back(o);
  if (followers_.size() == 1) {
    const auto& retired = followers_.front()->on.retired;
    return loop_.run_observed([&](const Retired& r) { retired(t, r); });
  }
  return loop_.run_observed([&](const Retired& r) {
    for (const Observer* o : followers_) o->on.retired(t, r);
  });
}

}  // namespace emulator::machine
