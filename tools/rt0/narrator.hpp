/// Tells a boot on standard error: landmarks, and the steps of models with their evidence, in the
/// order of the instructions that did them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime_model/model/told.hpp"
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
};

/// A step as an event, with lasting names for what it changed.
traces::format::Step event_of(const runtime_model::model::Told& t, const Naming& naming);

struct NarratorOptions {
  enum class Level : emulator::u8 { landmarks, steps, fields } level = Level::fields;
  std::vector<std::string> only;  ///< functions, as "newproc1" or "runtime.newproc1"; empty: all
  bool all = false;               ///< also what was told often already
  bool json = false;              ///< one event a line
  unsigned width = 110;
  Paint paint;
};

class Narrator {
 public:
  Narrator(NarratorOptions options, Naming naming, std::function<void(const std::string&)> out);

  void landmark(const traces::format::Landmark& event,
                const runtime_model::model::Standing& standing);
  void told(const runtime_model::model::Told& t);
  /// A line of rt0's own: a notice, the end of the process.
  void line(emulator::u64 number, std::string text);
  /// Everything with a number up to this one has come in: says it.
  void flush(emulator::u64 up_to);
  void finish() { flush(~emulator::u64{0}); }

  emulator::u64 confirmed() const { return confirmed_; }
  emulator::u64 contradicted() const { return contradicted_; }

 private:
  bool wanted(const runtime_model::model::Told& t);
  std::string text_of(const runtime_model::model::Told& t) const;
  std::string prefix(emulator::u64 number, const traces::format::Step& who) const;
  std::string changes_text(const traces::format::Step& e, unsigned indent) const;

  static constexpr unsigned kOften = 2;       ///< times that a step is told
  static constexpr std::size_t kChanges = 6;  ///< of a step that are listed

  NarratorOptions options_;
  Naming naming_;
  std::function<void(const std::string&)> out_;
  std::map<std::pair<emulator::u64, emulator::u64>, std::string> waiting_;
  emulator::u64 order_ = 0;
  std::map<std::string, unsigned, std::less<>> seen_;  ///< step id → times
  emulator::u64 confirmed_ = 0, contradicted_ = 0;
};

}  // namespace rt0
