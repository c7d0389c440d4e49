/// A second machine over a timeline's program, for whoever wants to look at the same run in another
/// way. What it would ask the world, the timeline has asked before, or goes and asks first.
#pragma once

#include "emulator/machine/timeline.hpp"

namespace emulator::machine {

class Follower final : public kernel::Host {
 public:
  /// Where a timeline stands, as a place to begin from. Costs what a checkpoint costs.
  struct Start {
    u64 position = 0;
    Machine::Checkpoint machine;
    u64 asked = 0;  // HostLog::position
  };
  static Start start(Timeline& leader);

  /// Both outlive it.
  explicit Follower(Timeline& leader) : leader_(leader) {}
  /// Takes a machine, made with the leader's settings, image and this as its host, to `start`.
  void begin(Machine& machine, const Start& start);
  /// Machine::run(). Throws InputInterrupted when the leader was interrupted while it waited for
  /// input: the machine is then good only for begin().
  std::optional<kernel::ProcessExit> run();

  // What the guest prints is printed by the leader.
  void write_output(int, std::span<const u8>) override {}
  /// The leader has read: it is in the log that both share.
  std::size_t read_input(std::span<u8> to) override;

 private:
  void lead();

  Timeline& leader_;
  Machine* machine_ = nullptr;
  u64 asked_ = 0;         // of the mounted directories, where the machine stands
  u64 leader_asked_ = 0;  // while it runs: where the leader stands
};

}  // namespace emulator::machine
