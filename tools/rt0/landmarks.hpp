/// The boot's landmarks: the first time that each of the runtime's boot routines is entered.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "emulator/machine/machine.hpp"
#include "runtime_model/golang/boot_routines.hpp"
#include "tools/rt0/program.hpp"

namespace rt0 {

class Landmarks {
 public:
  explicit Landmarks(const Program& program);

  /// Where the machine has to stop and look.
  std::set<emulator::u64> addresses() const;
  /// The landmark at an address, or null. It is told once: the caller removes the probe.
  const runtime_model::golang::FoundRoutine* at(emulator::Addr address) const;

 private:
  std::map<emulator::u64, runtime_model::golang::FoundRoutine> by_address_;
};

/// 1234567 as "1,234,567".
std::string grouped(emulator::u64 n);

/// "     50,344  t1     50.344 us  runtime.schedinit       sets up …"
std::string landmark_line(emulator::u64 number, int thread, emulator::Nanos now,
                          std::string_view name, std::string_view text);

}  // namespace rt0
