// rt0 debug: step through a program, both ways.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <filesystem>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/host.hpp"
#include "tools/rt0/debug/interrupts.hpp"
#include "tools/rt0/debug/line_input.hpp"
#include "tools/rt0/host_io.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {
namespace {

using debug::Debugger;
using debug::Output;

constexpr auto kInitFile = ".rt0init";

struct DebugOptions {
  RunOptions run;
  struct Script {
    bool file;
    std::string text;
  };
  std::vector<Script> scripts;  // --ex and -x, in the order given
  bool batch = false, json = false, trust = false, child_result = false;
  std::string transcript, colour = "auto", checkpoint_memory = "256M";
};

/// Lines of standard output's terminal.
unsigned terminal_rows() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/// What the guest writes: as it is, or as events.
debug::DebugHost::Write guest_output(Output& out) {
  return [&out](int fd, std::span<const emulator::u8> bytes) -> debug::DebugHost::Answer {
    if (!out.json()) return HostIo().write_output(fd, bytes);
    out.event({{"e", "output"},
               {"fd", fd},
               {"text", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())}});
    return bytes.size();
  };
}

/// Standard input, until the user does not want to wait for it any longer.
debug::DebugHost::Answer read_input(std::span<emulator::u8> to,
                                    const std::atomic<bool>& interrupted) {
  constexpr int kPatience = 50;  // ms until Ctrl-C is looked for again
  pollfd waits{STDIN_FILENO, POLLIN, 0};
  while (::poll(&waits, 1, kPatience) <= 0)
    if (interrupted) throw emulator::machine::InputInterrupted{};
  return HostIo().read_input(to);
}

bool do_scripts(Debugger& d, const DebugOptions& o) {
  bool good = true;
  if (std::filesystem::exists(kInitFile)) {
    if (o.trust)
      good = d.execute_file(kInitFile);
    else
      d.out.error("There is a file .rt0init here; its commands are done only with --trust.");
  }
  for (const auto& script : o.scripts) {
    if (d.quitting() || (d.interrupted && d.interrupted())) break;
    good &= script.file ? d.execute_file(script.text) : d.execute(script.text);
  }
  return good;
}

void read_lines(Debugger& d, bool terminal, std::atomic<bool>& interrupted) {
  debug::LineInput input(terminal,
                         [&d](std::string_view line) { return debug::complete(d, line); });
  while (!d.quitting()) {
    if (terminal) {
      d.out.set_width(terminal_width(STDOUT_FILENO));
      d.out.set_rows(terminal_rows());
    }
    const std::string prompt = d.prompt();
    const auto line = input.next(prompt);
    if (!line) {
      if (terminal) kStdout.write("quit\n");
      break;
    }
    d.out.echo(prompt, *line);
    interrupted = false;
    // An empty line of a file or pipe is only that.
    if (terminal || !debug::trimmed(*line).empty()) d.execute(*line);
    interrupted = false;
  }
}

/// At a terminal the user has seen how it ended; whoever calls rt0 from a script has the status.
int status_of(const Debugger& d, const DebugOptions& o, bool good) {
  if (d.quit_status()) return *d.quit_status();
  if (d.out.lost_transcript()) return emulator::base::kExitBadInput;
  const auto& end = d.outcome();
  if (o.batch && end && end->reason == emulator::machine::StopReason::error)
    return end->limit ? emulator::base::kExitLimit : emulator::base::kExitUnimplemented;
  if (o.child_result && end && end->exit) return end->exit->as_shell_status();
  return o.batch && !good ? emulator::base::kExitDifference : emulator::base::kExitFine;
}

int debug_program(const DebugOptions& o) {
  const bool terminal = !o.batch && !o.json && ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO);
  Output::Style style{Paint(!o.json && wants_colour(o.colour, STDOUT_FILENO)),
                      terminal_width(STDOUT_FILENO), o.json, terminal,
                      terminal ? terminal_rows() : 0};
  Output out(style, [&o](std::string_view text, bool error) {
    (error && !o.json ? kStderr : kStdout).write(text);
  });
  const auto limits = timeline_settings_of(o.checkpoint_memory);
  if (!o.transcript.empty()) out.transcript(o.transcript);
  std::atomic<bool> interrupted = false;
  debug::DebugHost host(guest_output(out),
                        [&](std::span<emulator::u8> to) { return read_input(to, interrupted); });
  Debugger d(o.run, out, host, limits);
  d.target.machine().kernel().on.notice = [&d](const std::string& text) {
    d.out.error("rt0: " + text);
  };
  d.settings.context = terminal;
  d.interrupted = [&interrupted] { return interrupted.load(); };
  std::optional<debug::Interrupts> listening;
  // A tool that reads events sends SIGINT where a user would type Ctrl-C.
  if (terminal || (o.json && !o.batch))
    listening.emplace(
        [&] {
          interrupted = true;
          d.target.timeline().interrupt();
        },
        [&] { return interrupted.load(); });
  if (terminal || o.json) d.greet();
  if (terminal) show_context(d);
  const bool good = do_scripts(d, o);
  if (!o.batch && !d.quitting()) read_lines(d, terminal, interrupted);
  return status_of(d, o, good);
}

}  // namespace

void add_debug(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "debug", "step through a Go program from its first instruction, forwards and backwards");
  auto o = std::make_shared<DebugOptions>();
  command->add_option("--ex", "a command to do first (repeatable)")
      ->each([o](const std::string& text) {
        o->scripts.push_back({false, text});
      })
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("COMMAND");
  command->add_option("-x,--command", "a file of commands to do first (repeatable)")
      ->each([o](const std::string& text) {
        o->scripts.push_back({true, text});
      })
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  command->add_flag("--batch", o->batch,
                    "end after these; status 1 if one of them failed, 3 or 4 as of run");
  command->add_flag("--return-child-result", o->child_result,
                    "end with the guest's own status, if it has ended, as run does");
  command->add_flag("--json", o->json, "answers and stops as JSON Lines on stdout, for tools");
  command->add_flag("--trust", o->trust, "do the commands of .rt0init in this directory first");
  command->add_option("--transcript", o->transcript, "append commands and answers to a file");
  add_checkpoint_memory(*command, o->checkpoint_memory);
  command->add_option("--color", o->colour, "auto, always or never; auto honours NO_COLOR")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "always", "never"}));
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    status = debug_program(*o);
  });
}

}  // namespace rt0
