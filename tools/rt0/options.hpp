/// What the user decides on the command line, shared by every command that runs a program.
#pragma once

#include <string>
#include <vector>

#include "emulator/machine/machine.hpp"
#include "emulator/machine/timeline.hpp"

namespace CLI {
class App;
}

namespace rt0 {

struct RunOptions {
  std::vector<std::string> program;  // PROG ARGS…; empty: the built-in hello
  std::string cpu = "x86-64-v3";
  std::string vendor = "GenuineIntel";
  unsigned cores = 2;
  emulator::u64 seed = 0;
  emulator::u64 quantum = 10'000;
  std::vector<std::string> environment;
  std::vector<std::string> mounts;
  std::string working_directory = "/";
  std::string program_path;  // empty: below a mount or /rt0/program (program_path.hpp)
  std::string memory = "4G";
  emulator::u64 max_instructions = ~emulator::u64{0};
  bool quiet = false;
};

/// Adds the shared options and PROG ARGS… to a command; what follows PROG belongs to the guest.
void add_run_options(CLI::App& command, RunOptions& options);

/// Takes PROG ARGS… from what the parser left over. Throws base::UserError for an unknown option
/// before PROG.
void take_program(const CLI::App& command, RunOptions& options);

/// The machine's settings. Throws base::UserError for a value that means nothing.
emulator::machine::Settings settings_of(const RunOptions& options);

/// --checkpoint-memory, of the commands that go backwards too.
void add_checkpoint_memory(CLI::App& command, std::string& size);
/// Throws base::UserError for what is no size.
emulator::machine::TimelineSettings timeline_settings_of(const std::string& checkpoint_memory);

// The commands; each adds itself to the application and runs when it was chosen.
void add_run(CLI::App& app, int& status);
void add_trace(CLI::App& app, int& status);
void add_show(CLI::App& app, int& status);
void add_info(CLI::App& app, int& status);
void add_verify(CLI::App& app, int& status);
void add_check(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);
void add_debug(CLI::App& app, int& status);

}  // namespace rt0
