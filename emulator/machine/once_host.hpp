/// A host for a guest whose past is executed again: what it printed before is not printed twice.
#pragma once

#include "emulator/kernel/files.hpp"

namespace emulator::machine {

/// A Host may throw it from read_input: the user does not want to wait any longer. The timeline
/// then stands before the system call that wanted to read, with StopReason::interrupted.
struct InputInterrupted {};

class OnceHost final : public kernel::Host {
 public:
  /// `real` outlives it.
  explicit OnceHost(kernel::Host& real) : real_(real) {}

  void write_output(int fd, std::span<const u8> bytes) override;
  /// The kernel keeps what was read and asks only for more.
  std::size_t read_input(std::span<u8> to) override { return real_.read_input(to); }

  /// Bytes that the guest has written, at the point of its past where it stands.
  u64 written() const { return written_; }
  /// It stands elsewhere: where it had written so many.
  void go_to(u64 written) { written_ = written; }
  /// What lay ahead will not come again: whatever is written from here on is new.
  void forget_future() { printed_ = written_; }

 private:
  kernel::Host& real_;
  u64 written_ = 0, printed_ = 0;
};

}  // namespace emulator::machine
