/// The guest's door to the outside in a debugging session: what it reads is read once, however many
/// machines run it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "emulator/kernel/kernel.hpp"

namespace rt0::debug {

/// What has been read so far, a piece for each time that a machine asked. Machines that run the
/// same program ask in the same order.
using InputLog = std::deque<std::vector<emulator::u8>>;

class DebugHost final : public emulator::kernel::Host {
 public:
  using Write = std::function<void(int fd, std::span<const emulator::u8>)>;
  using Read = std::function<std::size_t(std::span<emulator::u8>)>;
  /// `write` may be empty: output goes nowhere. `read` is asked for what is not in the log yet.
  DebugHost(std::shared_ptr<InputLog> log, Write write, Read read)
      : log_(std::move(log)), write_(std::move(write)), read_(std::move(read)) {}

  void write_output(int fd, std::span<const emulator::u8> bytes) override;
  std::size_t read_input(std::span<emulator::u8> to) override;

  /// Another one, for a machine that runs beside: silent, with the same input.
  std::unique_ptr<DebugHost> silent_twin() const {
    return std::make_unique<DebugHost>(log_, Write(), read_);
  }

 private:
  std::shared_ptr<InputLog> log_;
  Write write_;
  Read read_;
  std::size_t next_ = 0;
};

}  // namespace rt0::debug
