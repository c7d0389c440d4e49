/// A second machine over a timeline's program, for whoever wants to look at the same run in another
/// way. What it would ask the world, the timeline has asked before, or goes and asks first, or it
/// is where this one ends.
#pragma once

#include "emulator/machine/timeline.hpp"

namespace emulator::machine {

class Follower final : public kernel::Host {
 public:
  /// Where a timeline stands, as a place to begin from. Costs what a checkpoint costs.
  struct Start {
    u64 position = 0;
    Machine::Checkpoint machine;
    u64 asked = 0;    // HostLog::position
    u64 written = 0;  // OnceHost::written
  };
  static Start start(Timeline& leader);

  enum class Lead : u8 {
    ahead,  ///< what has not been asked yet, the leader goes and asks
    none,   ///< then run() throws InputInterrupted instead
  };
  /// The leader outlives it.
  explicit Follower(Timeline& leader, Lead lead = Lead::ahead) : leader_(leader), mode_(lead) {}
  /// Takes a machine, made with the leader's settings, image and this as its host, to `start`.
  void begin(Machine& machine, const Start& start);
  /// Machine::run(). Throws InputInterrupted when the leader was interrupted while it waited for
  /// input, or does not lead: the machine is then good only for begin().
  std::optional<kernel::ProcessExit> run();

  /// What the guest prints is printed by the leader. Where that has not been yet, the answer is
  /// taken for granted that the stream gave last: nothing is printed before its time.
  kernel::Result<u64> write_output(int fd, std::span<const u8> bytes) override;
  /// The leader has read: it is in the log that both share.
  kernel::Result<u64> read_input(std::span<u8> to) override;

  /// The first write whose answer was taken for granted, since the last begin().
  std::optional<u64> assumed() const { return assumed_; }
  /// False: the leader has been told something else since; what the machine did then does not hold.
  static bool still_holds(const Timeline& leader, u64 assumed);

 private:
  void lead();

  Timeline& leader_;
  Lead mode_;
  Machine* machine_ = nullptr;
  u64 asked_ = 0;    // of the mounted directories, where the machine stands
  u64 written_ = 0;  // writes to standard streams, likewise
  std::optional<u64> assumed_;
  u64 leader_asked_ = 0;  // while it runs: where the leader stands
};

}  // namespace emulator::machine
