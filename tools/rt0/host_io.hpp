/// The guest's door to the host: standard input, output and error, nothing else.
#pragma once

#include "emulator/kernel/kernel.hpp"

namespace rt0 {

class HostIo final : public emulator::kernel::Host {
 public:
  emulator::kernel::Result<emulator::u64> write_output(
      int fd, std::span<const emulator::u8> bytes) override;
  emulator::kernel::Result<emulator::u64> read_input(std::span<emulator::u8> to) override;
};

/// A guest whose output goes nowhere.
class SilentHost final : public emulator::kernel::Host {
 public:
  emulator::kernel::Result<emulator::u64> write_output(
      int, std::span<const emulator::u8> bytes) override {
    return bytes.size();
  }
  emulator::kernel::Result<emulator::u64> read_input(std::span<emulator::u8> to) override {
    return door_.read_input(to);
  }

 private:
  HostIo door_;
};

}  // namespace rt0
