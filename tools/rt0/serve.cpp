// rt0 serve: a program for gdb to attach to.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <filesystem>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/machine/timeline.hpp"
#include "tools/rt0/gdb/service.hpp"
#include "tools/rt0/host_io.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/program.hpp"
#include "tools/rt0/thread_names.hpp"

namespace rt0 {
namespace {

using emulator::u8;
using emulator::machine::Timeline;

constexpr unsigned kMostPort = 65535;

struct ServeOptions {
  RunOptions run;
  std::string gdb, checkpoint_memory = "256M";
};

/// The guest of a gdb that talks to rt0 over its standard streams: what it prints appears in gdb,
/// and there is nothing to read.
class ConsoleHost final : public emulator::kernel::Host {
 public:
  void write_output(int, std::span<const u8> bytes) override {
    if (console) console({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  std::size_t read_input(std::span<u8>) override { return 0; }
  std::function<void(std::string_view)> console;
};

gdb::Stub::Program served(const Program& program, const RunOptions& o) {
  if (o.program.empty()) return {"/rt0/hello", program.bytes, true};
  return {std::filesystem::absolute(o.program.front()).lexically_normal(), program.bytes, false};
}

emulator::machine::TimelineSettings limits_of(const ServeOptions& o) {
  const auto memory = emulator::base::parse_size(o.checkpoint_memory);
  if (!memory || *memory < (1u << 20))
    emulator::base::user_error(
        "--checkpoint-memory takes a size of at least 1M, as 64M or 1G, not \"{}\"",
        o.checkpoint_memory);
  return {*memory};
}

std::optional<unsigned> port_of(const std::string& text) {
  if (text == "-") return std::nullopt;
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  const auto number = emulator::base::parse_number(text);
  if (!digits || !number || *number > kMostPort)
    emulator::base::user_error("--gdb takes a port from 0 to 65535, or -, not \"{}\"", text);
  return static_cast<unsigned>(*number);
}

void serve(const ServeOptions& o) {
  const auto number = port_of(o.gdb);
  auto settings = settings_of(o.run);
  const auto limits = limits_of(o);
  Program program = load_program(o.run.program.empty() ? std::string() : o.run.program.front(),
                                 Symbols::when_needed);
  settings.kernel.argv = o.run.program;
  if (settings.kernel.argv.empty()) settings.kernel.argv.emplace_back();
  settings.kernel.argv.front() = program.base;
  HostIo streams;
  ConsoleHost in_gdb;
  emulator::kernel::Host* host = &streams;
  if (!number) host = &in_gdb;
  Timeline timeline(std::move(settings), program.image, *host, limits);
  timeline.machine().kernel().on.notice = [](const std::string& text) {
    fmt::print(stderr, "rt0: {}\n", text);
  };
  gdb::Service service([&timeline] { timeline.interrupt(); });
  in_gdb.console = [&service](std::string_view text) { service.console(text); };
  ThreadNames names(program, timeline.machine());
  gdb::StubHooks hooks = service.hooks();
  hooks.thread_name = [&names](const emulator::kernel::Thread& t) { return names.of(t); };
  gdb::Stub stub(timeline, served(program, o.run), std::move(hooks));
  if (!number) return service.serve(stub, STDIN_FILENO, STDOUT_FILENO);
  const gdb::Port port(*number);
  fmt::print(stderr, "rt0: waiting for gdb: target remote 127.0.0.1:{}\n", port.number());
  service.serve(stub, port);
}

}  // namespace

void add_serve(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "serve", "wait for gdb, which steps and breaks the program, forwards and backwards");
  auto o = std::make_shared<ServeOptions>();
  command
      ->add_option("--gdb", o->gdb,
                   "a port of 127.0.0.1 (0: a free one), or -: gdb is at the other end of standard "
                   "input and output")
      ->required()
      ->type_name("PORT");
  command
      ->add_option("--checkpoint-memory", o->checkpoint_memory,
                   "what checkpoints of the past may hold, as 64M or 1G")
      ->capture_default_str();
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    serve(*o);
    status = emulator::base::kExitFine;
  });
}

}  // namespace rt0
