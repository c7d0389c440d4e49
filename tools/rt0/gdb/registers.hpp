/// The registers of a thread as gdb numbers them, and the target description that tells gdb so
/// (gdb manual, appendix G, "i386 Features").
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emulator/kernel/thread.hpp"
#include "tools/rt0/gdb/packet.hpp"

namespace rt0::gdb {

/// Which features a processor has beside the core's and SSE's.
class RegisterFile {
 public:
  /// `avx`: the guest sees AVX.
  explicit RegisterFile(bool avx) : avx_(avx) {}

  /// target.xml
  std::string description() const;
  /// How many there are; numbers are 0 … count()-1.
  unsigned count() const;
  /// Bytes of a register.
  static unsigned size(unsigned number);

  /// Its bytes, lowest first. `registers` are the thread's.
  std::vector<u8> get(unsigned number, const emulator::cpu::Registers& registers,
                      const emulator::kernel::Thread& thread) const;
  /// False when the register cannot have that value: the x87 unit is not emulated and segment
  /// selectors are fixed.
  bool set(unsigned number, std::span<const u8> value, emulator::cpu::Registers& registers,
           const emulator::kernel::Thread& thread) const;
  /// All of them, one behind the other.
  std::vector<u8> all(const emulator::cpu::Registers& registers,
                      const emulator::kernel::Thread& thread) const;

 private:
  bool avx_;
};

}  // namespace rt0::gdb
