/// The steps that models tell of the program, and where in time each was done. They are told by a
/// second machine that runs the same program with the models beside its real code; since both do
/// the same, what is told there holds here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime_model/model/told.hpp"
#include "tools/rt0/debug/host.hpp"
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
  /// Nothing runs before something is asked. `host` is the twin that the second machine talks to.
  Story(RunOptions options, std::unique_ptr<DebugHost> host);
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

  /// The user changed the guest's state here: from now on the two machines differ.
  void forget_after(emulator::u64 position);
  /// From where on nothing is told, because of a change by the user; ~0: nowhere.
  emulator::u64 forked_at() const { return forked_at_; }

  /// Asked now and then; true ends a search.
  std::function<bool()> interrupted;

 private:
  void start();
  /// Runs the second machine until everything before `number` has been told. False: interrupted.
  bool reach(emulator::u64 number);
  emulator::u64 complete_up_to() const;

  RunOptions options_;
  std::unique_ptr<DebugHost> host_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Models> models_;
  std::map<std::pair<emulator::u64, emulator::u64>, ToldStep> steps_;
  bool over_ = false;
  emulator::u64 forked_at_ = ~emulator::u64{0};
};

}  // namespace rt0::debug
