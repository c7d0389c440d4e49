/// On whose stack a thread stands, and whose work it does there.
#pragma once

#include "emulator/cpu/registers.hpp"
#include "emulator/memory/address_space.hpp"
#include "runtime_model/model/guest.hpp"

namespace runtime_model::model {

using emulator::u64;

/// Addresses of the runtime's records; zero: none.
struct Standing {
  Addr g;     ///< whose stack it is: a goroutine's, the M's g0 or gsignal
  Addr curg;  ///< the goroutine that the M runs: g itself, or the one that it works for on g0
  Addr m, p;
  bool operator==(const Standing&) const = default;
};

/// As a thread's registers and memory are now. While a routine changes stacks, g in thread-local
/// storage and the stack pointer disagree for some instructions: the stack pointer decides.
Standing standing_of(const Guest& guest, const emulator::memory::AddressSpace& memory,
                     const emulator::cpu::Registers& regs);

/// The standing of a thread that is watched instruction by instruction, worked out again only when
/// it may have changed.
class StandingWatch {
 public:
  /// Forgets: the thread ran without being watched.
  void reset() { known_ = false; }
  /// Somebody wrote these bytes.
  void wrote(Addr address, u64 size);
  /// True when it is another one than the last time.
  bool update(const Guest& guest, const emulator::memory::AddressSpace& memory,
              const emulator::cpu::Registers& regs);
  const Standing& now() const { return now_; }

 private:
  Standing now_;
  u64 lo_ = 0, hi_ = 0;            ///< of the stack
  Addr tls_, g_m_, m_p_, m_curg_;  ///< the words that it follows from
  bool known_ = false;
};

}  // namespace runtime_model::model
