/// File descriptors, open file descriptions, and the virtual file system behind them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emulator/base/types.hpp"
#include "emulator/kernel/errno.hpp"

namespace emulator::kernel {

/// `--mount HOST:GUEST[:rw]`: the one door to the host's files.
struct Mount {
  std::string host, guest;
  bool writable = false;
};

/// The only way from the kernel to the host. Tests give a Host that reaches nothing.
class Host {
 public:
  virtual ~Host() = default;
  /// Guest output to fd 1 or 2.
  virtual void write_output(int fd, std::span<const u8> bytes) = 0;
  /// Up to to.size() bytes of standard input; 0 at its end. Blocks the whole machine: virtual time stands still.
  virtual std::size_t read_input(std::span<u8> to) = 0;
};

class Files {
 public:
  Files() = default;
};

}  // namespace emulator::kernel
