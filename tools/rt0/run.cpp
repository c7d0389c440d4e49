// rt0 run: boot a program and tell what its runtime does, in words.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

#include "emulator/base/error.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/models.hpp"

namespace rt0 {
namespace {

using emulator::u64;
using emulator::kernel::Thread;

constexpr u64 kExitGroup = 231;

struct Options {
  RunOptions run;
  ModelOptions models;
  NarratorOptions narrator;
  std::string level = "fields", colour = "auto";
};

/// The lines that stand above the story.
void print_heading(Session& session, const Options& o) {
  const auto& p = session.program();
  fmt::print(stderr, "rt0: {}, {}, symbols from {}\n", p.name, p.build.version, p.symbols.source());
  if (o.narrator.level == NarratorOptions::Level::landmarks)
    fmt::print(stderr, "{:>11}  {:<3} {:>13}  {:<28} {}\n", "instruction", "thr", "virtual time",
               "reached", "what it is for");
  else
    fmt::print(stderr, "{:>11}  {:<4} {:<3} {:<3} {:<6}  {}\n", "instruction", "thr", "M", "P", "G",
               "what happens");
}

/// A session that is told: landmarks, steps, the end.
class Story {
 public:
  Story(Session& session, Models& models, const Options& o)
      : session_(session),
        models_(models),
        landmarks_(session.program()),
        narrator_(o.narrator, models.naming(),
                  [](const std::string& line) { fmt::print(stderr, "{}\n", line); }) {}

  void attach() {
    models_.listen([this](const auto& told) {
      narrator_.told(told);
      narrator_.flush(models_.told_up_to());
    });
    models_.on_decline([this](std::string_view function, const std::string& reason) {
      narrator_.line(session_.machine().retired(),
                     fmt::format("rt0: {} is left to the real code: {}", function, reason));
    });
    models_.attach([this](const Thread& t, emulator::Addr at) { reached(t, at); },
                   landmarks_.addresses());
    session_.machine().kernel().on.syscall = [this](const Thread& t, const auto*, u64 number,
                                                    const auto& args, const auto&) {
      if (number == kExitGroup)
        say(t, "exit_group", {},
            fmt::format("The process ends with status {}.", args.as_int(0) & 0xff));
    };
  }
  void finish() {
    models_.finish();
    narrator_.finish();
  }

 private:
  void reached(const Thread& t, emulator::Addr at) {
    const auto* found = landmarks_.at(at);
    if (found == nullptr || !told_.insert(at.value).second) return;
    say(t, found->name, at, std::string(found->routine->text));
    if (!models_.stands_at(at)) session_.machine().remove_probe(at);
  }
  void say(const Thread& t, std::string_view name, emulator::Addr at, std::string text) {
    traces::format::Landmark e;
    e.n = session_.machine().retired(), e.t = static_cast<emulator::u32>(t.tid);
    e.ns = session_.machine().now().value;
    e.fn = name, e.pc = at, e.text = std::move(text);
    narrator_.landmark(e, models_.standing(t));
    narrator_.flush(models_.told_up_to());
  }

  Session& session_;
  Models& models_;
  Landmarks landmarks_;
  Narrator narrator_;
  std::set<u64> told_;
};

[[noreturn]] void run(const Options& o) {
  const bool with_models = !o.run.quiet || o.models.runtime == "model";
  Session session(o.run, nullptr, with_models ? Symbols::at_once : Symbols::when_needed);
  std::optional<Models> models;
  std::optional<Story> story;
  if (with_models) models.emplace(session, o.models);
  if (!o.run.quiet) {
    if (!o.narrator.json) print_heading(session, o);
    story.emplace(session, *models, o);
    story->attach();
  } else if (models) {
    models->attach({}, {});
  }
  std::optional<emulator::kernel::ProcessExit> exit;
  try {
    exit = session.run();
  } catch (...) {
    if (story) story->finish();  // what was seen is told
    throw;
  }
  if (story) story->finish();
  // The program is over: the operating system takes the memory back faster than destructors would.
  if (!o.run.quiet && exit && exit->signal != 0)
    fmt::print(stderr, "rt0: killed by signal {}\n", exit->signal);
  std::fflush(nullptr);
  std::_Exit(exit ? exit->as_shell_status() : 0);
}

NarratorOptions::Level level_named(const std::string& name) {
  using Level = NarratorOptions::Level;
  return name == "landmarks" ? Level::landmarks : name == "steps" ? Level::steps : Level::fields;
}

}  // namespace

void add_run(CLI::App& app, int&) {
  auto* command = app.add_subcommand(
      "run", "boot a Go program and run it to its end; tell each step of the boot on stderr");
  auto o = std::make_shared<Options>();
  command->add_flag(
      "-q,--quiet", o->run.quiet,
      "no narration: only what the guest prints, and notices of what rt0 does not model");
  command
      ->add_option("--level", o->level,
                   "landmarks: the boot's routines; steps: what the runtime does, a sentence each; "
                   "fields: with what changed")
      ->capture_default_str()
      ->check(CLI::IsMember({"landmarks", "steps", "fields"}));
  command->add_option("--only", o->narrator.only, "steps of this function only (repeatable)")
      ->allow_extra_args(false);
  command->add_flag("--all", o->narrator.all, "also steps that were told often already");
  command->add_option("--color", o->colour, "auto, always or never; auto honours NO_COLOR")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "always", "never"}));
  command->add_flag("--json", o->narrator.json, "the story as JSON Lines on stderr");
  add_model_options(*command, o->models);
  add_run_options(*command, o->run);
  command->callback([command, o] {
    take_program(*command, o->run);
    o->narrator.level = level_named(o->level);
    o->narrator.width = terminal_width(STDERR_FILENO);
    o->narrator.paint = Paint(wants_colour(o->colour, STDERR_FILENO));
    // Nobody hears the models: they would only cost time.
    if (o->models.runtime == "check" && (o->run.quiet || o->level == "landmarks"))
      o->models.runtime = "native";
    run(*o);
  });
}

}  // namespace rt0
