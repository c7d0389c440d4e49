#include "tools/rt0/models.hpp"

#include <CLI/CLI.hpp>

#include "runtime_model/boot/models.hpp"
#include "runtime_model/heap/models.hpp"
#include "runtime_model/model/peek.hpp"
#include "runtime_model/preempt/models.hpp"
#include "runtime_model/sched/models.hpp"
#include "runtime_model/stack/models.hpp"
#include "runtime_model/thread/models.hpp"
#include "tools/rt0/choice.hpp"
#include "tools/rt0/step_ids.hpp"

namespace rt0 {

using emulator::Addr;
using emulator::u64;
using emulator::u8;
using runtime_model::model::Registry;
namespace golang = runtime_model::golang;

Registry all_models() {
  Registry registry;
  runtime_model::stack::add_models(registry);
  runtime_model::heap::add_models(registry);
  runtime_model::thread::add_models(registry);
  runtime_model::sched::add_models(registry);
  runtime_model::preempt::add_models(registry);
  runtime_model::boot::add_models(registry);
  return registry;
}

namespace {

Registry chosen(const ModelOptions& options) {
  Registry registry = all_models();
  std::vector<std::string_view> names;
  for (const auto& r : registry.all()) names.push_back(r.function);
  const FunctionChoice model("--model", options.model, names),
      native("--native", options.native, names);
  registry.filter([&](std::string_view function) {
    return (model.empty() || model.holds(function)) && !native.holds(function);
  });
  return registry;
}

}  // namespace

void add_only(CLI::App& command, std::vector<std::string>& only) {
  command
      .add_option("--only", only,
                  "this alone: functions, steps, g17, m2, p0, as newproc1,runq*,mallocgc/tiny "
                  "(repeatable)")
      ->allow_extra_args(false);
}

void add_model_choice(CLI::App& command, ModelOptions& options) {
  command
      .add_option("--model", options.model,
                  "models of these functions only: newproc1,runq* (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--native", options.native, "no models of these functions (repeatable)")
      ->allow_extra_args(false);
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command
      .add_option("--runtime", options.runtime,
                  "check: models beside the real code; model: in its place; native: none")
      ->capture_default_str()
      ->check(CLI::IsMember({"check", "native", "model"}));
  add_model_choice(command, options);
}

StoryChoice story_choice(const std::vector<std::string>& only, const Program& program) {
  const Registry registry = all_models();
  StoryChoice::Known known;
  known.step_ids = step_ids();
  for (const auto& r : registry.all()) known.models.push_back(r.function);
  for (const auto& routine : golang::boot_routines())
    for (const auto spelling : routine.names()) known.landmarks.push_back(spelling);
  known.landmarks.push_back(kExitGroup);
  known.in_program = [&](std::string_view name) { return !program.symbols.find(name).empty(); };
  return {only, known};
}

Models::Models(Session& session, const ModelOptions& options)
    : session_(session),
      registry_(chosen(options)),
      guest_(*session.program().image, session.program().symbols, session.program().build),
      memory_(session.machine().memory()),
      names_(golang::Views(memory_, guest_.tables), guest_.layouts, guest_.globals,
             guest_.symbols) {
  auto& machine = session.machine();
  if (options.runtime == "check")
    checker_.emplace(guest_, registry_, machine, [this](Addr a) { return names().name(a); });
  else if (options.runtime == "model")
    driver_.emplace(guest_, registry_, machine);
}

void Models::attach() {
  if (checker_) {
    probes_ = checker_->probes();
    checker_->attach();
  }
  if (driver_) {
    probes_ = driver_->probes();
    driver_->attach();
  }
}

void Models::listen(runtime_model::model::Listener listener) {
  if (checker_)
    checker_->listener = std::move(listener);
  else if (driver_)
    driver_->listener = std::move(listener);
}

void Models::on_decline(std::function<void(std::string_view, const std::string&)> hear) {
  if (checker_)
    checker_->declined = std::move(hear);
  else if (driver_)
    driver_->declined = std::move(hear);
}

u64 Models::told_up_to() const { return checker_ ? checker_->told_up_to() : ~u64{0}; }

runtime_model::model::Standing Models::standing(const emulator::kernel::Thread& t) const {
  auto& machine = session_.machine();
  return runtime_model::model::standing_of(guest_, machine.memory(), machine.registers(t));
}

/// Names that know of every object there is by now.
golang::Names& Models::names() {
  const u64 now = session_.machine().retired();
  if (names_at_ != now) names_.refresh();
  names_at_ = now;
  return names_;
}

Naming Models::naming() {
  Naming n;
  n.place = [this](Addr a) { return names().name(a); };
  n.value = [this](Addr a, std::span<const u8> bytes) {
    u64 v = 0;
    for (std::size_t i = 0; i < bytes.size() && i < 8; ++i) v |= u64{bytes[i]} << (8 * i);
    return names().value_text(names().place(a), v);
  };
  n.who = [this](const runtime_model::model::Standing& at) {
    const golang::Views views(memory_, guest_.tables);
    Naming::Who who;
    if (at.g == Addr()) return who;
    const golang::M mp = views.m(at.m);
    who.m = mp.id();
    if (at.p != Addr()) who.p = views.p(at.p).id();
    who.g = views.g(at.g).goid();
    who.gsignal = mp.gsignal().get() == at.g;
    if (at.curg != Addr() && at.curg != at.g) who.works_for = views.g(at.curg).goid();
    return who;
  };
  return n;
}

void Models::finish() {
  if (checker_) checker_->finish();
}

}  // namespace rt0
