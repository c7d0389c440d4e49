/// Tells a program's story on standard error: landmarks, and the steps of models with their
/// evidence, in the order of the instructions that did them. By itself it tells what matters, by
/// the models' weights, and says of the rest how much there is and how to have it told.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime_model/model/told.hpp"
#include "runtime_model/model/weights.hpp"
#include "tools/rt0/choice.hpp"
#include "tools/rt0/fold.hpp"
#include "tools/rt0/lives.hpp"
#include "tools/rt0/terminal.hpp"
#include "traces/format/event.hpp"

namespace rt0 {

/// How addresses and values read.
struct Naming {
  std::function<std::string(emulator::Addr)> place;  ///< "g1.sched.pc"
  /// What bytes at a place mean: "runtime.goexit+1", "_Grunnable", "10000".
  std::function<std::string(emulator::Addr place, std::span<const emulator::u8>)> value;
  struct Who {
    emulator::i64 m = -1, p = -1, g = -1;  ///< -1: none
    bool gsignal = false;                  ///< that is the stack; g is 0
    emulator::i64 works_for = -1;          ///< on g0 and gsignal
    void write_to(traces::format::Step& e) const;
  };
  std::function<Who(const runtime_model::model::Standing&)> who;
  /// An event that says nothing but who: M, P and goroutine.
  traces::format::Step step_by(const runtime_model::model::Standing& at) const;
};

/// A step as an event, with lasting names for what it changed.
traces::format::Step event_of(const runtime_model::model::Told& t, const Naming& naming);

struct NarratorOptions {
  enum class Level : emulator::u8 {
    landmarks,  ///< the boot's routines alone
    story,      ///< what matters, by weight
    steps,      ///< every step, a sentence each
    fields,     ///< with all that changed
  } level = Level::story;
  StoryChoice only;
  bool all = false;   ///< also what is like what was told before
  bool json = false;  ///< one event a line
  unsigned width = 110;
  Paint paint;
};

class Narrator {
 public:
  Narrator(NarratorOptions options, Naming naming, std::function<void(const std::string&)> out);

  /// Nothing before this instruction is told.
  void begin_at(emulator::u64 number) { begin_ = number; }
  void landmark(const traces::format::Landmark& event,
                const runtime_model::model::Standing& standing);
  void told(const runtime_model::model::Told& t);
  /// A line of rt0's own: a notice, the end of the process.
  void line(emulator::u64 number, std::string text);
  /// Everything with a number up to this one has come in: says it.
  void flush(emulator::u64 up_to);
  /// Says the rest, and what did not come.
  void finish();

 private:
  using Step = traces::format::Step;
  /// Something to be said when all that came before it has been.
  struct Item {
    std::string_view function;  ///< of a step, for the fold
    runtime_model::model::Weight weight = runtime_model::model::Weight::always;
    std::optional<Step> step;  ///< none of a detail that will not be told
    unsigned depth = 0;
    std::string text;     ///< of what is no step
    std::string routine;  ///< of a landmark that a step may have told already
  };

  bool comes_to_words(const runtime_model::model::Told& t, runtime_model::model::Weight weight);
  void say(Item& item);
  bool wanted(const Item& item);
  void fold(const Item& item);
  void say_folded(bool all);
  bool is_told(std::string_view routine) const;
  std::string text_of(const Step& e, unsigned depth);
  std::string prefix(const Step& e) const;
  std::string changes_text(const Step& e, unsigned indent) const;
  std::string packed_changes(const Step& e, unsigned indent) const;
  std::string short_changes(const Step& e, std::size_t room) const;
  std::string_view kept(std::string_view function);

  NarratorOptions options_;
  Naming naming_;
  std::function<void(const std::string&)> out_;
  emulator::u64 begin_ = 0;
  std::map<std::pair<emulator::u64, emulator::u64>, Item> waiting_;
  emulator::u64 order_ = 0;
  std::map<std::string, unsigned, std::less<>> said_;  ///< step id → times
  std::set<std::string, std::less<>> functions_;
  std::set<std::string, std::less<>> announced_;  ///< "stackinit" of schedinit/stackinit
  Lives lives_;
  Fold fold_;
};

}  // namespace rt0
