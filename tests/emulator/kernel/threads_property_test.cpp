// Laws over what threads may do to each other in any order: what ThreadTable answers from its lines
// is what a look at every thread says, and no clock ever goes back.
#include <algorithm>
#include <map>
#include <sstream>

#include "emulator/base/random.hpp"
#include "emulator/kernel/clock.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"
#include "tests/support/catch.hpp"

using namespace tests;
using kernel::Itimerspec;
using kernel::Itimerval;
using kernel::Tid;
using kernel::Timespec;
using kernel::Timeval;

namespace {

constexpr u64 kRead = 0, kWrite = 1, kOpen = 2, kClose = 3, kSigprocmask = 14, kNanosleep = 35,
              kGetitimer = 36, kSetitimer = 38, kClone = 56, kExit = 60, kKill = 62,
              kGetrusage = 98, kTimes = 100, kSigtimedwait = 128, kFutex = 202, kTimerCreate = 222,
              kTimerSettime = 223, kTimerGettime = 224, kClockGettime = 228, kTgkill = 234,
              kPipe = 293;
constexpr u64 kCloneFlags = 0x50f00;
constexpr i64 kTick = 10'000'000;

/// A process whose threads do what a seed says.
class Crowd : public World {
 public:
  explicit Crowd(u64 seed) : random_(seed), at_(page()) {
    for (const int signal : {10, 12}) handle(signal, 0x401080, 0);
    REQUIRE(call(kPipe, at_, 0) == 0);
    pipe_ = get<std::array<i32, 2>>(at_);
    put(at_, Itimerval{{0, 0}, {1'000'000, 0}});
    REQUIRE(call(kSetitimer, 2, at_, 0) == 0);  // ITIMER_PROF, never to expire
    struct Sigevent {
      u64 value = 0;
      i32 signal = 0, notify = 1;
      u8 rest[48] = {};
    };
    put(at_, Sigevent{});
    REQUIRE(call(kTimerCreate, 2, at_, at_ + 64) == 0);
    timer_ = get<i32>(at_ + 64);
    put(at_, Itimerspec{{0, 0}, {1'000'000, 0}});
    REQUIRE(call(kTimerSettime, timer_, 0, at_, 0) == 0);
  }

  /// One thread that can run does something; false when there is none.
  bool step() {
    const auto kept = kernel.checkpoint();
    if (pick(50) == 0) kernel.restore(kept);
    kernel.remove_ended();
    Thread* t = kernel.next_able(static_cast<Tid>(pick(next_tid_ + 1)));
    if (t == nullptr) t = kernel.next_able(0);
    if (t == nullptr) return pass_time();
    if (t->state == ThreadState::waiting) kernel.resume(*t);
    if (t->state == ThreadState::runnable) kernel.deliver_signals(*t);
    if (kernel.exit || t->state != ThreadState::runnable) return !kernel.exit;
    const u64 instructions = pick(3000);
    kernel.ran(*t, instructions);
    spent_ += instructions;
    kernel.set_time(kernel.now() + Nanos(static_cast<i64>(instructions)), t);
    act(*t);
    return !kernel.exit;
  }

  u64 spent() const { return spent_; }
  i32 timer() const { return timer_; }
  u64 at() const { return at_; }
  u64 pick(u64 below) { return base::next_random(random_) % below; }

 private:
  /// As the machine jumps: nothing to do but to wait for the next deadline.
  bool pass_time() {
    const auto next = kernel.next_deadline();
    if (!next) return false;
    kernel.set_time(*next);
    return true;
  }

