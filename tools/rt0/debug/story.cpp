#include "tools/rt0/debug/story.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/rt0/models.hpp"

namespace rt0::debug {

using emulator::u64;

namespace {

constexpr u64 kChunk = 1'000'000;  // instructions between two looks at `interrupted`
constexpr std::size_t kMostStarts = 32;
constexpr u64 kNear = 2'000'000;  // instructions that run in less than anybody notices

}  // namespace

Story::Stretch::Stretch(emulator::machine::Follower::Start s)
    : begin(s.position), start(std::move(s)), told(begin) {}
Story::Stretch::Stretch(Stretch&&) noexcept = default;
Story::Stretch& Story::Stretch::operator=(Stretch&&) noexcept = default;
Story::Stretch::~Stretch() = default;

Story::Story(RunOptions options, emulator::machine::Timeline& leader)
    : options_(std::move(options)), leader_(leader) {
  begin_afresh();
}
Story::~Story() = default;

void Story::start(Stretch& s) {
  s.follower = std::make_unique<emulator::machine::Follower>(leader_);
  s.session = std::make_unique<Session>(options_, s.follower.get());
  s.session->machine().kernel().on.notice = nullptr;  // the leader's says it
  s.follower->begin(s.session->machine(), *s.start);
  s.models = std::make_unique<Models>(*s.session, ModelOptions{});
  s.models->listen([this, &models = *s.models](const runtime_model::model::Told& t) {
    steps_.insert_or_assign(
        {t.number, t.sequence},
        ToldStep{event_of(t, models.naming()), std::string(t.function), t.depth, t.verdict});
  });
  s.models->attach();
}

void Story::stop(Stretch& s) {
  s.models.reset();
  s.session.reset();
  s.follower.reset();
}

/// Nothing more will be told of it.
void Story::give_up(Stretch& s) {
  stop(s);
  s.start.reset();
  s.told = ~u64{0};
}

/// The guest's world has answered a write otherwise than the machine took for granted: what it told
/// was another future. It begins again.
void Story::drop_if_wrong(Stretch& s) {
  using emulator::machine::Follower;
  if (!s.assumed || !s.start || Follower::still_holds(leader_, *s.assumed)) return;
  stop(s);
  s.assumed.reset();
  s.told = s.begin;
  steps_.erase(steps_.lower_bound({s.begin, 0}), steps_.lower_bound({s.end, 0}));
}

u64 Story::complete_up_to() const {
  for (const Stretch& s : stretches_)
    if (s.told < s.end) return s.told;
  return ~u64{0};
}

bool Story::run(Stretch& s, u64 until) {
  if (!s.session) start(s);
  auto& machine = s.session->machine();
  machine.stop_at(until);
  bool over = until == s.end;
  try {
    over |= s.follower->run().has_value();
  } catch (const emulator::machine::InputInterrupted&) {
    stop(s);
    s.told = s.begin;
    return false;
  } catch (const std::exception&) {
    over = true;  // the leader will come to it too, and say why
  }
  if (!s.assumed) s.assumed = s.follower->assumed();
  if (over) {
    s.models->finish();
    s.assumed ? stop(s) : give_up(s);
    s.told = ~u64{0};
  } else {
    s.told = std::min(s.models->told_up_to(), machine.retired());
  }
  return true;
}

bool Story::reach(u64 number) {
  for (Stretch& s : stretches_) {
    drop_if_wrong(s);
    while (s.told < std::min(number, s.end)) {
      if (interrupted && interrupted()) return false;
      // Beyond `number` only when a model that is still at work holds back what came after it
      // began.
      const u64 now = s.session ? s.session->machine().retired() : s.begin;
      const u64 until = now < number ? std::min(now + kChunk, number) : now + kChunk / 10;
      if (!run(s, std::min(until, s.end))) return false;
    }
  }
  return true;
}

const ToldStep* Story::next(u64 from, const Wanted& wanted, u64 until) {
  u64 ahead = 20'000;  // most searches end soon
  for (u64 begin = from; begin < until;) {
    const u64 told = std::max(begin, complete_up_to());
    const u64 end = std::min(until, told > ~u64{0} - ahead ? ~u64{0} : told + ahead);
    if (!reach(end)) return nullptr;
    for (auto it = steps_.lower_bound({begin, 0}); it != steps_.end(); ++it) {
      if (it->first.first >= end) break;
      if (wanted(it->second)) return &it->second;
    }
    begin = end;
    ahead = std::min(ahead * 2, kChunk);
  }
  return nullptr;
}

const ToldStep* Story::previous(u64 before, const Wanted& wanted) {
  if (!reach(before)) return nullptr;
  for (auto it = steps_.lower_bound({before, 0}); it != steps_.begin();)
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
  if (position > complete_up_to() && position - complete_up_to() > kNear) return nullptr;
  return previous(position, [](const ToldStep&) { return true; });
}

void Story::begin_afresh() {
  const u64 here = leader_.position();
  steps_.erase(steps_.lower_bound({here, 0}), steps_.end());
  while (!stretches_.empty() && stretches_.back().begin >= here) stretches_.pop_back();
  if (!stretches_.empty()) {
    Stretch& last = stretches_.back();
    last.end = here;
    // A machine that has gone farther was in a future that will not come.
    if (last.session && last.session->machine().retired() > here) {
      stop(last);
      if (last.told < here) last.told = last.begin;
    }
  }
  stretches_.emplace_back(emulator::machine::Follower::start(leader_));
  // A program that is changed all the time is not to fill the memory with its states: those of long
  // ago go, but the first.
  const auto kept = [](const Stretch& s) { return s.start.has_value(); };
  if (static_cast<std::size_t>(std::ranges::count_if(stretches_, kept)) <= kMostStarts) return;
  give_up(*std::find_if(stretches_.begin() + 1, stretches_.end(), kept));
}

}  // namespace rt0::debug
