/// Where a timeline stops, and what it says when it has: plain descriptions that a debugger makes
/// from its break- and watchpoints.
///
/// Two kinds of stops. *At a position*: a breakpoint, the SYSCALL of a system call; forwards and
/// backwards both end there, before the instruction. *Between two positions*, N and N+1: what
/// instruction N did, and what the kernel did behind it. Forwards that ends at N+1, when it has
/// happened; backwards at N, when it has been undone.
///
/// An instruction that faults does not retire: the signal that the kernel makes of it and the first
/// instruction of the handler are at the same position as the faulting instruction. What happens
/// between them stops at that position, before the fault.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/cpu/effects.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::machine {

struct ByteRange {
  Addr start;
  u64 size = 1;
};

/// A register of a thread, as effects name them: any PlaceKind but memory, and which one.
struct RegisterPlace {
  cpu::PlaceKind kind = cpu::PlaceKind::gpr;
  u8 index = 0;
};

enum class WatchKind : u8 {
  change,  // a write that leaves another value than there was (gdb: watch)
  write,   // any write
  read,    // a read by an instruction (rwatch)
  access,  // a read or a write (awatch)
};

/// Instructions of the guest, and the kernel's writes for a system call. What the kernel writes
/// besides (a signal's frame, a mapping that goes) counts when it changes the value.
struct MemoryWatch {
  ByteRange bytes;
  WatchKind kind = WatchKind::change;
  std::optional<kernel::Tid> thread;  // only its instructions
};

/// Reads of registers are not recorded: `change` or `write`.
struct RegisterWatch {
  RegisterPlace place;
  WatchKind kind = WatchKind::change;
  std::optional<kernel::Tid> thread;
};

/// System calls by number; `all` of them, or those of `numbers`.
struct SyscallCatch {
  bool all = false;
  std::set<u64> numbers;
  bool any() const { return all || !numbers.empty(); }
  bool has(u64 number) const { return all || numbers.contains(number); }
};

/// Who wrote: an instruction; the kernel, for a SYSCALL; the kernel between two instructions: for a
/// call that had waited, with a signal's frame, by taking a mapping away.
enum class WrittenBy : u8 { instruction, system_call, kernel };

enum class StopReason : u8 {
  step,            // as many instructions as asked for, or go_to() has arrived
  breakpoint,      // at `address`
  memory,          // Conditions::memory[index]
  register_write,  // Conditions::registers[index]
  syscall_entry,   // before the SYSCALL of call `number`
  syscall_return,  // call `number` of `thread` is through
  thread_created,  // `thread` made thread `number`
  thread_exited,   // `thread` has ended by itself
  signal,          // signal `number` was delivered to a handler of `thread`
  position,        // Conditions::position
  start,           // backwards: there is nothing before position 0, or nothing of the thread
  thread_ended,    // a step of a thread that is no more, or ended on the way
  exit,            // the process has ended: `exit`
  error,           // rt0 cannot go on: `message` says why
  interrupted,     // Timeline::interrupt()
};

struct StopEvent {
  StopReason reason = StopReason::step;
  u64 position = 0;        // where the timeline stands now
  kernel::Tid thread = 0;  // whose doing it was; else the one whose instruction comes next
  std::size_t index = 0;   // memory, register_write: which watch
  bool at_fault = false;   // it comes behind the fault of the instruction at `position`
  Addr address;            // breakpoint; memory: the watch's first byte
  u64 number = 0;          // see StopReason
  // Of memory and register_write; the values in the order of time.
  WrittenBy by = WrittenBy::instruction;
  Addr pc;  // of the instruction; of what comes next when it was the kernel
  std::vector<u8> before, after;
  std::optional<kernel::ProcessExit> exit;
  std::string message;  // error: one sentence, as base::Unimplemented and LimitReached say it
  bool limit = false;   // error: which of the two
};

/// All are looked for; what comes first stops.
struct Conditions {
  std::set<u64> addresses;  // before an instruction there executes
  std::vector<MemoryWatch> memory;
  std::vector<RegisterWatch> registers;
  SyscallCatch syscall_entries, syscall_returns;
  bool threads_created = false;
  bool threads_exited = false;
  bool signals = false;
  std::optional<u64> position;  // not beyond it
  /// Asked about each stop but those of `position`, start, exit, error and interrupted; false: as
  /// if it had not been. It may look at the machine, which stands at the position (at a position)
  /// or behind the instruction (between two), and must not change it. `position` of the event is
  /// where a forward search would stop.
  std::function<bool(const StopEvent&)> accept;

  /// Nothing but `position`, if that, to look for.
  bool empty() const {
    return addresses.empty() && memory.empty() && registers.empty() && !syscall_entries.any() &&
           !syscall_returns.any() && !threads_created && !threads_exited && !signals;
  }
};

}  // namespace emulator::machine
