// rt0 verify: the host's own CPU beside the emulator, instruction by instruction.
#include <CLI/CLI.hpp>

#include "emulator/base/error.hpp"
#include "tools/rt0/number_option.hpp"
#include "tools/rt0/session.hpp"
#include "tools/rt0/stream.hpp"
#include "tools/verify/report.hpp"

namespace rt0 {
namespace {

using emulator::u64;
using emulator::u8;

struct VerifyOptions {
  RunOptions run;
  bool json = false;
  u64 all_memory_every = verify::Options{}.all_memory_every;
};

std::string how_it_ended(const std::optional<emulator::kernel::ProcessExit>& exit,
                         const verify::Report& report) {
  if (report.divergence) return "the first difference";
  if (!exit) return "--max-instructions";
  if (exit->signal != 0) return fmt::format("signal {} killed the program", exit->signal);
  return fmt::format("the program exited with status {}", exit->status);
}

verify::Names names_of(Session& session) {
  return {[&session](emulator::Addr a) { return session.program().symbols.describe(a); },
          [&session](const verify::Step& s) {
            return session.machine().decoder().format(std::span(s.bytes).first(s.length), s.pc);
          }};
}

int run_verify(const VerifyOptions& o) {
  const auto settings = settings_of(o.run);
  if (const auto why = verify::host_refusal(settings.profile))
    emulator::base::user_error("{}", *why);
  SilentHost silent;
  Session session(o.run, o.run.quiet || o.json ? &silent : nullptr);
  auto& machine = session.machine();
  machine.stop_at(o.run.max_instructions);
  verify::Options options;
  options.all_memory_every = o.all_memory_every;
  verify::Verifier verifier(machine, options);
  std::optional<emulator::kernel::ProcessExit> exit;
  verify::Report report;
  report.divergence = verifier.check([&] { exit = session.run(); });
  report.program = session.program().name;
  report.end = how_it_ended(exit, report);
  report.instructions = machine.retired();
  report.counts = verifier.counts();
  report.forms = verifier.forms();
  const auto names = names_of(session);
  if (o.json)
    kStdout.write(as_json(report, names));
  else
    kStderr.write(as_text(report, names));
  return report.divergence ? emulator::base::kExitDifference : emulator::base::kExitFine;
}

}  // namespace

void add_verify(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("verify",
                                     "step the host's own CPU beside the emulator and compare all "
                                     "state after each instruction (x86-64 Linux)");
  auto o = std::make_shared<VerifyOptions>();
  add_run_options(*command, o->run);
  command->add_flag("-q,--quiet", o->run.quiet,
                    "nothing of what the guest prints; the report only");
  command->add_flag("--json", o->json, "the report as one JSON object on stdout; implies --quiet");
  command
      ->add_option("--all-memory-every", o->all_memory_every,
                   "compare all touched memory after so many instructions")
      ->capture_default_str()
      ->transform(whole_number(1));
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    status = run_verify(*o);
  });
}

}  // namespace rt0
