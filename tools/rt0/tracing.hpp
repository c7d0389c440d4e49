/// What a session does, written to a trace while it runs, at one of a trace's levels. One observer
/// of the machine among others.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/rt0/bounds.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/models.hpp"
#include "tools/rt0/trace_changes.hpp"
#include "traces/format/writer.hpp"

namespace rt0 {

struct TracingOptions {
  traces::format::Level level = traces::format::Level::Call;
  Bound from, until;
  StoryChoice only;  ///< at level step
};

class Tracing {
 public:
  /// `models`: at level step, and not yet attached; null at the others. All outlive it.
  Tracing(Session& session, traces::format::Writer& writer, TracingOptions options,
          Models* models = nullptr);

  /// Begins to listen, to the models too.
  void attach();
  /// Runs the session from bound to bound. Nothing: it was stopped at `until`.
  std::optional<emulator::kernel::ProcessExit> run();
  /// Writes what has waited, and the end of the program when it has come to that. The trace is
  /// complete, whatever happened.
  void finish(const std::optional<emulator::kernel::ProcessExit>& exit);
  /// `from` was reached.
  bool recording() const { return recording_; }
  /// Of `only`, what did not come.
  std::vector<std::string_view> unmet() const { return options_.only.unmet(); }

 private:
  using Addr = emulator::Addr;
  using u64 = emulator::u64;
  using Thread = emulator::kernel::Thread;
  using Between = emulator::machine::Between;
  using Retired = emulator::machine::Retired;

  /// What is told of every execution of an instruction, made once: as long as its bytes are these.
  struct Described {
    std::array<emulator::u8, emulator::decode::kMaxInsnBytes> code{};
    unsigned length = 0;
    std::string_view function;
    u64 offset = 0;
    std::string text;
  };

  void start();
  void listen();
  void listen_to_models();
  void reached(const Thread& t, Addr at);
  void retired(const Thread& t, const Retired& r);
  void between(const Thread& t, const Between& what);
  void instruction(const Thread& t, const Retired& r);
  void control(const Thread& t, const Retired& r);
  const Described& describe(const Retired& r);
  std::string_view function_at(Addr pc) const;
  void flush();
  void flush_before(u64 number);
  template <class E>
  void event(const E& e);
  template <class E>
  void after_instruction(E e);
  template <class E>
  E stamped(const Thread& t) const;

  Session& session_;
  traces::format::Writer& writer_;
  TracingOptions options_;
  Models* models_;
  emulator::machine::Observer observer_;
  Landmarks landmarks_;
  bool recording_;
  u64 first_ = 0;  ///< the instruction at which recording began
  traces::format::Insn insn_;
  ChangeRecorder changes_;
  std::unordered_map<u64, Described> described_;
  std::vector<traces::format::Event> waiting_;
  /// At level step: a step is told when the real code has confirmed it, after what came later.
  std::multimap<u64, traces::format::Event> in_order_;
};

/// A trace and the file that it goes to.
class TraceFile {
 public:
  /// `models`: how the runtime runs, at level step. Throws base::UserError for a file that cannot
  /// be written, and for a function that has no model.
  TraceFile(Session& session, const RunOptions& run, const ModelOptions& models,
            TracingOptions options, traces::format::Form form, const std::string& path);

  Tracing& tracing() { return *tracing_; }
  /// The file is complete, whatever happened.
  void finish(const std::optional<emulator::kernel::ProcessExit>& exit);

 private:
  std::optional<Models> models_;
  std::unique_ptr<traces::format::Writer> writer_;
  std::optional<Tracing> tracing_;
};

}  // namespace rt0
