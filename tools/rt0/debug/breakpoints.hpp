/// Everything that stops a run, numbered as gdb numbers it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "emulator/machine/conditions.hpp"
#include "tools/rt0/debug/value.hpp"

namespace rt0::debug {

struct Breakpoint {
  enum class Kind : u8 {
    code,         ///< before an instruction at one of `locations`
    memory,       ///< a watchpoint on bytes
    reg,          ///< a watchpoint on a register
    syscall,      ///< before and behind a system call
    thread,       ///< a thread was created
    thread_exit,  ///< a thread has ended
    signal,       ///< a signal was delivered
    goroutine,    ///< a goroutine is being created
    position,     ///< at an instruction's number
    step,         ///< a step of a model was told
  };
  struct Location {
    Addr address;
    std::string note;  ///< "", or "ABI0 wrapper" and the like
  };

  int number = 0;
  Kind kind = Kind::code;
  std::string what;  ///< as the user named it
  std::vector<Location> locations;
  emulator::machine::MemoryWatch memory;
  Value watched;  ///< what `memory` is, for how it reads
  emulator::machine::RegisterWatch reg;
  emulator::kernel::Tid thread = 0;  ///< of a register
  std::set<u64> syscalls;            ///< empty: all
  u64 position = 0;
  /// Only what this goroutine does, on whatever thread, also on g0 for it; 0: whoever does it.
  u64 goroutine = 0;
  emulator::kernel::Tid only_thread = 0;  ///< only what this thread does; 0: any
  std::string condition;
  std::vector<std::string> commands;
  u64 ignore = 0, hits = 0;
  bool enabled = true, temporary = false;

  /// " thread 2", " goroutine 17", as it is typed; "" without one.
  std::string whose() const;
  bool watches() const { return kind == Kind::memory || kind == Kind::reg; }
};

class Breakpoints {
 public:
  /// Takes it in and numbers it.
  Breakpoint& add(Breakpoint b);
  /// Null when there is none of that number.
  Breakpoint* find(int number);
  bool remove(int number);
  void clear() { all_.clear(); }
  std::vector<Breakpoint>& all() { return all_; }
  int last_number() const { return last_; }

  /// Where the timeline has to stop for the enabled ones. Steps of models are not in it: it knows
  /// none.
  emulator::machine::Conditions conditions() const;
  /// Those that an event concerns, whatever their conditions say.
  std::vector<Breakpoint*> concerned(const emulator::machine::StopEvent& event,
                                     const emulator::machine::Conditions& conditions);

 private:
  std::vector<Breakpoint> all_;
  int last_ = 0;
};

/// "watchpoint", "breakpoint" …: how `info breakpoints` calls the kind.
std::string kind_name(const Breakpoint& b);

}  // namespace rt0::debug
