/// A host for a guest whose past is executed again: what it printed before is not printed twice,
/// and it is told again what it was told then.
#pragma once

#include <map>
#include <optional>

#include "emulator/kernel/files.hpp"

namespace emulator::machine {

/// A Host may throw it from read_input: the user does not want to wait any longer. The timeline
/// then stands before the system call that wanted to read, with StopReason::interrupted.
struct InputInterrupted {};

/// Writes are numbered: the guest's past makes the same ones in the same order.
class OnceHost final : public kernel::Host {
 public:
  using Answer = kernel::Result<u64>;

  /// `real` outlives it.
  explicit OnceHost(kernel::Host& real) : real_(real) {}

  Answer write_output(int fd, std::span<const u8> bytes) override;
  /// The kernel keeps what was read and asks only for more.
  Answer read_input(std::span<u8> to) override { return real_.read_input(to); }

  /// Writes that the guest has made, at the point of its past where it stands.
  u64 written() const { return next_; }
  /// Writes that have been made at all.
  u64 made() const { return made_; }
  /// It stands elsewhere: where it had made so many.
  void go_to(u64 written) { next_ = written; }
  /// What lay ahead will not come again: whatever is written from here on is new.
  void forget_future();

  /// What was or, as far as one can know, will be said to write `number`, of `size` bytes.
  Answer expected(u64 number, int fd, u64 size) const;
  /// Write `number` and those behind it, as far as they were made, went as was expected of them
  /// before `number` was made.
  bool as_expected_from(u64 number) const;

 private:
  struct Turn {
    std::optional<Answer> answer;  ///< nothing: all was taken
    bool operator==(const Turn& other) const;
  };
  /// Of one stream: from which write on which answer was given. An answer stays for long.
  using Turns = std::map<u64, Turn>;

  kernel::Host& real_;
  u64 next_ = 0, made_ = 0;
  std::map<int, Turns> streams_;
};

}  // namespace emulator::machine
