#include "tools/rt0/landmarks.hpp"

#include <fmt/format.h>

namespace rt0 {

using runtime_model::golang::FoundRoutine;

Landmarks::Landmarks(const Program& program) {
  for (FoundRoutine& found :
       runtime_model::golang::find_boot_routines(program.symbols, program.build.release)) {
    if (found.at.empty()) continue;
    const emulator::u64 entry = found.at.front()->entry.value;
    by_address_.emplace(entry, std::move(found));
  }
}

std::set<emulator::u64> Landmarks::addresses() const {
  std::set<emulator::u64> all;
  for (const auto& [address, found] : by_address_) all.insert(address);
  return all;
}

const FoundRoutine* Landmarks::at(emulator::Addr address) const {
  const auto it = by_address_.find(address.value);
  return it == by_address_.end() ? nullptr : &it->second;
}

std::string grouped(emulator::u64 n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string landmark_line(emulator::u64 number, int thread, emulator::Nanos now,
                          std::string_view name, std::string_view text) {
  return fmt::format("{:>11}  t{:<2} {:>10.3f} us  {:<28} {}", grouped(number), thread,
                     static_cast<double>(now.value) / 1000.0, name, text);
}

}  // namespace rt0
