// rt0 run: boot a program and tell what its runtime does, in words.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

#include "emulator/base/error.hpp"
#include "tools/rt0/stream.hpp"
#include "tools/rt0/telling.hpp"
#include "tools/rt0/tracing.hpp"

namespace rt0 {
namespace {

using emulator::base::user_error;

struct Options {
  RunOptions run;
  ModelOptions models;
  NarratorOptions narrator;
  std::vector<std::string> only, traces;
  std::string level, colour = "auto", from, until;
};

/// The lines that stand above the story.
void print_heading(Session& session, const Options& o) {
  const auto& p = session.program();
  kStderr.print("rt0: {}, {}, symbols from {}\n", p.name, p.build.version, p.symbols.source());
  if (o.narrator.level == NarratorOptions::Level::landmarks)
    kStderr.print("{:>11}  {:<3} {:>13}  {:<28} {}\n", "instruction", "thr", "virtual time",
                  "reached", "what it is for");
  else
    kStderr.print("{:>11} {:<3} {:<3} {:<3} {:<8}  {}\n", "instruction", "thr", "M", "P", "G",
                  "what happens");
}

/// Traces that are recorded beside the story, of the whole run.
class Traces {
 public:
  Traces(Session& session, const Options& o) {
    for (const std::string& text : o.traces) {
      const auto colon = std::min(text.find(':'), text.size());
      const auto level = traces::format::level_named(text.substr(0, colon));
      const std::string path = text.substr(std::min(colon + 1, text.size()));
      if (!level || path.empty() || path == "-")
        user_error("--trace {}: not LEVEL:FILE, with a level step, call or instruction", text);
      if (*level == traces::format::Level::Step && o.models.runtime == "model")
        user_error("--trace {}: models cannot stand in for the real code and beside it", text);
      ModelOptions models = o.models;
      models.runtime = "check";
      files_.push_back(std::make_unique<TraceFile>(session, o.run, models,
                                                   TracingOptions{*level, {}, {}, {}},
                                                   traces::format::form_for_path(path), path));
    }
    for (auto& file : files_) file->tracing().attach();
  }
  void finish(const std::optional<emulator::kernel::ProcessExit>& exit) {
    for (auto& file : files_) file->finish(exit);
  }

 private:
  std::vector<std::unique_ptr<TraceFile>> files_;
};

/// Runs the program, and tells its story unless it is to be quiet. Nothing: it was stopped at
/// --until.
std::optional<emulator::kernel::ProcessExit> tell(Session& session, Options& o) {
  const bool with_models = !o.run.quiet || o.models.runtime == "model";
  std::optional<Models> models;
  if (with_models) models.emplace(session, o.models);
  if (o.run.quiet) {
    if (models) models->attach();
    return session.run();
  }
  if (!o.only.empty()) o.narrator.only = story_choice(o.only, session.program());
  Telling story(session, *models, {o.narrator, o.from, o.until},
                [](const std::string& line) { kStderr.print("{}\n", line); });
  if (!o.narrator.json) print_heading(session, o);
  story.attach();
  std::optional<emulator::kernel::ProcessExit> exit;
  try {
    exit = story.run();
  } catch (...) {
    story.finish();  // what was seen is told
    throw;
  }
  story.finish();
  if (!story.begun())
    user_error("{}: the program ended before --from {} was reached", session.program().name,
               o.from);
  if (!exit) kStderr.print("rt0: stopped at --until {}\n", o.until);
  return exit;
}

[[noreturn]] void run(Options& o) {
  const bool with_names = !o.run.quiet || o.models.runtime == "model" || !o.traces.empty();
  Session session(o.run, nullptr, with_names ? Symbols::at_once : Symbols::when_needed);
  Traces traces(session, o);
  std::optional<emulator::kernel::ProcessExit> exit;
  try {
    exit = tell(session, o);
  } catch (...) {
    traces.finish(exit);  // what was recorded stays readable
    throw;
  }
  traces.finish(exit);
  // The program is over: the operating system takes the memory back faster than destructors would.
  if (!o.run.quiet && exit && exit->signal != 0)
    kStderr.print("rt0: killed by signal {}\n", exit->signal);
  std::_Exit(exit ? exit->as_shell_status() : 0);
}

/// By itself the story; of what was asked for by name, everything.
NarratorOptions::Level level_of(const Options& o) {
  using Level = NarratorOptions::Level;
  if (o.level == "landmarks") return Level::landmarks;
  if (o.level == "steps") return Level::steps;
  if (o.level == "story") return Level::story;
  return o.level == "fields" || o.narrator.all || !o.only.empty() ? Level::fields : Level::story;
}

}  // namespace

void add_run(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "run", "boot a Go program and run it to its end; tell what its runtime does on stderr");
  auto o = std::make_shared<Options>();
  command->add_flag(
      "-q,--quiet", o->run.quiet,
      "no narration: only what the guest prints, and notices of what rt0 does not model");
  command
      ->add_option("--level", o->level,
                   "story (the default): what matters; landmarks: the boot's routines; steps: "
                   "all that the runtime does, a sentence each; fields: with what changed")
      ->check(CLI::IsMember({"landmarks", "story", "steps", "fields"}));
  add_only(*command, o->only);
  command->add_flag("--all", o->narrator.all,
                    "everything each time, with what changed: nothing is folded");
  command->add_option("--from", o->from,
                      "tell from a function's first entry on, or from an instruction number");
  command->add_option("--until", o->until, "stop there");
  command
      ->add_option(
          "--trace", o->traces,
          "record a trace of the whole run too: LEVEL:FILE, as call:boot.jsonl (repeatable)")
      ->allow_extra_args(false);
  command->add_option("--color", o->colour, "auto, always or never; auto honours NO_COLOR")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->add_flag("--json", o->narrator.json, "the story as JSON Lines on stderr, all of it");
  add_model_options(*command, o->models);
  add_run_options(*command, o->run);
  command->callback([command, o] {
    take_program(*command, o->run);
    o->narrator.level = level_of(*o);
    o->narrator.width = terminal_width(STDERR_FILENO);
    o->narrator.paint = Paint(wants_colour(o->colour, STDERR_FILENO));
    // Nobody hears the models: they would only cost time.
    if (o->models.runtime == "check" && (o->run.quiet || o->level == "landmarks"))
      o->models.runtime = "native";
    run(*o);
  });
}

}  // namespace rt0
