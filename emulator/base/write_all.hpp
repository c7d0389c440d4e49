/// Bytes to a descriptor of the host's: the one loop around write(2).
#pragma once

#include <cstddef>
#include <span>

#include "emulator/base/types.hpp"

namespace emulator::base {

struct Written {
  std::size_t bytes = 0;
  int error = 0;  ///< errno of what stopped it; 0: all is written
};

/// Until all is written or the system refuses, which it may do for no bytes, too. A signal does not end it; a descriptor that does not
/// block (O_NONBLOCK) is waited for.
Written write_all(int fd, std::span<const u8> bytes);

}  // namespace emulator::base
