// Whatever the mixture of commands, the state is that of a straight run to the same position.
#include <map>
#include <random>

#include "asm/embedded_program.hpp"
#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Conditions;
using machine::Machine;
using machine::Settings;
using machine::StopReason;
using machine::Timeline;

using Image = std::shared_ptr<const kernel::ElfImage>;

Settings settings_for(u64 seed, u64 quantum) {
  Settings s;
  s.kernel.argv = {"guest"};
  s.kernel.seed = seed;
  s.quantum = quantum;
  return s;
}

/// Eight bytes that the user writes.
struct Edit {
  u64 to, value;
  std::span<const u8> bytes() const { return {reinterpret_cast<const u8*>(&value), 8}; }
};
using Edits = std::map<u64, std::vector<Edit>>;  // by position

struct Straight {
  TapeHost host;
  Machine machine;
  Straight(const Settings& s, const Image& image) : machine(s, image, host) {}
  u64 state_at(u64 position, Edits& edits) {
    while (!edits.empty() && edits.begin()->first <= position) {
      run_to(edits.begin()->first);
      for (const Edit& e : edits.begin()->second) machine.memory().poke(Addr(e.to), e.bytes());
      edits.erase(edits.begin());
    }
    run_to(position);
    return state_of(machine);
  }

 private:
  void run_to(u64 position) {
    machine.stop_at(position);
    (void)machine.run();
    REQUIRE(machine.retired() == position);
  }
};

/// A random walk: commands drawn from `random`, the states that were seen at each position.
class Walk {
 public:
  /// One with an odd seed changes memory now and then.
  Walk(const Settings& s, const Image& image, u64 seed, u64 length)
      : random_(seed),
        edits_too_(seed % 2 == 1),
        length_(length),
        timeline_(s, image, host, {u64{32} << 20}) {}

  void command() {
    const u64 before = timeline_.position();
    const u64 near = random_() % 50 + 1, far = random_() % (length_ / 3 + 1);
    const bool long_way = random_() % 4 == 0;
    const u64 count = long_way ? far : near;
    Conditions none;
    switch (random_() % 11) {
      case 0:
      case 1:
        timeline_.step(count);
        break;
      case 2:
      case 3:
        timeline_.reverse_step(count);
        CHECK(timeline_.position() == before - std::min(before, count));
        break;
      case 4: {
        const u64 to = random_() % length_;
        timeline_.go_to(to);
        if (!timeline_.end() || timeline_.end()->position > to) CHECK(timeline_.position() == to);
        break;
      }
      case 5:
        step_thread(near);
        break;
      case 6:
        step_thread_back(near);
        break;
      case 7:
        search(before, true);
        break;
      case 8:
        search(before, false);
        break;
      case 9:
        edit();
        break;
      default:
        ask();
    }
    note();
  }

  void note() {
    const u64 state = state_of(timeline_.machine());
    const auto [at, fresh] = seen_.emplace(timeline_.position(), state);
    CHECK(at->second == state);
  }
  void compare(Straight& straight) const {
    Edits edits = edits_;
    for (const auto& [position, state] : seen_) {
      INFO("position " << position);
      REQUIRE(straight.state_at(position, edits) == state);
    }
  }
  Timeline& timeline() { return timeline_; }
  const TapeHost& output() const { return host; }
  bool edited() const { return !edits_.empty(); }

 private:
  kernel::Tid a_thread() {
    const auto& threads = timeline_.machine().kernel().threads();
    return threads[random_() % threads.size()]->tid;
  }
  std::optional<u64> executed_by(kernel::Tid thread) {
    const kernel::Thread* t = timeline_.machine().kernel().find_thread(thread);
    return t != nullptr ? std::optional(u64{t->instructions}) : std::nullopt;
  }
  void step_thread(u64 count) {
    const kernel::Tid thread = a_thread();
    const auto before = executed_by(thread);
    const auto e = timeline_.step(count, thread);
    if (e.reason == StopReason::step) CHECK(executed_by(thread) == *before + count);
  }
  void step_thread_back(u64 count) {
    const kernel::Tid thread = a_thread();
    const auto before = executed_by(thread);
    const auto e = timeline_.reverse_step(count, thread);
    CHECK(before.has_value() == (e.reason != StopReason::thread_ended));
    if (!before) return;
    CHECK(executed_by(thread) == *before - std::min(*before, count));
    if (*before > 0) CHECK(timeline_.thread() == thread);
  }
  u64 current_rip() {
    const kernel::Thread* t = timeline_.machine().kernel().find_thread(timeline_.thread());
    return t != nullptr ? t->regs.rip : 0;
  }
  u64 current_rsp() {
    const kernel::Thread* t = timeline_.machine().kernel().find_thread(timeline_.thread());
    return t != nullptr ? t->regs[cpu::rsp] : 0;
  }

