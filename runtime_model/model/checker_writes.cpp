// What the guest writes while models wait, and whose work that counts as.
#include "runtime_model/model/checker.hpp"

namespace runtime_model::model {

using emulator::cpu::PlaceKind;
using emulator::machine::Retired;
using Waits = Activation::Waits;

void Checker::note_writes(Lane& lane, const Retired& r, const Registers& after) {
  for (const auto& e : r.effects) {
    if (e.kind != PlaceKind::memory_write) continue;
    RealWrite w{r.number, e.address, u32{e.size}, false, true, {}};
    std::memcpy(w.before.data(), e.before.data(), e.size);
    w.changes = std::memcmp(e.before.data(), e.after.data(), e.size) != 0;
    note_write(lane, w);
  }
  if (r.effects.truncated) {
    // A long string instruction lists its first iterations only; RDI tells how far it went.
    for (const auto& e : r.effects)
      if (e.kind == PlaceKind::memory_write) {
        const u64 end = after.gpr(emulator::cpu::rdi);
        if (end > e.address.value)
          note_write(
              lane,
              {r.number, e.address, static_cast<u32>(end - e.address.value), false, false, {}});
        break;
      }
  }
  if (r.kernel_writes != nullptr)
    for (const auto& [address, bytes] : *r.kernel_writes)
      note_write(lane, {r.number, address, static_cast<u32>(bytes.size()), false, false, {}});
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
  a.real.back().shared = true;
  a.shadow.forget(w.address, w.size);
}

void Checker::note_write(Lane& lane, const RealWrite& w) {
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

}  // namespace runtime_model::model
