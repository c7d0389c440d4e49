#include "tools/rt0/telling.hpp"

#include <utility>

namespace rt0 {

using emulator::u64;

namespace {

constexpr u64 kExitGroupNumber = 231;

}  // namespace

Telling::Telling(Session& session, Models& models, const TellingOptions& options,
                 std::function<void(const std::string&)> out)
    : session_(session),
      models_(models),
      observer_(session.machine()),
      landmarks_(session.program()),
      from_(parse_bound("--from", options.from, session.program())),
      until_(parse_bound("--until", options.until, session.program())),
      telling_(!from_.given()),
      narrator_(options.narrator, models.naming(), std::move(out)) {}

void Telling::attach() {
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
  observer_.on.probe = [this](const Thread& t, emulator::Addr at) { reached(t, at); };
  observer_.set_probes(std::move(probes));
  observer_.on.served = [this](const Thread& t, const auto*, u64 number, const auto& args,
                               const auto&) {
    if (number == kExitGroupNumber)
      say(t, kExitGroup, {},
          fmt::format("The process ends with status {}.", args.as_int(0) & 0xff));
  };
  models_.attach();
}

std::optional<emulator::kernel::ProcessExit> Telling::run() {
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

void Telling::finish() {
  models_.finish();
  narrator_.finish();
}

void Telling::begin() {
  telling_ = true;
  narrator_.begin_at(session_.machine().retired());
}

void Telling::reached(const Thread& t, emulator::Addr at) {
  if (!telling_ && from_.at(at)) begin();
  if (telling_ && until_.at(at)) return session_.machine().stop();
  if (const auto* found = landmarks_.at(at); found != nullptr && told_.insert(at.value).second)
    say(t, found->name, at, std::string(found->routine->text));
  if (!until_.at(at)) observer_.remove_probe(at);
}

void Telling::say(const Thread& t, std::string_view name, emulator::Addr at, std::string text) {
  if (!telling_) return;
  traces::format::Landmark e;
  e.n = session_.machine().retired(), e.t = static_cast<emulator::u32>(t.tid);
  e.ns = session_.machine().now().value;
  e.fn = name, e.pc = at, e.text = std::move(text);
  narrator_.landmark(e, models_.standing(t));
  narrator_.flush(models_.told_up_to());
}

}  // namespace rt0