  void act(Thread& t) {
    const u64 word = at_ + 256 + 4 * pick(3), other = at_ + 256 + 4 * pick(3);
    put(at_ + 64, Timespec{0, static_cast<i64>(pick(20'000))});
    switch (pick(12)) {
      case 0:
        if (kernel.live_threads() < 12) next_tid_ = call(t, kClone, kCloneFlags, 0, 0, 0, 0);
        return;
      case 1:
        if (t.tid != 1 || pick(8) == 0) call(t, kExit, 0);
        return;
      case 2:
        call(t, kFutex, word, 128, 0, pick(2) == 0 ? at_ + 64 : 0);
        return;
      case 3:
        call(t, kFutex, word, 138, pick(3), 0, 0, 1 + pick(3));  // FUTEX_WAKE_BITSET
        return;
      case 4:
        call(t, kFutex, word, 131, pick(2), pick(4), other, 0);  // FUTEX_REQUEUE
        return;
      case 5:
        call(t, kNanosleep, at_ + 64, 0);
        return;
      case 6:
        call(t, kTgkill, 1, 1 + pick(next_tid_ + 1), pick(2) == 0 ? 10 : 12);
        return;
      case 7:
        call(t, kKill, 1, pick(2) == 0 ? 10 : 12);
        return;
      case 8:
        put(at_ + 128, pick(2) == 0 ? kernel::sig_bit(10) : kernel::sig_bit(12));
        call(t, kSigprocmask, pick(2), at_ + 128, 0, 8);
        return;
      case 9:
        put(at_ + 128, kernel::sig_bit(10));
        call(t, kSigtimedwait, at_ + 128, 0, pick(2) == 0 ? at_ + 64 : 0, 8);
        return;
      case 10:
        call(t, kRead, pipe_[0], at_ + 512, 1);
        return;
      default:
        call(t, kWrite, pipe_[1], at_ + 512, 1);
    }
  }

  u64 random_, at_, spent_ = 0, next_tid_ = 1;
  std::array<i32, 2> pipe_{};
  i32 timer_ = 0;
};

/// The law of the table: every answer is that of a look at all threads.
void check_table(Crowd& w) {
  std::optional<Nanos> deadline;
  std::size_t live = 0;
  for (const auto& t : w.kernel.threads()) {
    live += t->state != ThreadState::dead;
    CHECK(w.kernel.find_thread(t->tid) == (t->state == ThreadState::dead ? nullptr : t.get()));
    if (t->state == ThreadState::waiting && t->wait.deadline && !t->wait.timed_out)
      deadline = std::min(deadline.value_or(*t->wait.deadline), *t->wait.deadline);
  }
  CHECK(w.kernel.live_threads() == live);
  // The CPU timers of the crowd are far away.
  if (deadline) CHECK(w.kernel.next_deadline() == deadline);
  Thread* able = nullptr;
  for (auto it = w.kernel.threads().rbegin(); it != w.kernel.threads().rend(); ++it) {
    CHECK(w.kernel.next_able((*it)->tid) == able);
    if ((*it)->state == ThreadState::runnable || w.kernel.can_resume(**it)) able = it->get();
  }
  CHECK(w.kernel.next_able(0) == able);
}

i64 nanos(Timespec t) { return t.seconds * 1'000'000'000 + t.nanoseconds; }
i64 nanos(Timeval t) { return t.seconds * 1'000'000'000 + t.microseconds * 1000; }

/// utime of /proc/self/stat, in ticks.
i64 ticks_of_stat(Crowd& w, Thread& t) {
  w.put(w.at() + 1024, std::to_array("/proc/self/stat"));
  const u64 fd = w.call(t, kOpen, w.at() + 1024, 0, 0);
  REQUIRE(fd < 64);
  const u64 size = w.call(t, kRead, fd, w.at() + 1024, 512);
  REQUIRE(w.call(t, kClose, fd) == 0);
  const auto bytes = w.get<std::array<char, 512>>(w.at() + 1024);
  std::istringstream text(std::string(bytes.data(), size));
  std::string word;
  for (int field = 1; field <= 14; ++field) text >> word;
  return std::stoll(word);
}

/// Reads every clock by thread `t`, compares them with what they were, and the sums of CPU time
/// with each other.
void check_clocks(Crowd& w, Thread& t, std::map<std::pair<i64, Tid>, i64>& before) {
  const u64 at = w.at() + 2048;
  for (const i64 id : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11}) {
    REQUIRE(w.call(t, kClockGettime, id, at) == 0);
    i64& last = before[{id, id == 3 ? t.tid : 0}];
    const i64 now = nanos(w.get<Timespec>(at));
    CHECK(now >= last);
    last = now;
  }
  const i64 cpu = before[{2, 0}];
  CHECK(cpu == static_cast<i64>(w.spent()));
  REQUIRE(w.call(t, kGetrusage, 0, at) == 0);
  CHECK(nanos(w.get<Timeval>(at)) == cpu / 1000 * 1000);
  w.call(t, kTimes, at);
  CHECK(w.get<i64>(at) == cpu / kTick);
  CHECK(ticks_of_stat(w, t) == cpu / kTick);
  constexpr i64 kAhead = 1'000'000 * i64{1'000'000'000};
  REQUIRE(w.call(t, kGetitimer, 2, at) == 0);
  CHECK(nanos(w.get<Itimerval>(at).value) == (kAhead - cpu) / 1000 * 1000);
  REQUIRE(w.call(t, kTimerGettime, w.timer(), at) == 0);
  CHECK(nanos(w.get<Itimerspec>(at).value) == kAhead - cpu);
}

}  // namespace

TEST_CASE("What threads wait for, and who may run, is known without a look at all of them") {
  for (u64 seed = 1; seed <= 40; ++seed) {
    Crowd w(seed);
    INFO("seed " << seed);
    for (int i = 0; i < 300 && w.step(); ++i) check_table(w);
  }
}

TEST_CASE("No clock goes back, whatever threads end, and all accounts of CPU time agree") {
  for (u64 seed = 1; seed <= 20; ++seed) {
    Crowd w(seed);
    INFO("seed " << seed);
    std::map<std::pair<i64, Tid>, i64> before;
    for (int i = 0; i < 300 && w.step(); ++i)
      for (const auto& t : w.kernel.threads())
        if (t->state == ThreadState::runnable) {
          check_clocks(w, *t, before);
          break;
        }
  }
}

TEST_CASE("The clock of a thread that has ended does not exist, and timers on it stand still") {
  World w;
  const u64 at = w.page();
  Thread& t = w.new_thread();
  const auto clock = static_cast<u64>(static_cast<i64>((~t.tid << 3) | 6));
  w.kernel.ran(t, 700);
  REQUIRE(w.call(kClockGettime, clock, at) == 0);
  CHECK(w.get<Timespec>(at).nanoseconds == 700);
  REQUIRE(w.call(kTimerCreate, clock, 0, at) == 0);
  const i32 id = w.get<i32>(at);
  w.put(at, Itimerspec{{0, 0}, {0, 900}});
  REQUIRE(w.call(kTimerSettime, id, 0, at, 0) == 0);
  w.call(t, kExit, 0);
  w.kernel.remove_ended();
  CHECK(w.call(kClockGettime, clock, at) == failed(Errno::einval));
  CHECK(w.call(kTimerCreate, clock, 0, at) == failed(Errno::einval));
  REQUIRE(w.call(kTimerGettime, id, at) == 0);
  CHECK(nanos(w.get<Itimerspec>(at).value) == 0);
  CHECK(w.call(kTimerSettime, id, 0, at, 0) == failed(Errno::esrch));
  REQUIRE(w.call(kClockGettime, 2, at) == 0);
  CHECK(w.get<Timespec>(at).nanoseconds == 700);
}
