// rt0 serve: a program for gdb to attach to.
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <filesystem>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/host.hpp"
#include "tools/rt0/gdb/service.hpp"
#include "tools/rt0/host_io.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/stream.hpp"
#include "tools/rt0/thread_names.hpp"

namespace rt0 {
namespace {

using emulator::u8;

constexpr unsigned kMostPort = 65535;

struct ServeOptions {
  RunOptions run;
  std::string gdb, checkpoint_memory = "256M", log = "off";
};

gdb::Stub::Program served(const Program& program, const RunOptions& o) {
  if (o.program.empty()) return {"/rt0/hello", program.bytes, true};
  return {std::filesystem::absolute(o.program.front()).lexically_normal(), program.bytes, false};
}

std::optional<unsigned> port_of(const std::string& text) {
  if (text == "-") return std::nullopt;
  const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
  const auto number = emulator::base::parse_number(text);
  if (!digits || !number || *number > kMostPort)
    emulator::base::user_error("--gdb takes a port from 0 to 65535, or -, not \"{}\"", text);
  return static_cast<unsigned>(*number);
}

class ErrorSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    kStderr.write({line.data(), line.size()});
  }
  void flush_() override {}
};

/// On standard error, without the time: what is not the same in each run does not go out.
spdlog::logger server_log(const std::string& level) {
  spdlog::logger log("rt0", std::make_shared<ErrorSink>());
  log.set_error_handler([](const std::string&) { throw; });  // to main
  log.set_pattern("rt0 serve: %v");
  log.set_level(spdlog::level::from_str(level));
  return log;
}

/// A debugging session whose terminal is gdb's console.
class Served {
 public:
  /// `in_gdb`: what the guest prints appears in gdb, and there is nothing for it to read, since the
  /// standard streams are the way to gdb.
  Served(const ServeOptions& o, bool in_gdb)
      : service_([this] { interrupt(); }, server_log(o.log)),
        host_(output(in_gdb), input(in_gdb)),
        debugger_(o.run, out_, host_, timeline_settings_of(o.checkpoint_memory)),
        names_(debugger_.target.guest(), debugger_.target.machine()),
        stub_(debugger_.target.timeline(), served(debugger_.target.program(), o.run), hooks()) {
    debugger_.settings.context = false;
    debugger_.interrupted = [this] { return interrupted_.load(); };
    debugger_.target.machine().kernel().on.notice = [](const std::string& text) {
      kStderr.print("rt0: {}\n", text);
    };
  }

  void serve(const std::optional<unsigned>& number) {
    if (!number) return service_.serve(stub_, STDIN_FILENO, STDOUT_FILENO);
    const gdb::Port port(*number);
    kStderr.print("rt0: waiting for gdb: target remote 127.0.0.1:{}\n", port.number());
    service_.serve(stub_, port);
  }

 private:
  void interrupt() {
    interrupted_ = true;
    debugger_.target.timeline().interrupt();
  }
  debug::DebugHost::Write output(bool in_gdb) {
    if (!in_gdb)
      return [](int fd, std::span<const u8> bytes) { return HostIo().write_output(fd, bytes); };
    return [this](int, std::span<const u8> bytes) {
      service_.console({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      return emulator::u64{bytes.size()};
    };
  }
  static debug::DebugHost::Read input(bool in_gdb) {
    if (in_gdb) return [](std::span<u8>) { return emulator::u64{0}; };
    return [](std::span<u8> to) { return HostIo().read_input(to); };
  }

  gdb::StubHooks hooks() {
    gdb::StubHooks hooks = service_.hooks();
    hooks.thread_name = [this](const emulator::kernel::Thread& t) { return names_.of(t); };
    hooks.monitor = [this](std::string_view command) { monitor(command); };
    return hooks;
  }

  /// A client is let into the guest, not into the host's files.
  void monitor(std::string_view command) {
    interrupted_ = false;
    try {
      const debug::Command* const found = debug::find_command(command).command;
      if (found->completes == debug::Completes::files || found->name == "quit")
        return out_.error(fmt::format("\"{}\" is not for clients.", found->name));
    } catch (const emulator::base::UserError&) {  // what is no command, it says itself
    }
    debugger_.execute(command);
  }

  std::atomic<bool> interrupted_ = false;
  gdb::Service service_;
  debug::Output out_{debug::Output::Style{Paint(false)},
                     [this](std::string_view text, bool) { service_.console(text); }};
  debug::DebugHost host_;
  debug::Debugger debugger_;
  ThreadNames names_;
  gdb::Stub stub_;
};

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
      ->add_option(
          "--log", o->log,
          "on standard error: info tells of clients that come and go, debug also every packet")
      ->check(CLI::IsMember({"off", "info", "debug"}))
      ->capture_default_str();
  add_checkpoint_memory(*command, o->checkpoint_memory);
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    const auto number = port_of(o->gdb);
    Served(*o, !number).serve(number);
    status = emulator::base::kExitFine;
  });
}

}  // namespace rt0
