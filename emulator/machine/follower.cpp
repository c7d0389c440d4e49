#include "emulator/machine/follower.hpp"

namespace emulator::machine {
namespace {

/// Gives the log back to the leader at the end of the scope, however that is left.
class Lent {
 public:
  Lent(kernel::HostLog& log, u64& mine, std::function<void()> before_new)
      : log_(log), mine_(mine), theirs_(log.position()) {
    log_.go_to(mine_);
    log_.before_new = std::move(before_new);
  }
  ~Lent() {
    log_.before_new = nullptr;
    mine_ = log_.position();
    log_.go_to(theirs_);
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

 private:
  kernel::HostLog& log_;
  u64& mine_;
  u64 theirs_;
};

}  // namespace

Follower::Start Follower::start(Timeline& leader) {
  return {leader.position(), leader.machine_.checkpoint(), leader.host_log_->position(),
          leader.host_.written()};
}

void Follower::begin(Machine& machine, const Start& start) {
  machine_ = &machine;
  machine.restore(start.machine);
  asked_ = start.asked;
  written_ = start.written;
  assumed_.reset();
}

std::optional<kernel::ProcessExit> Follower::run() {
  leader_asked_ = leader_.host_log_->position();
  const Lent lent(*leader_.host_log_, asked_, [this] { lead(); });
  return machine_->run();
}

/// The leader goes to behind the system call that the machine is in, and back.
void Follower::lead() {
  if (mode_ == Lead::none) throw InputInterrupted{};
  auto& log = *leader_.host_log_;
  const u64 mine = log.position(), here = leader_.position();
  const auto again = std::exchange(log.before_new, nullptr);
  log.go_to(leader_asked_);
  const StopEvent there = leader_.go_to(machine_->retired());
  if (leader_.position() != here) leader_.go_to(here);
  log.go_to(mine);
  log.before_new = again;
  if (there.reason == StopReason::interrupted) throw InputInterrupted{};
}

kernel::Result<u64> Follower::write_output(int fd, std::span<const u8> bytes) {
  const u64 number = written_++;
  if (!assumed_ && number >= leader_.host_.made()) assumed_ = number;
  return leader_.host_.expected(number, fd, bytes.size());
}

bool Follower::still_holds(const Timeline& leader, u64 assumed) {
  return leader.host_.as_expected_from(assumed);
}

kernel::Result<u64> Follower::read_input(std::span<u8>) {
  lead();
  return u64{0};
}

}  // namespace emulator::machine
