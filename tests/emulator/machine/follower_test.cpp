// A machine that follows a timeline does what it does, and asks the world nothing by itself.
#include "emulator/machine/follower.hpp"
#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Follower;
using machine::InputInterrupted;
using machine::Machine;

/// read(0, kData, 4)
const Code kRead = {0x31, 0xc0, 0x31, 0xff, 0xbe, 0x00, 0x20, 0x40,
                    0x00, 0xba, 4,    0,    0,    0,    0x0f, 0x05};
constexpr u64 kReadLength = 5;  // instructions
const Code kReadTwice = kRead + kPrint + kRead + kExit7;

machine::Settings settings() {
  machine::Settings s;
  s.kernel.argv = {"guest"};
  return s;
}

struct Pair {
  Trip leader;
  Follower::Start start;
  Follower follower;
  Machine machine;
  explicit Pair(const Code& code)
      : leader(code),
        start(Follower::start(leader.timeline)),
        follower(leader.timeline),
        machine(settings(), image_of_code(code), follower) {
    follower.begin(machine, start);
  }
};

}  // namespace

TEST_CASE("a follower that comes to a read first lets its leader read, and the leader comes back") {
  Pair two(kReadTwice);
  two.leader.host.input = "abcdefgh";
  two.leader.host.piece = 4;
  CHECK(two.follower.run()->status == 7);
  CHECK(two.leader.host.reads == 2);
  CHECK(two.leader.timeline.position() == 0);
  CHECK(two.leader.host.out == "abcd");
  two.leader.timeline.resume();
  CHECK(two.leader.host.reads == 2);
  CHECK(two.leader.host.out == "abcd");
  CHECK(state_of(two.leader.timeline.machine()) == state_of(two.machine));
}

TEST_CASE("a follower comes to what its leader has read already") {
  Pair two(kReadTwice);
  two.leader.host.input = "abcd";
  two.leader.timeline.resume();
  CHECK(two.leader.host.reads == 2);
  CHECK(two.follower.run()->status == 7);
  CHECK(two.leader.host.reads == 2);
  CHECK(state_of(two.leader.timeline.machine()) == state_of(two.machine));
}

TEST_CASE("a follower begins where its leader stands, with what the user has changed") {
  Pair two(kPrintCounts + kExit7);
  auto& timeline = two.leader.timeline;
  timeline.step(1 + 2 * kRound);
  auto regs = timeline.machine().registers(*timeline.machine().kernel().threads().front());
  regs.gpr(cpu::rcx) = 1;  // the last round
  int changes = 0;
  timeline.on_change = [&changes] { ++changes; };
  REQUIRE(timeline.set_registers(1, regs));
  CHECK(changes == 1);
  two.follower.begin(two.machine, Follower::start(timeline));
  REQUIRE(two.follower.run());
  CHECK(two.machine.retired() == 1 + 3 * kRound + 3);
  CHECK(timeline.position() == 1 + 2 * kRound);
  timeline.resume();
  CHECK(state_of(timeline.machine()) == state_of(two.machine));
}

namespace {

class ImpatientHost final : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int, std::span<const u8> bytes) override { return bytes.size(); }
  kernel::Result<u64> read_input(std::span<u8> to) override {
    if (impatient) throw InputInterrupted{};
    return std::min<std::size_t>(4, to.size());
  }
  bool impatient = true;
};

}  // namespace

TEST_CASE(
    "a follower is answered what its leader was, and knows when it took too much for granted") {
  FullHost host;
  machine::Timeline leader(settings(), image_of_code(kPrintCounts + kExit7), host);
  const auto start = Follower::start(leader);
  Follower follower(leader);
  Machine machine(settings(), image_of_code(kPrintCounts + kExit7), follower);
  follower.begin(machine, start);
  machine.stop_at(1 + 2 * kRound);  // two writes ahead of the leader
  CHECK_FALSE(follower.run());
  CHECK(host.writes == 0);
  REQUIRE(follower.assumed() == 0u);
  leader.go_to(1 + 2 * kRound);
  CHECK(Follower::still_holds(leader, 0));
  machine.stop_at(~u64{0});
  CHECK(follower.run());
  leader.resume();
  CHECK_FALSE(Follower::still_holds(leader, 0));
  follower.begin(machine, start);  // now that the answers are known
  CHECK(follower.run());
  CHECK_FALSE(follower.assumed());
  CHECK(state_of(leader.machine()) == state_of(machine));
  CHECK(host.writes == 5);
}

TEST_CASE("a follower whose leader is interrupted while it waits for input can begin again") {
  ImpatientHost host;
  machine::Timeline leader(settings(), image_of_code(kReadTwice), host);
  const auto start = Follower::start(leader);
  Follower follower(leader);
  Machine machine(settings(), image_of_code(kReadTwice), follower);
  follower.begin(machine, start);
  CHECK_THROWS_AS(follower.run(), InputInterrupted);
  CHECK(leader.position() == 0);
  host.impatient = false;
  follower.begin(machine, start);
  machine.stop_at(kReadLength);
  CHECK_FALSE(follower.run());
  CHECK(machine.retired() == kReadLength);
  CHECK(leader.position() == 0);
}
