#include "tools/rt0/debug/story.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/rt0/models.hpp"

namespace rt0::debug {

using emulator::u64;

namespace {

constexpr u64 kChunk = 1'000'000;  // instructions between two looks at `interrupted`
constexpr u64 kNear = 2'000'000;   // instructions that run in less than anybody notices

}  // namespace

Story::Story(RunOptions options, std::unique_ptr<DebugHost> host)
    : options_(std::move(options)), host_(std::move(host)) {}
Story::~Story() = default;

void Story::start() {
  if (session_) return;
  for (const std::string& mount : options_.mounts)
    if (mount.ends_with(":rw"))
      emulator::base::user_error(
          "Steps of models are told by a second run of the program, and that must not write to {} "
          "too: mount it read-only to see them.",
          mount);
  session_ = std::make_unique<Session>(options_, host_.get());
  session_->machine().kernel().on.notice = nullptr;  // the first machine's says it
  models_ = std::make_unique<Models>(*session_, ModelOptions{});
  models_->listen([this](const runtime_model::model::Told& t) {
    steps_.insert_or_assign(
        {t.number, t.sequence},
        ToldStep{event_of(t, models_->naming()), std::string(t.function), t.depth, t.verdict});
  });
  models_->attach({}, {});
}

u64 Story::complete_up_to() const {
  if (over_) return ~u64{0};
  return session_ ? std::min(models_->told_up_to(), session_->machine().retired()) : 0;
}

bool Story::reach(u64 number) {
  start();
  while (complete_up_to() < std::min(number, forked_at_)) {
    if (interrupted && interrupted()) return false;
    auto& machine = session_->machine();
    // Beyond `number` only when a model that is still at work holds back what came after it began.
    const u64 now = machine.retired();
    machine.stop_at(now < number ? std::min(now + kChunk, number) : now + kChunk / 10);
    try {
      over_ = machine.run().has_value();
    } catch (const std::exception&) {
      over_ = true;  // the first machine will come to it too, and say why
    }
    if (over_) models_->finish();
  }
  return true;
}

const ToldStep* Story::next(u64 from, const Wanted& wanted, u64 until) {
  u64 ahead = 20'000;  // most searches end soon
  for (u64 begin = from; begin < std::min(until, forked_at_);) {
    const u64 told = std::max(begin, complete_up_to());
    const u64 end = std::min({until, forked_at_, told > ~u64{0} - ahead ? ~u64{0} : told + ahead});
    if (!reach(end)) return nullptr;
    for (auto it = steps_.lower_bound({begin, 0}); it != steps_.end(); ++it) {
      if (it->first.first >= end) break;
      if (wanted(it->second)) return &it->second;
    }
    if (over_ && end >= session_->machine().retired()) break;
    begin = end;
    ahead = std::min(ahead * 2, kChunk);
  }
  return nullptr;
}

const ToldStep* Story::previous(u64 before, const Wanted& wanted) {
  if (!reach(before)) return nullptr;
  for (auto it = steps_.lower_bound({std::min(before, forked_at_), 0}); it != steps_.begin();)
    if (wanted((--it)->second)) return &it->second;
  return nullptr;
}

std::vector<const ToldStep*> Story::at(u64 number) const {
  std::vector<const ToldStep*> out;
  for (auto it = steps_.lower_bound({number, 0}); it != steps_.end() && it->first.first == number;
       ++it)
    out.push_back(&it->second);
  return out;
}

const ToldStep* Story::latest(u64 position) {
  if (position > complete_up_to() + kNear || position > forked_at_) return nullptr;
  try {
    return previous(position, [](const ToldStep&) { return true; });
  } catch (const emulator::base::UserError&) {
    return nullptr;  // a command that asks for a step says why there is none
  }
}

void Story::forget_after(u64 position) { forked_at_ = std::min(forked_at_, position); }

}  // namespace rt0::debug
