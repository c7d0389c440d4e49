#include "emulator/machine/once_host.hpp"

#include <algorithm>

namespace emulator::machine {

void OnceHost::write_output(int fd, std::span<const u8> bytes) {
  const u64 again = std::min<u64>(printed_ - written_, bytes.size());
  written_ += bytes.size();
  if (again == bytes.size()) return;
  printed_ = written_;
  real_.write_output(fd, bytes.subspan(again));
}

}  // namespace emulator::machine
