/// Time travel: a machine whose past can be had back. Checkpoints are taken as it runs; going back
/// is restoring one and executing forwards again, which does the same again. After any mixture of
/// commands the state is that of a straight run to the same position.
///
/// A position is a number of retired instructions: at position N the instructions 0 … N-1 have
/// retired, with all that the kernel and the schedule do behind the last of them, and instruction N
/// comes next, in thread().
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "emulator/kernel/host_log.hpp"
#include "emulator/machine/checkpoints.hpp"
#include "emulator/machine/conditions.hpp"
#include "emulator/machine/lookout.hpp"
#include "emulator/machine/machine.hpp"
#include "emulator/machine/once_host.hpp"

namespace emulator::machine {

struct TimelineSettings {
  u64 checkpoint_bytes = u64{256} << 20;  // what checkpoints may hold beside the machine itself
  u64 host_log_bytes = u64{256} << 20;    // what was read from mounted files; more is an error
};

/// What one instruction did, as the observed loop reports it (see Retired).
struct Executed {
  u64 number = 0;  // it leads from this position to the next
  kernel::Tid thread = 0;
  Addr pc;
  unsigned length = 0;
  decode::InsnFacts facts;
  Addr next;
  cpu::Effects effects;
  KernelWrites kernel_writes;
};

/// Who wrote: instruction `number`, or the kernel behind it; see StopEvent.
struct Writer {
  u64 number = 0;
  kernel::Tid thread = 0;
  WrittenBy by = WrittenBy::instruction;
  Addr pc;
  std::vector<u8> before, after;
};

class Timeline {
 public:
  /// Stands at position 0, nothing executed. `host` is asked for input once and given output once,
  /// however often the guest's past is executed again. Throws base::UserError for an image that
  /// cannot be run.
  Timeline(Settings settings, std::shared_ptr<const kernel::ElfImage> image, kernel::Host& host,
           TimelineSettings limits = {});
  ~Timeline();

  // -- where it stands --

  u64 position() const { return machine_.retired(); }
  /// The thread whose instruction comes next; at the end the one that was running.
  kernel::Tid thread() const { return machine_.turn(); }
  /// The farthest position that was reached: until there nothing is new.
  u64 furthest() const { return furthest_; }
  /// The guest's end, once it has been reached: exit or error, with its position.
  const std::optional<StopEvent>& end() const { return end_; }
  /// To be looked at. Its hooks (Machine::on, Kernel::on but for `notice`) are the timeline's;
  /// what changes it goes through here.
  Machine& machine() { return machine_; }
  const Machine& machine() const { return machine_; }

  // -- forwards --

  /// `count` instructions of the machine's schedule, or, with `thread`, until that thread has
  /// retired so many, whatever others do in between. Stops early for `conditions`.
  StopEvent step(u64 count = 1, std::optional<kernel::Tid> thread = std::nullopt,
                 const Conditions& conditions = {});
  /// Until a condition holds or the guest ends. What holds already at this position does not count.
  StopEvent resume(const Conditions& conditions = {});

  // -- backwards --

  /// `count` instructions back; with `thread`, to before the last `count` instructions of that
  /// thread. Stops early for `conditions`.
  StopEvent reverse_step(u64 count = 1, std::optional<kernel::Tid> thread = std::nullopt,
                         const Conditions& conditions = {});
  /// Back to where a condition held last before this position; else to the start.
  StopEvent reverse_resume(const Conditions& conditions = {});

  /// To any position: back, or forwards, also beyond furthest(). The guest's end stops it.
  StopEvent go_to(u64 position);

  // -- questions; the timeline stands where it stood --

  /// What instruction `number` did; nothing when it has not been reached.
  std::optional<Executed> executed(u64 number);
  /// The last write to any of the bytes, or to a thread's register, among the instructions before
  /// `position` (at most furthest()). Nothing: as the process found it.
  std::optional<Writer> last_write(ByteRange bytes, u64 position);
  std::optional<Writer> last_write(RegisterPlace place, kernel::Tid thread, u64 position);

  // -- changes by the user: they become part of the past, and what lay ahead is forgotten --

  /// False when there is no such thread.
  bool set_registers(kernel::Tid thread, const cpu::Registers& registers);
  /// Whatever the protection. False, and nothing is done, when a part is not mapped.
  bool write_memory(Addr to, std::span<const u8> bytes);

  // -- the rest --

  /// The command that runs returns with `interrupted` at the next turn of a thread. May be called
  /// from a signal handler or another thread. Nothing when none runs.
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }
  /// Bytes that checkpoints hold beside the machine, and how many they are.
  u64 checkpoint_bytes() const { return checkpoints_.bytes(machine_); }
  std::size_t checkpoints() const { return checkpoints_.size(); }
  void set_checkpoint_bytes(u64 limit);

  /// How many changes there have been.
  u64 changes() const { return changes_; }
  /// Told of each change by the user, when it has been made.
  std::function<void()> on_change;

 private:
  friend class Follower;
  using Point = Checkpoints::Point;
  /// A change by the user, made again whenever its position is reached.
  struct Edit {
    kernel::Tid thread = 0;  // whose registers; 0: memory
    cpu::Registers registers;
    Addr to;
    std::vector<u8> bytes;
  };
  /// Where a step of one thread ends.
  struct ThreadGoal {
    kernel::Tid thread = 0;
    u64 instructions = 0;   // of it, have retired
    bool its_turn = false;  // and it comes next
  };

  void begin();
  bool at_end() const {
    return end_ && end_->position == position() &&
           (end_->reason == StopReason::error || machine_.kernel().exit.has_value());
  }
  /// All positions before it have been left behind: where it stands, or, when a fault was the
  /// guest's end, one more.
  u64 behind() const { return position() + (machine_.has_faulted() ? 1 : 0); }
  bool interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  bool done() const;
  bool goal_reached() const;
  u64 stop_for(kernel::Tid thread) const;
  void execute(u64 until);
  void run_to(u64 boundary);
  void advance(u64 target);
  void arrived();
  void come_back(u64 target);
  void leave_system_call();
  void approach(u64 target);
  void travel(u64 target);
  void restore(const Point& point);
  Point point(bool near);
  StopEvent forward(u64 target, StopReason reason, const Conditions& conditions);
  StopEvent back(u64 floor, StopReason reason, const Conditions& conditions);
  void to_last_turn(kernel::Tid thread, u64 count);
  std::optional<StopEvent> search_back(u64 from, u64 floor, const Conditions& conditions);
  std::optional<Writer> last_write(const Conditions& conditions, u64 position);
  StopEvent standing(StopReason reason) const;
  void apply(const Edit& edit);
  void keep(Edit edit);

  OnceHost host_;
  Machine machine_;
  Lookout lookout_;
  std::shared_ptr<kernel::HostLog> host_log_;
  Checkpoints checkpoints_;
  std::multimap<u64, Edit> edits_;
  std::optional<StopEvent> end_;
  std::optional<ThreadGoal> goal_;
  std::optional<Executed> executed_;  // the last answer
  u64 furthest_ = 0;
  u64 changes_ = 0;
  u64 boundary_ = 0;         // of the run that goes on
  bool unfinished_ = false;  // it stands at no position: within a system call, behind a fault
  std::atomic<bool> interrupted_ = false;
};

}  // namespace emulator::machine
