// rt0 run: boot a program and tell the landmarks of its start.
#include <cstdio>
#include <cstdlib>

#include "emulator/base/error.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/session.hpp"

namespace rt0 {
namespace {

constexpr emulator::u64 kExitGroup = 231;

void narrate(Session& session, const Landmarks& landmarks) {
  auto& machine = session.machine();
  machine.set_probes(landmarks.addresses());
  const auto say = [&machine](const emulator::kernel::Thread& t, std::string_view name,
                              std::string_view text) {
    fmt::print(stderr, "{}\n", landmark_line(machine.retired(), t.tid, machine.now(), name, text));
  };
  machine.on.probe = [&machine, &landmarks, say](const emulator::kernel::Thread& t,
                                                 emulator::Addr at) {
    if (const auto* found = landmarks.at(at)) say(t, found->name, found->routine->text);
    machine.remove_probe(at);
  };
  machine.kernel().on.syscall = [say](const auto& t, const auto*, emulator::u64 number,
                                      const auto& args, const auto&) {
    if (number == kExitGroup)
      say(t, "exit_group", fmt::format("The process ends with status {}.", args.as_int(0) & 0xff));
  };
}

[[noreturn]] void run(const RunOptions& options) {
  Session session(options);
  std::optional<Landmarks> landmarks;
  if (!options.quiet) {
    landmarks.emplace(session.program());
    const auto& p = session.program();
    fmt::print(stderr, "rt0: {}, {}, symbols from {}\n", p.name, p.build.version,
               p.symbols.source());
    fmt::print(stderr, "{:>11}  {:<3} {:>13}  {:<28} {}\n", "instruction", "thr", "virtual time",
               "reached", "what it is for");
    narrate(session, *landmarks);
  }
  const auto exit = session.run();
  // The program is over: the operating system takes the memory back faster than destructors would.
  if (!options.quiet && exit && exit->signal != 0)
    fmt::print(stderr, "rt0: killed by signal {}\n", exit->signal);
  std::fflush(nullptr);
  std::_Exit(exit ? exit->as_shell_status() : 0);
}

}  // namespace

void add_run(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "run", "boot a Go program and run it to its end; narrate the boot on stderr");
  auto options = std::make_shared<RunOptions>();
  add_run_options(*command, *options);
  command->add_flag(
      "-q,--quiet", options->quiet,
      "no narration: only what the guest prints, and notices of what rt0 does not model");
  command->callback([command, options] {
    take_program(*command, *options);
    run(*options);
  });
}

}  // namespace rt0
