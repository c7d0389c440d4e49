/// The child's side of HostCpu.
#pragma once

#include "tests/oracle/case.hpp"

namespace tests::oracle {

struct Slot {
  Case stimulus;
  Outcome outcome;
};

/// What parent and child share.
struct Mailbox {
  static constexpr u64 kSlots = 512;
  u32 count = 0;  ///< cases in this batch
  u32 done = 0;   ///< cases finished; where a dead child stopped
  std::array<Slot, kSlots> slots;
};

/// Maps the guest pages, says 'r' on `channel`, then runs one batch for each byte that comes from
/// it, with a byte back when it is over. Ends at the end of `channel`, or with 3 if the host
/// refuses.
[[noreturn]] void host_child(Mailbox& mailbox, int channel);

}  // namespace tests::oracle
