/// The steps that models tell of the program, and where in time each was done. They are told by a
/// second machine that runs the same program with the models beside its real code; since both do
/// the same, what is told there holds here. Where the user has changed something, another machine
/// begins, with models that know nothing of what came before.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/machine/follower.hpp"
#include "runtime_model/model/told.hpp"
#include "tools/rt0/options.hpp"
#include "traces/format/event.hpp"

namespace rt0 {
class Models;
class Session;
}  // namespace rt0

namespace rt0::debug {

struct ToldStep {
  traces::format::Step event;  ///< event.n: the instruction that did it
  std::string function;        ///< the model's that was entered
  unsigned depth = 0;
  runtime_model::model::Verdict verdict{};
};

class Story {
 public:
  /// Nothing runs before something is asked. `leader` stands at its first instruction, and outlives
  /// it.
  Story(RunOptions options, emulator::machine::Timeline& leader);
  ~Story();

  using Wanted = std::function<bool(const ToldStep&)>;
  /// The first step of instruction `from` or later that is wanted, and at most `until`. Runs the
  /// second machine as far as that takes; null when there is none, or `interrupted` says stop.
  const ToldStep* next(emulator::u64 from, const Wanted& wanted,
                       emulator::u64 until = ~emulator::u64{0});
  /// The last step before instruction `before` that is wanted.
  const ToldStep* previous(emulator::u64 before, const Wanted& wanted);
  /// All steps of one instruction.
  std::vector<const ToldStep*> at(emulator::u64 number) const;
  /// The last one before `position`, if the second machine is there already or near enough that
  /// nobody has to wait.
  const ToldStep* latest(emulator::u64 position);

  /// The user has changed the guest's state where the leader stands: what was told of what lay
  /// ahead does not hold.
  void begin_afresh();

  /// Asked now and then; true ends a search.
  std::function<bool()> interrupted;

 private:
  /// From one change by the user to the next.
  struct Stretch {
    explicit Stretch(emulator::machine::Follower::Start s);
    Stretch(Stretch&&) noexcept;
    Stretch& operator=(Stretch&&) noexcept;
    ~Stretch();

    emulator::u64 begin;
    std::optional<emulator::machine::Follower::Start> start;  ///< gone when it is not needed
    emulator::u64 end = ~emulator::u64{0};                    ///< where the next one begins
    emulator::u64 told = 0;  ///< everything before it; ~0: all there is
    /// The first of the guest's writes whose answer was not known when the machine made it.
    std::optional<emulator::u64> assumed;
    std::unique_ptr<emulator::machine::Follower> follower;
    std::unique_ptr<Session> session;  ///< null: does not run
    std::unique_ptr<Models> models;
  };

  void start(Stretch& s);
  void stop(Stretch& s);
  void drop_if_wrong(Stretch& s);
  void give_up(Stretch& s);
  bool run(Stretch& s, emulator::u64 until);
  /// Runs machines until everything before `number` has been told. False: interrupted.
  bool reach(emulator::u64 number);
  emulator::u64 complete_up_to() const;

  RunOptions options_;
  emulator::machine::Timeline& leader_;
  std::vector<Stretch> stretches_;
  std::map<std::pair<emulator::u64, emulator::u64>, ToldStep> steps_;
};

}  // namespace rt0::debug
