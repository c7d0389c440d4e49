#include "tools/rt0/options.hpp"

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/number_option.hpp"
#include "tools/rt0/program.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {

using emulator::base::user_error;

void add_run_options(CLI::App& command, RunOptions& o) {
  command.prefix_command();
  command.add_option("--cpu", o.cpu, "microarchitecture level: x86-64-v1, x86-64-v2 or x86-64-v3")
      ->capture_default_str();
  command.add_option("--cpu-vendor", o.vendor, "what CPUID says: GenuineIntel or AuthenticAMD")
      ->capture_default_str();
  command.add_option("--cores", o.cores, "processors that the guest sees (1 to 256)")
      ->capture_default_str()
      ->transform(whole_number(1, 256));
  command.add_option("--seed", o.seed, "of the thread schedule and of the guest's random bytes")
      ->capture_default_str()
      ->transform(whole_number());
  command.add_option("--quantum", o.quantum, "instructions in a thread's turn, on average")
      ->capture_default_str()
      ->transform(whole_number(1));
  command
      .add_option(
          "--env", o.environment,
          "K=V: a variable of the guest's environment, which is empty otherwise (repeatable)")
      ->allow_extra_args(false);
  command
      .add_option(
          "--mount", o.mounts,
          "HOST:GUEST[:rw]: a host directory that the guest may read (or write) (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--program-path", o.program_path,
                     "the guest path of the program, what /proc/self/exe says (default: where a "
                     "--mount shows it, else /rt0/program)");
  command
      .add_option("--cwd", o.working_directory, "the guest directory that the program starts in")
      ->capture_default_str();
  command.add_option("--memory", o.memory, "guest memory that may be touched, as 512M or 4G")
      ->capture_default_str();
  command
      .add_option("--max-instructions", o.max_instructions,
                  "stop with status 4 after so many instructions")
      ->transform(whole_number());
}

void take_program(const CLI::App& command, RunOptions& o) {
  o.program = command.remaining();
  if (!o.program.empty() && o.program.front() == "--")
    o.program.erase(o.program.begin());
  else if (!o.program.empty() && o.program.front().size() > 1 && o.program.front().starts_with("-"))
    user_error("unknown option {} (options come before the program; see rt0 {} --help)",
               o.program.front(), command.get_name());
  if (!o.program.empty() && o.program.front() == "@") {
    kStdout.write(carried_programs());
    throw CLI::Success();
  }
}

namespace {

emulator::kernel::Mount parse_mount(const std::string& text) {
  emulator::kernel::Mount mount;
  std::string rest = text;
  for (const std::string_view mode : {":rw", ":ro"}) {
    if (!rest.ends_with(mode)) continue;
    mount.writable = mode == ":rw";
    rest.resize(rest.size() - mode.size());
    break;
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == rest.size() ||
      rest[colon + 1] != '/')
    user_error("--mount takes HOST:GUEST or HOST:GUEST:rw with an absolute GUEST, not \"{}\"",
               text);
  mount.host = rest.substr(0, colon);
  mount.guest = rest.substr(colon + 1);
  return mount;
}

}  // namespace

emulator::machine::Settings settings_of(const RunOptions& o) {
  emulator::machine::Settings s;
  const auto level = emulator::cpu::parse_level(o.cpu);
  if (!level) user_error("--cpu takes x86-64-v1, x86-64-v2 or x86-64-v3, not \"{}\"", o.cpu);
  const auto vendor = emulator::cpu::parse_vendor(o.vendor);
  if (!vendor) user_error("--cpu-vendor takes GenuineIntel or AuthenticAMD, not \"{}\"", o.vendor);
  const auto memory = emulator::base::parse_size(o.memory);
  if (!memory || *memory < (1u << 20))
    user_error("--memory takes a size of at least 1M, as 512M or 4G, not \"{}\"", o.memory);
  s.profile = {*level, *vendor, o.cores};
  s.quantum = o.quantum;
  s.max_instructions = o.max_instructions;
  s.memory_limit = *memory;
  s.kernel.cores = o.cores;
  s.kernel.seed = o.seed;
  for (const std::string& variable : o.environment) {
    if (variable.find('=') == std::string::npos || variable.starts_with("="))
      user_error("--env takes K=V, not \"{}\"", variable);
    s.kernel.environment.push_back(variable);
  }
  for (const std::string& mount : o.mounts) s.kernel.mounts.push_back(parse_mount(mount));
  s.kernel.working_directory = o.working_directory;
  for (std::size_t fd = 0; fd < s.kernel.streams.size(); ++fd)
    s.kernel.streams[fd] = was_open(static_cast<int>(fd));
  return s;
}

void add_checkpoint_memory(CLI::App& command, std::string& size) {
  command
      .add_option("--checkpoint-memory", size,
                  "what checkpoints of the past may hold, as 64M or 1G")
      ->capture_default_str();
}

emulator::machine::TimelineSettings timeline_settings_of(const std::string& checkpoint_memory) {
  const auto memory = emulator::base::parse_size(checkpoint_memory);
  if (!memory || *memory < (1u << 20))
    user_error("--checkpoint-memory takes a size of at least 1M, as 64M or 1G, not \"{}\"",
               checkpoint_memory);
  return {*memory};
}

}  // namespace rt0
