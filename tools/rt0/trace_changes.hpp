/// What a machine reports of state that changes, as a trace holds it: all of it, in the record of
/// the instruction as far as that has room, in State events behind it beyond that.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "emulator/machine/machine.hpp"
#include "traces/format/writer.hpp"

namespace rt0 {

class ChangeRecorder {
 public:
  /// `program`: the bytes of the program's file, which a trace does not repeat.
  ChangeRecorder(emulator::machine::Machine& machine, std::span<const emulator::u8> program)
      : machine_(machine), program_(program) {}

  /// From now on changes of mappings are noted, as `observer` hears of them.
  void listen(emulator::machine::Observer& observer);

  /// Every thread's registers and all mappings; from the very start of a program, what memory
  /// holds too.
  void start(traces::format::Writer& writer);

  /// Fills in what an instruction did; rest() is what did not fit.
  void effects(traces::format::Changes& into, const emulator::cpu::Effects& effects,
               const emulator::machine::KernelWrites* writes);
  /// Writes what did not fit into the last Changes, and what has been noted since.
  void rest(traces::format::Writer& writer, const traces::format::Stamp& stamp);

  /// What changed between instructions.
  void between(traces::format::Writer& writer, const traces::format::Stamp& stamp,
               const emulator::machine::Between& what);
  /// A thread's registers, as it begins with them.
  static traces::format::State begin(const traces::format::Stamp& stamp, std::string why,
                                     const emulator::cpu::Registers& regs);

 private:
  struct Range {
    emulator::memory::Change what;
    emulator::u64 start, size;
  };
  void effect(traces::format::Changes& into, const emulator::cpu::Effects& all,
              const emulator::cpu::Effect& e);
  void range(traces::format::Changes& into, const emulator::cpu::Effects& all,
             const emulator::cpu::Effect& e);
  void bytes(traces::format::Changes& into, traces::format::Access kind, emulator::Addr addr,
             std::span<const emulator::u8> value);
  void repeated(traces::format::Changes& into, traces::format::Access kind, emulator::Addr addr,
                emulator::u64 size, emulator::u64 word);
  traces::format::Changes& with_room(traces::format::Changes& into, traces::format::Access kind,
                                     std::size_t least);
  void mapping(traces::format::State& into, const Range& range) const;
  void contents(traces::format::State& into, const Range& range);
  std::optional<emulator::u64> offset_in_program(const emulator::memory::Region& region) const;

  emulator::machine::Machine& machine_;
  std::span<const emulator::u8> program_;
  std::vector<Range> noted_;
  std::deque<traces::format::State> rest_;
};

}  // namespace rt0
