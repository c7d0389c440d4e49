/// The guest's memory as a debugger looks at it: whatever the protection, and without a trace.
#pragma once

#include "emulator/memory/address_space.hpp"
#include "runtime_model/golang/memory.hpp"

namespace rt0::debug {

/// Throws base::UserError, "cannot read memory at 0x10", for what is not mapped.
class GuestMemory final : public runtime_model::golang::Memory {
 public:
  explicit GuestMemory(emulator::memory::AddressSpace& memory) : memory_(memory) {}
  void read(emulator::Addr from, std::span<emulator::u8> to) override;
  void write(emulator::Addr to, std::span<const emulator::u8> from) override;

  /// False, and nothing read, when it is not mapped.
  bool try_read(emulator::Addr from, std::span<emulator::u8> to) const {
    return memory_.peek(from, to);
  }
  /// A little-endian number of `size` (1 to 8) bytes.
  emulator::u64 number(emulator::Addr from, unsigned size = 8);
  std::optional<emulator::u64> try_number(emulator::Addr from, unsigned size = 8) const;

 private:
  emulator::memory::AddressSpace& memory_;
};

}  // namespace rt0::debug
