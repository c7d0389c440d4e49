// rt0 run: boot a program and tell what its runtime does, in words.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

#include "emulator/base/error.hpp"
#include "tools/rt0/bounds.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/models.hpp"
#include "tools/rt0/stream.hpp"

namespace rt0 {
namespace {

using emulator::u64;
using emulator::kernel::Thread;

constexpr u64 kExitGroupNumber = 231;

struct Options {
  RunOptions run;
  ModelOptions models;
  NarratorOptions narrator;
  std::vector<std::string> only;
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

/// A session that is told: landmarks, steps, the end.
class Story {
 public:
  Story(Session& session, Models& models, const Options& o)
      : session_(session),
        models_(models),
        landmarks_(session.program()),
        from_(parse_bound("--from", o.from, session.program())),
        until_(parse_bound("--until", o.until, session.program())),
        telling_(!from_.given()),
        narrator_(o.narrator, models.naming(),
                  [](const std::string& line) { kStderr.print("{}\n", line); }) {}

  void attach() {
    models_.listen([this](const auto& told) {
      if (telling_) narrator_.told(told);
      narrator_.flush(models_.told_up_to());
    });
    models_.on_decline([this](std::string_view function, const std::string& reason) {
      narrator_.line(session_.machine().retired(),
                     fmt::format("rt0: {} is left to the real code: {}", function, reason));
    });
    std::set<u64> probes = landmarks_.addresses();
    probes.insert(from_.entries.begin(), from_.entries.end());
    probes.insert(until_.entries.begin(), until_.entries.end());
    models_.attach([this](const Thread& t, emulator::Addr at) { reached(t, at); },
                   std::move(probes));
    session_.machine().kernel().on.syscall = [this](const Thread& t, const auto*, u64 number,
                                                    const auto& args, const auto&) {
      if (number == kExitGroupNumber)
        say(t, kExitGroup, {},
            fmt::format("The process ends with status {}.", args.as_int(0) & 0xff));
    };
  }

  std::optional<emulator::kernel::ProcessExit> run() {
    auto& machine = session_.machine();
    if (from_.number) {
      if (*from_.number > 0) {
        machine.stop_at(*from_.number);
        if (auto exit = session_.run()) return exit;
      }
      begin();
    }
    machine.stop_at(until_.number.value_or(~u64{0}));
    return session_.run();
  }
  void finish() {
    models_.finish();
    narrator_.finish();
  }
  bool begun() const { return telling_; }

 private:
  void begin() {
    telling_ = true;
    narrator_.begin_at(session_.machine().retired());
  }
  void reached(const Thread& t, emulator::Addr at) {
    if (!telling_ && from_.at(at)) begin();
    if (telling_ && until_.at(at)) return session_.machine().stop();
    if (const auto* found = landmarks_.at(at); found != nullptr && told_.insert(at.value).second)
      say(t, found->name, at, std::string(found->routine->text));
    if (!until_.at(at) && !models_.stands_at(at)) session_.machine().remove_probe(at);
  }
  void say(const Thread& t, std::string_view name, emulator::Addr at, std::string text) {
    if (!telling_) return;
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
  Bound from_, until_;
  bool telling_;
  Narrator narrator_;
  std::set<u64> told_;
};

/// Runs the program, and tells its story unless it is to be quiet. Nothing: it was stopped at
/// --until.
std::optional<emulator::kernel::ProcessExit> tell(Session& session, Options& o) {
  const bool with_models = !o.run.quiet || o.models.runtime == "model";
  std::optional<Models> models;
  if (with_models) models.emplace(session, o.models);
  if (o.run.quiet) {
    if (models) models->attach({}, {});
    return session.run();
  }
  if (!o.only.empty()) o.narrator.only = story_choice(o.only, session.program());
  Story story(session, *models, o);
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
    emulator::base::user_error("{}: the program ended before --from {} was reached",
                               session.program().name, o.from);
  if (!exit) kStderr.print("rt0: stopped at --until {}\n", o.until);
  return exit;
}

[[noreturn]] void run(Options& o) {
  const bool with_models = !o.run.quiet || o.models.runtime == "model";
  Session session(o.run, nullptr, with_models ? Symbols::at_once : Symbols::when_needed);
  const auto exit = tell(session, o);
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
