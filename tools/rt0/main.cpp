// The command line: rt0 COMMAND [OPTIONS] [PROG [ARGS…]].
#include <malloc.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <new>
#include <system_error>

#include "emulator/base/error.hpp"
#include "tools/rt0/options.hpp"

namespace {

constexpr auto kAbout =
    "rt0 boots a real Go program on a simulated amd64 CPU, one instruction at a time, and shows "
    "every step from\n"
    "_rt0_amd64_linux to main.main and on to exit_group.";
constexpr auto kStatuses =
    "Exit status: run passes the guest's on (128+n for a fatal signal); otherwise 0 fine, 1 a "
    "difference, 2 bad usage or\n"
    "unreadable input, 3 the guest used something that is not emulated, 4 a limit was reached.";

int fail(int status, const char* what) {
  fmt::print(stderr, "rt0: {}\n", what);
  return status;
}

int command_line(int argc, char** argv) {
  int status = 0;
  CLI::App app(kAbout, "rt0");
  app.footer(kStatuses);
  app.set_version_flag("--version", "rt0 " RT0_VERSION);
  app.require_subcommand(1);
  rt0::add_run(app, status);
  rt0::add_debug(app, status);
  rt0::add_trace(app, status);
  rt0::add_show(app, status);
  rt0::add_info(app, status);
  rt0::add_verify(app, status);
  rt0::add_check(app, status);
  rt0::add_serve(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help, --version
    fmt::print(stderr, "rt0: {} (rt0 --help lists the commands and options)\n", e.what());
    return emulator::base::kExitBadInput;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace emulator::base;
  mallopt(M_TOP_PAD, 4 << 20);    // a few large pieces of heap: a small program is done 5 % sooner
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error to report, not a death
  try {
    return command_line(argc, argv);
  } catch (const UserError& e) {
    return fail(kExitBadInput, e.what());
  } catch (const Unimplemented& e) {
    return fail(kExitUnimplemented, e.what());
  } catch (const LimitReached& e) {
    return fail(kExitLimit, e.what());
  } catch (const std::system_error& e) {  // of a print: the reader is gone, the disk is full
    return fail(kExitBadInput, e.what());
  } catch (const std::bad_alloc&) {
    return fail(kExitLimit, "the host has no more memory to give");
  }
}
