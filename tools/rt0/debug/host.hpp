/// The guest's door to the outside in a debugging session.
#pragma once

#include <functional>

#include "emulator/kernel/kernel.hpp"

namespace rt0::debug {

class DebugHost final : public emulator::kernel::Host {
 public:
  using Write = std::function<void(int fd, std::span<const emulator::u8>)>;
  using Read = std::function<std::size_t(std::span<emulator::u8>)>;
  DebugHost(Write write, Read read) : write_(std::move(write)), read_(std::move(read)) {}

  void write_output(int fd, std::span<const emulator::u8> bytes) override { write_(fd, bytes); }
  std::size_t read_input(std::span<emulator::u8> to) override { return read_(to); }

 private:
  Write write_;
  Read read_;
};

}  // namespace rt0::debug
