/// Answers gdb's packets for a timeline. It knows nothing of sockets: payloads go in, answers come
/// out, so that it can be tested and fuzzed by itself.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "emulator/machine/timeline.hpp"
#include "tools/rt0/gdb/packet.hpp"
#include "tools/rt0/gdb/registers.hpp"

namespace rt0::gdb {

using emulator::kernel::Tid;

/// What the stub asks of those around it. All may be empty.
struct StubHooks {
  /// Text for the user's console, as it comes while an answer is worked out.
  std::function<void(std::string_view text)> console;
  /// Does the job and meanwhile calls Timeline::interrupt() when the client wants it.
  std::function<void(const std::function<void()>& job)> watched;
  /// `monitor COMMAND` beyond the stub's own. What it says goes to `console`.
  std::function<void(std::string_view command)> monitor;
  /// What a thread is called in `info threads`; "" for nothing.
  std::function<std::string(const emulator::kernel::Thread&)> thread_name;
};

class Stub {
 public:
  struct Program {
    std::string path;           // absolute
    std::span<const u8> bytes;  // the file
    bool inside = false;        // inside of rt0: the host has no such file
  };
  /// `timeline` outlives it.
  Stub(emulator::machine::Timeline& timeline, Program program, StubHooks hooks);

  /// What to send back for a packet; nothing for one that has no answer (k).
  std::optional<std::string> answer(std::string_view payload);
  /// A client comes: no breakpoints, no choice of a thread. The guest stands where it stood.
  void greet();

  /// Packets are no longer to be acknowledged.
  bool without_acks() const { return without_acks_; }
  /// What the last packet asked for beside an answer.
  enum class Wish : u8 {
    none,
    detach,  // the client goes
    stop,    // and the server is to end (monitor exit)
  };
  Wish wish() const { return wish_; }

 private:
  friend class Monitor;
  using StopEvent = emulator::machine::StopEvent;
  struct Watchpoint {
    emulator::machine::WatchKind kind;
    u64 address, size;
    auto operator<=>(const Watchpoint&) const = default;
  };
  struct Motion {
    bool backwards = false, one = false;
    Tid thread = 0;         // of one step
    u64 low = 0, high = 0;  // a step goes on while in [low, high)
  };

  std::optional<std::string> dispatch(std::string_view payload);
  // stub.cpp
  std::string choose_thread(std::string_view text);
  std::string read_memory(std::string_view text);
  std::string write_memory(std::string_view text, bool binary);
  std::string read_registers();
  std::string write_registers(std::string_view text);
  std::string read_register(std::string_view text);
  std::string write_register(std::string_view text);
  std::string kill();
  // stub_queries.cpp, stub_files.cpp
  std::string query(std::string_view text);
  std::string supported(std::string_view features);
  std::string transfer(std::string_view text);
  std::string threads_document();
  std::string auxiliary_vector() const;
  std::string thread_list() const;
  std::string thread_extra(std::string_view text);
  std::string verbose(std::string_view text);
  std::string file(std::string_view text);
  std::string monitor(std::string_view hex);
  // stub_motion.cpp
  std::string point(std::string_view text);
  std::string resume(std::string_view actions);
  std::string move(const Motion& motion);
  StopEvent moved(const Motion& motion);
  emulator::machine::Conditions conditions(const Motion& motion) const;
  std::string pass_signals(std::string_view list);
  std::string refused_signal(std::string_view text) const;
  std::string stopped(const StopEvent& event, const Motion& motion);
  std::string ended(const StopEvent& event);
  std::string signalled(int signal, Tid thread);
  std::string standing(std::string_view why, Tid thread);

  const emulator::kernel::Thread* thread(Tid tid) const;
  /// The thread that gdb looks at.
  const emulator::kernel::Thread* chosen() const;
  /// One that is there: this one, else the one whose turn it is.
  Tid living(Tid tid) const;
  void watched(const std::function<void()>& job);
  void say(std::string_view text);

  emulator::machine::Timeline& timeline_;
  Program program_;
  StubHooks hooks_;
  RegisterFile registers_;
  bool without_acks_ = false;
  bool says_breakpoints_ = false;  // the client knows "swbreak"
  Wish wish_ = Wish::none;
  Tid chosen_ = 0, resumed_ = 0;         // Hg, Hc; 0: the one whose turn it is
  std::string last_stop_;                // what `?` answers
  std::optional<u64> told_end_;          // the end at this position has been announced
  std::map<u64, unsigned> breakpoints_;  // how often: Z0 and Z1 count apart
  std::set<Watchpoint> watchpoints_;
  std::set<int> passed_signals_;  // not to be announced, in gdb's numbers
  int announced_signal_ = 0;      // by the last stop
  bool says_threads_ = false;     // the client wants to know when threads come and go
};

}  // namespace rt0::gdb