  /// Below the stack, where Go does not look: the run goes the same way, with another memory.
  void edit() {
    const u64 here = timeline_.position();
    const Edit e{current_rsp() - 512, random_()};
    if (!edits_too_ || !timeline_.write_memory(Addr(e.to), e.bytes())) return;
    edits_.erase(edits_.upper_bound(here), edits_.end());
    edits_[here].push_back(e);
    seen_.erase(seen_.lower_bound(here), seen_.end());
    CHECK(timeline_.furthest() == here);
  }

  void search(u64 before, bool forward) {
    Conditions c;
    switch (random_() % 6) {
      case 0:
      case 1:
        c.addresses = {current_rip()};
        break;
      case 2:
        c.memory.push_back({{Addr(current_rsp() - 8), 8}, machine::WatchKind::write, {}});
        break;
      case 3:
        c.syscall_returns.all = true;
        break;
      case 4:
        c.syscall_entries.all = true;
        break;
      default:
        c.signals = c.threads_created = true;
    }
    if (forward) {
      c.position = length_;  // a long program's walk goes through its beginning
      const auto e = timeline_.resume(c);
      CHECK(e.position == timeline_.position());
      CHECK((e.position > before || e.reason == StopReason::exit));
    } else {
      const auto e = timeline_.reverse_resume(c);
      CHECK(e.position == timeline_.position());
      CHECK((e.position < before || e.reason == StopReason::start));
    }
  }

  void ask() {
    const u64 here = timeline_.position(), state = state_of(timeline_.machine());
    if (timeline_.furthest() == 0) return;
    const u64 number = random_() % timeline_.furthest();
    const auto what = timeline_.executed(number);
    REQUIRE(what);
    CHECK(what->number == number);
    (void)timeline_.last_write({Addr(current_rsp() - 16), 16}, here);
    CHECK(timeline_.position() == here);
    CHECK(state_of(timeline_.machine()) == state);
  }

  TapeHost host;
  std::mt19937_64 random_;
  bool edits_too_;
  u64 length_;
  Timeline timeline_;
  std::map<u64, u64> seen_;
  Edits edits_;
};

void walk(const Settings& s, const Image& image, u64 seed, int commands, u64 longest = ~u64{0}) {
  Straight whole(s, image);
  REQUIRE(whole.machine.run());
  Walk walk(s, image, seed, std::min(whole.machine.retired(), longest));
  for (int i = 0; i < commands; ++i) {
    INFO("seed " << seed << ", command " << i);
    walk.command();
  }
  walk.timeline().resume();
  walk.note();
  if (!walk.edited()) {  // what was printed in a future that was forgotten stays printed
    CHECK(walk.output().err == whole.host.err);
    CHECK(walk.output().out == whole.host.out);
  }
  Straight straight(s, image);
  walk.compare(straight);
}

Image hello() {
  const auto program = programs::hello();
  return image_of(std::vector<u8>(program.begin(), program.end()));
}

}  // namespace

TEST_CASE("hello: any mixture of commands leads to the states of a straight run") {
  if (programs::hello().empty()) return;
  for (u64 seed = 1; seed <= 4; ++seed) walk(settings_for(seed, 10'000), hello(), seed, 60);
  walk(settings_for(9, 50), hello(), 9, 40);
}

TEST_CASE("hello: with the whole boot behind it, its checkpoints are small") {
  if (programs::hello().empty()) return;
  TapeHost host;
  Timeline timeline(settings_for(0, 10'000), hello(), host);
  CHECK(timeline.resume().reason == StopReason::exit);
  timeline.reverse_step(1000);
  CHECK(timeline.checkpoints() > 5);
  CHECK(timeline.checkpoint_bytes() < 8 << 20);
}

#ifdef RT0_TIMELINE_PROGRAMS
TEST_CASE("goroutines, timers: any mixture of commands leads to the states of a straight run") {
  for (const char* name : {"goroutines", "timers"})
    for (u64 seed = 1; seed <= 2; ++seed)
      walk(settings_for(seed, seed == 2 ? 300 : 10'000),
           image_of_file(std::string(RT0_TIMELINE_PROGRAMS "/") + name), seed, 40);
}

// Stacks that move, a traceback over many frames, the collector, goroutines that are preempted by a
// signal: all have happened in the first twelve million instructions.
TEST_CASE(
    "programs that move stacks, collect and preempt: any mixture of commands leads to the states "
    "of a straight run") {
  u64 seed = 0;
  for (const char* name : {"stackgrow", "traceback", "gcload", "preempt"}) {
    ++seed;
    walk(settings_for(seed, seed % 2 == 0 ? 700 : 10'000),
         image_of_file(std::string(RT0_TIMELINE_PROGRAMS "/") + name), seed, 20, 12'000'000);
  }
}
#endif
