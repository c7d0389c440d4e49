/// The story of a session as it is told while it runs: landmarks, steps of models, the end. One
/// observer of the machine among others.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "tools/rt0/bounds.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/models.hpp"
#include "tools/rt0/narrator.hpp"

namespace rt0 {

struct TellingOptions {
  NarratorOptions narrator;
  std::string from, until;
};

class Telling {
 public:
  /// `out` gets the lines. Throws base::UserError for bounds that the program does not have.
  Telling(Session& session, Models& models, const TellingOptions& options,
          std::function<void(const std::string&)> out);

  /// Begins to listen, to the models too.
  void attach();
  /// Runs the session from bound to bound. Nothing: it was stopped at `until`.
  std::optional<emulator::kernel::ProcessExit> run();
  void finish();
  /// `from` was reached.
  bool begun() const { return telling_; }

 private:
  using Thread = emulator::kernel::Thread;

  void begin();
  void reached(const Thread& t, emulator::Addr at);
  void say(const Thread& t, std::string_view name, emulator::Addr at, std::string text);

  Session& session_;
  Models& models_;
  emulator::machine::Observer observer_;
  Landmarks landmarks_;
  Bound from_, until_;
  bool telling_;
  Narrator narrator_;
  std::set<emulator::u64> told_;
};

}  // namespace rt0
