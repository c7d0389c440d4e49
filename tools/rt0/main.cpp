// The command line: rt0 COMMAND [OPTIONS] [PROG [ARGS…]].
#include <malloc.h>
#include <CLI/CLI.hpp>

#include <new>
#include <sstream>
#include <system_error>

#include "emulator/base/error.hpp"
#include "emulator/base/write_all.hpp"
#include "tools/rt0/options.hpp"
#include "tools/rt0/stream.hpp"

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
  rt0::kStderr.print("rt0: {}\n", what);
  return status;
}

/// --help and --version, and what cannot be parsed.
int answer(const CLI::App& app, const CLI::ParseError& e) {
  std::ostringstream out, nowhere;
  if (app.exit(e, out, nowhere) == 0) {
    rt0::kStdout.write(out.str());
    return emulator::base::kExitFine;
  }
  rt0::kStderr.print("rt0: {} (rt0 --help lists the commands and options)\n", e.what());
  return emulator::base::kExitBadInput;
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
    return answer(app, e);
  }
  return status;
}

/// What ends a command early is one sentence.
int told_command_line(int argc, char** argv) {
  using namespace emulator::base;
  try {
    return command_line(argc, argv);
  } catch (const UserError& e) {
    return fail(kExitBadInput, e.what());
  } catch (const Unimplemented& e) {
    return fail(kExitUnimplemented, e.what());
  } catch (const LimitReached& e) {
    return fail(kExitLimit, e.what());
  } catch (const std::system_error& e) {
    return fail(kExitBadInput, e.what());
  } catch (const std::bad_alloc&) {
    return fail(kExitLimit, "the host has no more memory to give");
  }
}

}  // namespace

int main(int argc, char** argv) {
  mallopt(M_TOP_PAD, 4 << 20);  // a few large pieces of heap: a small program is done 5 % sooner
  rt0::prepare_streams();
  try {
    return told_command_line(argc, argv);
  } catch (const rt0::StreamFailed& e) {
    const std::string sentence = fmt::format("rt0: {}\n", e.what());
    // Where the other stream is left. Standard output is no place for it: that is data.
    if (e.fd() != STDERR_FILENO)
      (void)emulator::base::write_all(
          STDERR_FILENO, {reinterpret_cast<const emulator::u8*>(sentence.data()), sentence.size()});
    return e.exit_status();
  }
}
