#include "runtime_model/model/standing.hpp"

#include <algorithm>
#include <utility>

#include "runtime_model/model/peek.hpp"

namespace runtime_model::model {

namespace {

struct Bounds {
  u64 lo, hi;
  bool hold(u64 sp) const { return sp >= lo && sp < hi; }
};

Bounds stack_of(const Guest& guest, const emulator::memory::AddressSpace& memory, Addr g) {
  return {peek<u64>(memory, g + guest.offset.g_lo), peek<u64>(memory, g + guest.offset.g_hi)};
}

}  // namespace

Standing standing_of(const Guest& guest, const emulator::memory::AddressSpace& memory,
                     const emulator::cpu::Registers& regs) {
  const auto& offset = guest.offset;
  const Addr current = current_g(memory, regs);
  const Addr m = current == Addr() ? Addr() : peek<Addr>(memory, current + offset.g_m);
  if (m == Addr()) return {};  // no g yet, or what rt0_go tests thread-local storage with
  Standing s{current, peek<Addr>(memory, m + offset.m_curg), m, peek<Addr>(memory, m + offset.m_p)};
  const Addr g0 = peek<Addr>(memory, m + offset.m_g0);
  const Addr gsignal = peek<Addr>(memory, m + offset.m_gsignal);
  for (const Addr g : {current, g0, gsignal, s.curg})
    if (g != Addr() && stack_of(guest, memory, g).hold(regs[emulator::cpu::rsp])) {
      s.g = g;
      break;
    }
  return s;
}

void StandingWatch::wrote(Addr address, u64 size) {
  const auto touches = [&](Addr cell) {
    return cell.value + 8 > address.value && cell.value < address.value + size;
  };
  if (touches(tls_) || touches(g_m_) || touches(m_p_) || touches(m_curg_)) known_ = false;
}

bool StandingWatch::update(const Guest& guest, const emulator::memory::AddressSpace& memory,
                           const emulator::cpu::Registers& regs) {
  if (known_ && Bounds{lo_, hi_}.hold(regs[emulator::cpu::rsp])) return false;
  const Standing before = std::exchange(now_, standing_of(guest, memory, regs));
  const auto bounds = stack_of(guest, memory, now_.g);
  lo_ = bounds.lo, hi_ = bounds.hi;
  const auto& offset = guest.offset;
  const Addr current = current_g(memory, regs);
  tls_ = Addr(regs.fs_base() - 8), g_m_ = current + offset.g_m;
  m_p_ = now_.m + offset.m_p, m_curg_ = now_.m + offset.m_curg;
  return !std::exchange(known_, true) || before != now_;
}

}  // namespace runtime_model::model
