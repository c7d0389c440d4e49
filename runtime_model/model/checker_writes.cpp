// What the guest writes while models wait, and whose work that counts as.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime_model/model/checker.hpp"

namespace runtime_model::model {

using emulator::cpu::PlaceKind;
using emulator::machine::Retired;
using Waits = Activation::Waits;

namespace {

/// What a string instruction that writes more had replaced is not kept.
constexpr u64 kMostKnown = 1 << 16;

}  // namespace

void Checker::note_writes(Lane& lane, const Retired& r) {
  // What memory holds behind the instruction, of a write whose values are too many.
  const auto note_long = [&](Addr to, u64 size) {
    RealWrite w{r.number, to, static_cast<u32>(size), false, false, {}};
    std::vector<u8> bytes(size);
    if (machine_.memory().peek(to, bytes))
      w.long_after = std::make_shared<const std::vector<u8>>(std::move(bytes));
    note_write(lane, w);
  };
  for (const auto& e : r.effects) {
    if (e.kind != PlaceKind::memory_write) continue;
    if (e.size > kMostKnown) {
      note_long(e.address, e.size);
      continue;
    }
    for (u64 at = 0; at < e.size; at += sizeof RealWrite::before) {
      const u64 size = std::min<u64>(e.size - at, sizeof RealWrite::before);
      RealWrite w{r.number, e.address + at, static_cast<u32>(size), false, true, {}};
      r.effects.copy_before(e, at, std::span(w.before).first(size));
      r.effects.copy_after(e, at, std::span(w.after).first(size));
      w.changes = std::memcmp(w.before.data(), w.after.data(), size) != 0;
      note_write(lane, w);
    }
  }
  if (r.kernel_writes != nullptr)
    for (const auto& [address, bytes] : *r.kernel_writes) note_long(address, bytes.size());
}

/// What the models that are told may have decided by.
void Checker::note_reads(Lane& lane, const Retired& r) {
  for (auto& a : lane.stack) {
    if (!a->told || a->signal_depth != lane.signals || a->waits == Waits::called) continue;
    for (const auto& e : r.effects) {
      if (e.kind != PlaceKind::memory_read) continue;
      const u64 first = e.address.value / 8;
      const u64 last = e.is_range() && e.size <= kMostKnown ? (e.address.value + e.size - 1) / 8 : first;
      for (u64 word = first; word <= last; ++word) a->reads.push_back({word, r.number});
    }
  }
}

void Checker::note_standing(Lane& lane, u64 number, const Registers& regs) {
  if (!listener) return;  // nobody is told of it
  if (lane.standing.update(guest_, machine_.memory(), regs)) ++lane.stand_version;
  for (auto& a : lane.stack)
    if (a->told && std::exchange(a->stand_version, lane.stand_version) != lane.stand_version)
      a->stands.push_back({number, lane.standing.now()});
}

/// Another thread or a signal handler wrote. What it changed while real code runs that the model
/// had called is there for both sides afterwards.
void Checker::foreign_write(Activation& a, const RealWrite& w) {
  if (a.waits != Waits::called) {
    if (a.shadow.depends_on(w.address, w.size)) a.interleaved = true;
    return;
  }
  if (!a.shadow.wrote(w.address, w.size)) return;
  a.real.push_back(w);
  a.real.back().shared = a.real.back().foreign = true;
  a.shadow.forget(w.address, w.size);
}

void Checker::note_write(Lane& lane, const RealWrite& w) {
  lane.standing.wrote(w.address, w.size);
  for (auto& a : lane.stack) {
    if (a->signal_depth != lane.signals) {
      foreign_write(*a, w);
      continue;
    }
    // A compare-and-swap that fails stores what was there.
    if (!w.changes && a->waits != Waits::called) continue;
    a->real.push_back(w);
    if (a->waits == Waits::called) {
      a->real.back().shared = true;
      a->shadow.forget(w.address, w.size);
    }
  }
  if (live_ == lane.stack.size()) return;
  for (auto& [tid, other] : lanes_) {
    if (&other == &lane) continue;
    for (auto& a : other.stack) foreign_write(*a, w);
  }
}

/// A model begins, or goes on, in front of instruction `number`; until now nobody may have watched.
void Checker::first_standing(Lane& lane, u64 number) {
  if (live_ == 0) lane.standing.reset();
  note_standing(lane, number == 0 ? 0 : number - 1, machine_.registers(*machine_.current()));
}

}  // namespace runtime_model::model
