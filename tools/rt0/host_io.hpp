/// The guest's door to the host: standard input, output and error, nothing else.
#pragma once

#include "emulator/kernel/kernel.hpp"

namespace rt0 {

class HostIo final : public emulator::kernel::Host {
 public:
  void write_output(int fd, std::span<const emulator::u8> bytes) override;
  std::size_t read_input(std::span<emulator::u8> to) override;
};

}  // namespace rt0
