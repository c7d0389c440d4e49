// Packets that move the guest, and what stops it.
#include <fmt/format.h>

#include <algorithm>

#include "emulator/kernel/signals.hpp"
#include "tools/rt0/gdb/signals.hpp"
#include "tools/rt0/gdb/stub.hpp"

namespace rt0::gdb {
namespace {

using emulator::machine::StopReason;
using emulator::machine::WatchKind;

constexpr std::size_t kMostPoints = 10'000;
constexpr int kInterrupted = 2, kIllegal = 4, kTrap = 5;  // SIGINT, SIGILL, SIGTRAP

std::string watch_reason(WatchKind kind, Addr address) {
  const std::string_view name = kind == WatchKind::read     ? "rwatch"
                                : kind == WatchKind::access ? "awatch"
                                                            : "watch";
  return fmt::format("{}:{:x};", name, address.value);
}

}  // namespace

/// Z and z: TYPE,ADDRESS,KIND. A breakpoint's kind is the length of the instruction that it would
/// replace; here nothing is replaced.
std::string Stub::point(std::string_view payload) {
  const bool set = payload.front() == 'Z';
  const auto [type, rest] = split(payload.substr(1), ',');
  const auto [place, kind] = split(rest, ',');
  const auto address = hex_number(place), size = hex_number(split(kind, ';').first);
  if (type.size() != 1 || type.front() > '4' || type.front() < '0') return "";
  if (!address || !size) return "E01";
  if (set && breakpoints_.size() + watchpoints_.size() >= kMostPoints)
    return "E.too many breakpoints";
  if (type <= "1") {
    const unsigned bit = type == "0" ? 1 : 2;
    if (set)
      breakpoints_[*address] |= bit;
    else if (auto it = breakpoints_.find(*address); it != breakpoints_.end())
      if ((it->second &= ~bit) == 0) breakpoints_.erase(it);
    return "OK";
  }
  if (*size == 0 || *size > emulator::base::kPageSize)
    return "E.a watched place is 1 to 4096 bytes";
  const WatchKind what = type == "2"   ? WatchKind::change
                         : type == "3" ? WatchKind::read
                                       : WatchKind::access;
  const Watchpoint watch{what, *address, *size};
  if (set)
    watchpoints_.insert(watch);
  else
    watchpoints_.erase(watch);
  return "OK";
}

emulator::machine::Conditions Stub::conditions(const Motion& motion) const {
  emulator::machine::Conditions c;
  for (const auto& [address, kinds] : breakpoints_) c.addresses.insert(address);
  for (const auto& w : watchpoints_)
    c.memory.push_back({{Addr(w.address), w.size}, w.kind, std::nullopt});
  c.threads_created = c.threads_exited = says_threads_ && !motion.backwards;
  // A step back over a signal is a step back.
  c.signals = !motion.backwards || !motion.one;
  c.accept = [this](const StopEvent& e) {
    return e.reason != StopReason::signal ||
           !passed_signals_.contains(gdb_signal(static_cast<int>(e.number)));
  };
  return c;
}

/// QPassSignals: those that are not to be announced, in gdb's numbers.
std::string Stub::pass_signals(std::string_view list) {
  std::set<int> passed;
  while (!list.empty()) {
    const auto [one, rest] = split(list, ';');
    const auto number = hex_number(one);
    if (!number || *number > kMostGdbSignal) return "E01";
    passed.insert(static_cast<int>(*number));
    list = rest;
  }
  passed_signals_ = std::move(passed);
  return "OK";
}

/// A signal that comes along with C and S. The guest's own are delivered by its kernel, whatever
/// gdb says; others there are none.
std::string Stub::refused_signal(std::string_view text) const {
  const auto number = hex_number(text);
  if (!number) return "E01";
  if (*number == 0 || static_cast<int>(*number) == announced_signal_) return {};
  return "E.rt0 sends the guest no signals: they are between it and its kernel";
}

/// c, s, C, S, bc, bs, and the actions of vCont.
std::string Stub::resume(std::string_view actions) {
  Motion motion;
  if (actions == "bc" || actions == "bs") {
    motion.backwards = true;
    motion.one = actions == "bs";
    motion.thread = resumed_ > 0 ? resumed_ : chosen_;
    return move(motion);
  }
  bool goes = false;
  while (!actions.empty()) {
    const auto [action, rest] = split(actions, ';');
    actions = rest;
    const auto [what, who] = split(action, ':');
    const char verb = what.empty() ? '\0' : what.front();
    if (std::string_view("csCSr").find(verb) == std::string_view::npos) return "E01";
    if (verb == 'C' || verb == 'S')
      if (const std::string why = refused_signal(what.substr(1)); !why.empty()) return why;
    goes = true;
    if (verb == 'c' || verb == 'C' || motion.one) continue;
    motion.one = true;
    motion.thread = static_cast<Tid>(hex_number(who).value_or(0));
    if (motion.thread <= 0) motion.thread = resumed_;
    if (verb != 'r') continue;
    const auto [low, high] = split(what.substr(1), ',');
    motion.low = hex_number(low).value_or(0);
    motion.high = hex_number(high).value_or(0);
  }
  return goes ? move(motion) : "E01";
}

std::string Stub::move(const Motion& asked) {
  Motion motion = asked;
  if (motion.one) motion.thread = living(motion.thread > 0 ? motion.thread : timeline_.thread());
  if (motion.backwards) told_end_.reset();
  announced_signal_ = 0;
  StopEvent event;
  watched([&] { event = moved(motion); });
  last_stop_ = stopped(event, motion);
  return last_stop_;
}

Stub::StopEvent Stub::moved(const Motion& m) {
  const auto c = conditions(m);
  if (!m.one) return m.backwards ? timeline_.reverse_resume(c) : timeline_.resume(c);
  if (m.backwards) return timeline_.reverse_step(1, m.thread, c);
  while (true) {
    StopEvent event = timeline_.step(1, m.thread, c);
    const auto* t = thread(m.thread);
    if (event.reason != StopReason::step || t == nullptr) return event;
    const u64 rip = timeline_.machine().registers(*t).rip;
    if (rip < m.low || rip >= m.high) return event;
  }
}

std::string Stub::standing(std::string_view why, Tid tid) {
  return fmt::format("T{:02x}{}thread:{:x};", kTrap, why, living(tid));
}

/// The stop reply (gdb manual, E.3). Who stopped it becomes the thread that gdb looks at.
std::string Stub::stopped(const StopEvent& event, const Motion& motion) {
  const Tid tid = living(event.thread);
  chosen_ = tid;
  switch (event.reason) {
    case StopReason::breakpoint: {
      const auto it = breakpoints_.find(event.address.value);
      const bool hard = it != breakpoints_.end() && (it->second & 1) == 0;
      return standing(!says_breakpoints_ ? "" : hard ? "hwbreak:;" : "swbreak:;", tid);
    }
    case StopReason::memory: {
      const auto it = std::next(watchpoints_.begin(), static_cast<std::ptrdiff_t>(event.index));
      return standing(watch_reason(it->kind, event.address), tid);
    }
    case StopReason::signal:
      return signalled(gdb_signal(static_cast<int>(event.number)), tid);
    case StopReason::thread_created:
      return standing("create:;", static_cast<Tid>(event.number));
    case StopReason::thread_exited:
      return fmt::format("w00;{:x}", event.thread);
    case StopReason::start:
      return standing("replaylog:begin;", tid);
    case StopReason::exit:
      return ended(event);
    case StopReason::error:
      say("rt0: " + event.message + "\n");
      return signalled(kIllegal, tid);
    case StopReason::interrupted:
      return signalled(kInterrupted, tid);
    default:
      chosen_ = living(motion.one ? motion.thread : event.thread);
      return standing("", chosen_);
  }
}

std::string Stub::signalled(int signal, Tid tid) {
  announced_signal_ = signal;
  return fmt::format("T{:02x}thread:{:x};", signal, tid);
}

/// gdb forgets a process that has ended, and with it the way back. So the end is announced before
/// it comes: at the instruction that faults, with its signal; else one instruction before, as the
/// end of the recording. Going on from there ends it.
std::string Stub::ended(const StopEvent& event) {
  const auto exit = event.exit.value_or(emulator::kernel::ProcessExit{});
  const bool faulted = timeline_.machine().has_faulted();
  if (told_end_ == event.position || (event.position == 0 && !faulted))
    return exit.signal != 0 ? fmt::format("X{:02x}", gdb_signal(exit.signal))
                            : fmt::format("W{:02x}", exit.status & 0xff);
  told_end_ = event.position;
  watched([&] { timeline_.go_to(event.position - (faulted ? 0 : 1)); });
  chosen_ = living(timeline_.thread());
  const std::string what =
      exit.signal != 0 ? emulator::kernel::signal_name(exit.signal) + " ends the process"
                       : fmt::format("the process exits with status {}", exit.status & 0xff);
  say(fmt::format("rt0: the next instruction is the last, {}; continue to end it, or go back\n",
                  what));
  return exit.signal != 0 ? signalled(gdb_signal(exit.signal), chosen_)
                          : standing("replaylog:end;", chosen_);
}

}  // namespace rt0::gdb
