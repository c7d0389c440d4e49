// What the guest writes while models wait, and whose work that counts as.
#include <cstring>
#include <utility>

#include "runtime_model/model/checker.hpp"

namespace runtime_model::model {

using emulator::cpu::PlaceKind;
using emulator::machine::Retired;
using Waits = Activation::Waits;

namespace {

RealWrite real_write(u64 number, const emulator::cpu::Effect& e) {
  RealWrite w{number, e.address, u32{e.size}, false, true, {}};
  std::memcpy(w.before.data(), e.before.data(), e.size);
  std::memcpy(w.after.data(), e.after.data(), e.size);
  w.changes = std::memcmp(e.before.data(), e.after.data(), e.size) != 0;
  return w;
}

}  // namespace

void Checker::note_writes(Lane& lane, const Retired& r, const Registers& after) {
  // What memory holds behind the instruction, of a write whose values it did not list.
  const auto note_long = [&](Addr to, u64 size) {
    RealWrite w{r.number, to, static_cast<u32>(size), false, false, {}};
    std::vector<u8> bytes(size);
    if (machine_.memory().peek(to, bytes))
      w.long_after = std::make_shared<const std::vector<u8>>(std::move(bytes));
    note_write(lane, w);
  };
  for (const auto& e : r.effects)
    if (e.kind == PlaceKind::memory_write) note_write(lane, real_write(r.number, e));
  if (r.effects.truncated) {
    // A long string instruction lists its first iterations only; RDI tells how far it went.
    for (const auto& e : r.effects)
      if (e.kind == PlaceKind::memory_write) {
        const u64 end = after.gpr(emulator::cpu::rdi);
        if (end > e.address.value) note_long(e.address, end - e.address.value);
        break;
      }
  }
  if (r.kernel_writes != nullptr)
    for (const auto& [address, bytes] : *r.kernel_writes) note_long(address, bytes.size());
}

/// What the models that are told may have decided by.
void Checker::note_reads(Lane& lane, const Retired& r) {
  for (auto& a : lane.stack) {
    if (!a->told || a->signal_depth != lane.signals || a->waits == Waits::called) continue;
    for (const auto& e : r.effects)
      if (e.kind == PlaceKind::memory_read) a->reads.push_back({e.address.value / 8, r.number});
  }
}

void Checker::note_standing(Lane& lane, u64 number, const Registers& regs) {
  if (lane.standing.update(guest_, machine_.memory(), regs)) ++lane.stand_version;
  for (auto& a : lane.stack)
    if (std::exchange(a->stand_version, lane.stand_version) != lane.stand_version)
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
  for (auto& [tid, other] : lanes_) other.standing.wrote(w.address, w.size);
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
