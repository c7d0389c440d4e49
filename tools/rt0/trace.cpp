// rt0 trace: record what a run does.
#include <CLI/CLI.hpp>

#include "emulator/base/error.hpp"
#include "tools/rt0/stream.hpp"
#include "tools/rt0/tracing.hpp"

namespace rt0 {
namespace {

namespace tf = traces::format;
using emulator::base::user_error;

struct TraceOptions {
  RunOptions run;
  ModelOptions models;
  std::string output, level = "call", format, from, until;
  std::vector<std::string> only;
};

int trace(const TraceOptions& o) {
  if (o.output == "-") user_error("-o takes the name of a file: standard output is the guest's");
  const auto level = tf::level_named(o.level);
  const auto form =
      o.format.empty() ? tf::form_for_path(o.output) : tf::form_named(o.format).value();
  Session session(o.run);
  TracingOptions what{*level,
                      parse_bound("--from", o.from, session.program()),
                      parse_bound("--until", o.until, session.program()),
                      {}};
  if (!o.only.empty() && *level != tf::Level::Step) user_error("--only is for --level step");
  if (!o.only.empty()) what.only = story_choice(o.only, session.program());
  TraceFile file(session, o.run, o.models, std::move(what), form, o.output);
  Tracing& tracing = file.tracing();
  tracing.attach();
  std::optional<emulator::kernel::ProcessExit> exit;
  try {
    exit = tracing.run();
  } catch (...) {
    file.finish(exit);  // what was recorded stays readable
    throw;
  }
  file.finish(exit);
  for (const auto name : tracing.unmet()) kStderr.print("rt0: nothing of {} came\n", name);
  if (!tracing.recording())
    user_error("{}: the program ended before --from {} was reached, so the trace is empty",
               session.program().name, o.from);
  return emulator::base::kExitFine;
}

}  // namespace

void add_trace(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("trace", "run a Go program and record a trace");
  auto o = std::make_shared<TraceOptions>();
  command->add_option("-o,--output", o->output, "where the trace goes")->required();
  command
      ->add_option(
          "--level", o->level,
          "step: what the runtime does, by its models; call: calls, returns, system calls, "
          "landmarks; instruction: every instruction with its effects")
      ->capture_default_str()
      ->check(CLI::IsMember({"step", "call", "instruction"}));
  command
      ->add_option("--format", o->format,
                   "jsonl or rt0t; by default what the name of the file asks for")
      ->check(CLI::IsMember({"jsonl", "rt0t"}));
  command->add_option("--from", o->from,
                      "start at a function's first entry, or at an instruction number");
  command->add_option("--until", o->until, "stop there");
  command
      ->add_option("--runtime", o->models.runtime,
                   "at level step: check, models beside the real code; model, in its place")
      ->capture_default_str()
      ->check(CLI::IsMember({"check", "model"}));
  add_only(*command, o->only);
  add_model_choice(*command, o->models);
  add_run_options(*command, o->run);
  command->callback([command, o, &status] {
    take_program(*command, o->run);
    status = trace(*o);
  });
}

}  // namespace rt0
