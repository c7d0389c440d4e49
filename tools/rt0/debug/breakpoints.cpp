#include "tools/rt0/debug/breakpoints.hpp"

#include <algorithm>

#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::machine::Conditions;
using emulator::machine::StopEvent;
using emulator::machine::StopReason;
using emulator::machine::WatchKind;
using Kind = Breakpoint::Kind;

std::string Breakpoint::whose() const {
  if (goroutine != 0) return fmt::format(" goroutine {}", goroutine);
  return only_thread != 0 ? fmt::format(" thread {}", only_thread) : "";
}

Breakpoint& Breakpoints::add(Breakpoint b) {
  b.number = ++last_;
  return all_.emplace_back(std::move(b));
}

Breakpoint* Breakpoints::find(int number) {
  const auto it = std::ranges::find(all_, number, &Breakpoint::number);
  return it == all_.end() ? nullptr : &*it;
}

bool Breakpoints::remove(int number) {
  return std::erase_if(all_, [number](const auto& b) { return b.number == number; }) != 0;
}

Conditions Breakpoints::conditions() const {
  Conditions c;
  for (const Breakpoint& b : all_) {
    if (!b.enabled) continue;
    switch (b.kind) {
      case Kind::code:
      case Kind::goroutine:
        for (const auto& l : b.locations) c.addresses.insert(l.address.value);
        break;
      case Kind::memory:
        c.memory.push_back(b.memory);
        break;
      case Kind::reg:
        c.registers.push_back(b.reg);
        break;
      case Kind::syscall:
        c.syscall_entries.all |= b.syscalls.empty();
        c.syscall_entries.numbers.insert(b.syscalls.begin(), b.syscalls.end());
        c.syscall_returns = c.syscall_entries;
        break;
      case Kind::thread:
        c.threads_created = true;
        break;
      case Kind::thread_exit:
        c.threads_exited = true;
        break;
      case Kind::signal:
        c.signals = true;
        break;
      case Kind::position:
      case Kind::step:
        break;
    }
  }
  return c;
}

namespace {

bool same_range(const emulator::machine::MemoryWatch& a, const emulator::machine::MemoryWatch& b) {
  return a.bytes.start == b.bytes.start && a.bytes.size == b.bytes.size && a.kind == b.kind;
}

bool concerns(const Breakpoint& b, const StopEvent& e, const Conditions& c) {
  switch (e.reason) {
    case StopReason::breakpoint:
      return std::ranges::any_of(b.locations,
                                 [&](const auto& l) { return l.address == e.address; });
    case StopReason::memory:
      return b.kind == Kind::memory && e.index < c.memory.size() &&
             same_range(b.memory, c.memory[e.index]);
    case StopReason::register_write:
      return b.kind == Kind::reg && e.index < c.registers.size() &&
             b.reg.place.kind == c.registers[e.index].place.kind &&
             b.reg.place.index == c.registers[e.index].place.index;
    case StopReason::syscall_entry:
    case StopReason::syscall_return:
      return b.kind == Kind::syscall && (b.syscalls.empty() || b.syscalls.contains(e.number));
    case StopReason::thread_created:
      return b.kind == Kind::thread;
    case StopReason::thread_exited:
      return b.kind == Kind::thread_exit;
    case StopReason::signal:
      return b.kind == Kind::signal;
    default:
      return false;
  }
}

}  // namespace

std::vector<Breakpoint*> Breakpoints::concerned(const StopEvent& event, const Conditions& c) {
  std::vector<Breakpoint*> out;
  for (Breakpoint& b : all_)
    if (b.enabled && concerns(b, event, c)) out.push_back(&b);
  return out;
}

std::string kind_name(const Breakpoint& b) {
  switch (b.kind) {
    case Kind::memory:
    case Kind::reg: {
      const WatchKind kind = b.kind == Kind::memory ? b.memory.kind : b.reg.kind;
      return kind == WatchKind::read     ? "read watchpoint"
             : kind == WatchKind::access ? "acc watchpoint"
                                         : "watchpoint";
    }
    case Kind::syscall:
    case Kind::thread:
    case Kind::thread_exit:
    case Kind::signal:
    case Kind::goroutine:
      return "catchpoint";
    default:
      return "breakpoint";
  }
}

}  // namespace rt0::debug
