#include "emulator/machine/lookout.hpp"

#include <algorithm>
#include <cstring>

namespace emulator::machine {
namespace {

using cpu::Effect;
using cpu::PlaceKind;
using kernel::Thread;

bool overlap(u64 a, u64 a_size, u64 b, u64 b_size) { return a < b + b_size && b < a + a_size; }
bool overlap(const ByteRange& bytes, u64 start, u64 size) {
  return overlap(bytes.start.value, bytes.size, start, size);
}

std::vector<u8> bytes_of(const void* from, std::size_t size) {
  const auto* p = static_cast<const u8*>(from);
  return {p, p + size};
}

std::vector<u8> value_of(const RegisterPlace& place, const cpu::Registers& r) {
  const auto word = [](u64 v) { return bytes_of(&v, sizeof v); };
  switch (place.kind) {
    case PlaceKind::gpr:
      return word(r.gpr(place.index));
    case PlaceKind::ymm:
      return bytes_of(&r.ymm[place.index], sizeof r.ymm[0]);
    case PlaceKind::flags:
      return word(r.rflags());
    case PlaceKind::fs_base:
      return word(r.fs_base());
    case PlaceKind::gs_base:
      return word(r.slots[cpu::kSlotGsBase]);
    case PlaceKind::mxcsr:
      return word(r.mxcsr);
    default:
      return {};
  }
}

bool counts(WatchKind kind, bool read, bool written, bool changed) {
  switch (kind) {
    case WatchKind::change:
      return changed;
    case WatchKind::write:
      return written || changed;
    case WatchKind::read:
      return read;
    case WatchKind::access:
      return read || written || changed;
  }
  return false;
}

struct Touched {
  bool read = false, written = false;
};

Touched touched(const ByteRange& bytes, const Retired& what) {
  Touched t;
  for (const Effect& e : what.effects) {
    if (e.kind < PlaceKind::memory_read || !overlap(bytes, e.address.value, e.size)) continue;
    (e.kind == PlaceKind::memory_read ? t.read : t.written) = true;
  }
  return t;
}

bool kernel_wrote(const ByteRange& bytes, const Retired& what) {
  return what.kernel_writes != nullptr &&
         std::ranges::any_of(*what.kernel_writes, [&](const auto& w) {
           return overlap(bytes, w.first.value, w.second.size());
         });
}

}  // namespace

Lookout::Lookout(Machine& machine) : machine_(machine), observer_(machine) {
  auto& on = observer_.on;
  on.probe = [this](const Thread& t, Addr at) { probe(t, at); };
  on.retired = [this](const Thread& t, const Retired& what) { retired(t, what); };
  on.resuming = [this](const Thread& t) {
    if (armed()) kernel_changes(&t);
    if (on_turn) on_turn();
  };
  on.switched = [this](const Thread*, const Thread& to) {
    if (on_switch) on_switch(to);
  };
  on.system_call = [this](const Thread& t, u64 number) {
    if (!armed() || !conditions_->syscall_entries.has(number)) return;
    StopEvent e = event(StopReason::syscall_entry, t);
    --e.position;
    e.number = number;
    offer(std::move(e));
  };
  on.served = [this](const Thread& t, const auto*, u64 number, const auto&, const auto&) {
    if (!armed() || !conditions_->syscall_returns.has(number)) return;
    StopEvent e = event(StopReason::syscall_return, t);
    e.number = number;
    offer(std::move(e));
  };
  on.signal = [this](const Thread& t, const kernel::SigInfo& info, u64) {
    if (!armed() || !conditions_->signals) return;
    StopEvent e = event(StopReason::signal, t);
    e.number = static_cast<u64>(info.signal);
    offer(std::move(e));
  };
  on.thread_exit = [this](const Thread& t) {
    if (armed() && conditions_->threads_exited) offer(event(StopReason::thread_exited, t));
  };
  on.clone = [this](const Thread& parent, const Thread& child) {
    if (!armed() || !conditions_->threads_created) return;
    StopEvent e = event(StopReason::thread_created, parent);
    e.number = static_cast<u64>(child.tid);
    offer(std::move(e));
  };
}

/// Watched memory costs the fast loop little; registers, and all else, need the observed one.
void Lookout::choose_loop() {
  constexpr u64 kMostPages = 1024;
  std::map<u64, bool> pages;
  bool observe = on_retired != nullptr;
  if (armed()) {
    observe = observe || !conditions_->registers.empty();
    for (const MemoryWatch& w : conditions_->memory) {
      const u64 first = w.bytes.start.value / base::kPageSize,
                last = (w.bytes.start.value + w.bytes.size - 1) / base::kPageSize;
      if (last - first >= kMostPages) observe = true;
      if (observe) break;
      const bool reads = w.kind == WatchKind::read || w.kind == WatchKind::access;
      for (u64 page = first; page <= last; ++page) pages[page] = pages[page] || reads;
    }
  }
  if (observe) pages.clear();
  observer_.observe(observe);
  observer_.watch_pages(std::move(pages));
}

void Lookout::arm(const Conditions& conditions, Want want, u64 from) {
  conditions_ = &conditions;
  want_ = want;
  from_ = from;
  found_.reset();
  refresh();
  choose_loop();
  if (!conditions.addresses.empty()) observer_.set_probes(conditions.addresses);
}

void Lookout::disarm() {
  conditions_ = nullptr;
  choose_loop();
}

std::vector<u8> Lookout::value(const MemoryWatch& watch) const {
  std::vector<u8> bytes(watch.bytes.size);
  if (!machine_.memory().peek(watch.bytes.start, bytes)) bytes.clear();  // not mapped
  return bytes;
}

void Lookout::refresh() {
  if (!armed()) return;
  memory_values_.clear();
  for (const MemoryWatch& w : conditions_->memory) memory_values_.push_back(value(w));
  register_values_.assign(conditions_->registers.size(), {});
  for (std::size_t i = 0; i < register_values_.size(); ++i)
    for (const auto& t : machine_.kernel().threads())
      register_values_[i][t->tid] =
          value_of(conditions_->registers[i].place, machine_.registers(*t));
}

StopEvent Lookout::event(StopReason reason, const Thread& t) const {
  StopEvent e;
  e.reason = reason;
  e.position = machine_.retired();
  e.at_fault = machine_.has_faulted();
  e.thread = t.tid;
  return e;
}

void Lookout::offer(StopEvent e) {
  if (want_ == Want::first && (found_ || (at_position(e) && e.position == from_))) return;
  if (conditions_->accept && !conditions_->accept(e)) return;
  found_ = std::move(e);
  if (want_ == Want::first) machine_.stop();
}

void Lookout::probe(const Thread& t, Addr at) {
  if (!armed() || !conditions_->addresses.contains(at.value)) return;
  StopEvent e = event(StopReason::breakpoint, t);
  e.address = at;
  offer(std::move(e));
}

void Lookout::retired(const Thread& t, const Retired& what) {
  if (on_retired) on_retired(t, what);
  if (!armed()) return;
  for (std::size_t i = 0; i < conditions_->memory.size(); ++i) memory_effects(t, what, i);
  for (std::size_t i = 0; i < conditions_->registers.size(); ++i) register_effects(t, what, i);
}

void Lookout::memory_effects(const Thread& t, const Retired& what, std::size_t index) {
  const MemoryWatch& watch = conditions_->memory[index];
  const auto [read, stored] = touched(watch.bytes, what);
  const bool by_kernel = kernel_wrote(watch.bytes, what);
  if (!read && !stored && !by_kernel) return;
  StopEvent e = event(StopReason::memory, t);
  e.index = index, e.address = watch.bytes.start, e.pc = what.pc;
  e.by = by_kernel ? WrittenBy::system_call : WrittenBy::instruction;
  e.before = memory_values_[index];
  e.after = stored || by_kernel ? value(watch) : e.before;
  memory_values_[index] = e.after;
  if (watch.thread && *watch.thread != t.tid) return;
  if (counts(watch.kind, read, stored || by_kernel, e.before != e.after)) offer(std::move(e));
}

void Lookout::register_effects(const Thread& t, const Retired& what, std::size_t index) {
  const RegisterWatch& watch = conditions_->registers[index];
  if (watch.thread && *watch.thread != t.tid) return;
  const bool written = std::ranges::any_of(what.effects, [&](const Effect& e) {
    return e.kind == watch.place.kind && e.index == watch.place.index;
  });
  if (!written) return;
  StopEvent e = event(StopReason::register_write, t);
  e.index = index, e.pc = what.pc;
  if (what.kernel_writes != nullptr) e.by = WrittenBy::system_call;
  e.after = value_of(watch.place, machine_.registers(t));
  e.before = std::exchange(register_values_[index][t.tid], e.after);
  if (counts(watch.kind, false, written, e.before != e.after)) offer(std::move(e));
}

/// What the kernel changed between two instructions; registers of the thread that goes on.
void Lookout::kernel_changes(const Thread* t) {
  const Thread* const who = t != nullptr ? t : machine_.kernel().find_thread(machine_.turn());
  if (who == nullptr) return;
  for (std::size_t i = 0; i < conditions_->memory.size(); ++i) {
    const MemoryWatch& watch = conditions_->memory[i];
    std::vector<u8> now = value(watch);
    if (now == memory_values_[i]) continue;
    StopEvent e = event(StopReason::memory, *who);
    e.index = i, e.address = watch.bytes.start, e.by = WrittenBy::kernel;
    e.pc = Addr(machine_.registers(*who).rip);
    e.after = std::move(now);
    e.before = std::exchange(memory_values_[i], e.after);
    if (counts(watch.kind, false, true, true)) offer(std::move(e));
  }
  for (std::size_t i = 0; i < conditions_->registers.size(); ++i) {
    const RegisterWatch& watch = conditions_->registers[i];
    std::vector<u8> now = value_of(watch.place, machine_.registers(*who));
    const auto [seen, fresh] = register_values_[i].try_emplace(who->tid, now);
    if (fresh || seen->second == now || (watch.thread && *watch.thread != who->tid)) continue;
    StopEvent e = event(StopReason::register_write, *who);
    e.index = i, e.by = WrittenBy::kernel, e.pc = Addr(machine_.registers(*who).rip);
    e.after = std::move(now);
    e.before = std::exchange(seen->second, e.after);
    offer(std::move(e));
  }
}

void Lookout::look_again() {
  if (armed()) kernel_changes(nullptr);
}

}  // namespace emulator::machine
