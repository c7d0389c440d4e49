/// The guest's door to the outside in a debugging session.
#pragma once

#include <functional>

#include "emulator/kernel/kernel.hpp"

namespace rt0::debug {

class DebugHost final : public emulator::kernel::Host {
 public:
  using Answer = emulator::kernel::Result<emulator::u64>;
  using Write = std::function<Answer(int fd, std::span<const emulator::u8>)>;
  using Read = std::function<Answer(std::span<emulator::u8>)>;
  DebugHost(Write write, Read read) : write_(std::move(write)), read_(std::move(read)) {}

  Answer write_output(int fd, std::span<const emulator::u8> bytes) override {
    return write_(fd, bytes);
  }
  Answer read_input(std::span<emulator::u8> to) override { return read_(to); }

 private:
  Write write_;
  Read read_;
};

}  // namespace rt0::debug
