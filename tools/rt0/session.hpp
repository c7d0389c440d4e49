/// A program in a machine, ready to run: what `run` and `trace` have in common.
#pragma once

#include <memory>
#include <string>

#include "emulator/machine/machine.hpp"
#include "tools/rt0/host_io.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/program.hpp"

namespace rt0 {

/// What a machine is made from.
struct MachineParts {
  emulator::machine::Settings settings;
  std::shared_ptr<const emulator::kernel::ElfImage> image;  ///< keeps the file's bytes too
};
MachineParts machine_parts(const RunOptions& options, const Program& program);

/// What the guest used and rt0 does not emulate, as it is said to the user.
std::string unimplemented_text(std::string_view what, std::string_view where,
                               emulator::u64 instruction);

class Session {
 public:
  /// `host`: instead of the standard streams; it outlives the session.
  explicit Session(const RunOptions& options, emulator::kernel::Host* host = nullptr,
                   Symbols symbols = Symbols::at_once);

  Program& program() { return program_; }
  emulator::machine::Machine& machine() { return *machine_; }

  /// Runs to the end, or to Machine::stop(). What the guest could not do is rethrown with the
  /// function it happened in.
  std::optional<emulator::kernel::ProcessExit> run();

 private:
  Program program_;
  HostIo host_;
  std::unique_ptr<emulator::machine::Machine> machine_;
};

}  // namespace rt0
