// The world outside while the past is executed again; questions about the past, changes to it.
#include <cstdlib>
#include <filesystem>

#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace tests;
using machine::Conditions;
using machine::Settings;
using machine::StopEvent;
using machine::StopReason;
using machine::Timeline;
using machine::WatchKind;
using machine::WrittenBy;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "rt0-timeline-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path() const { return path_.string(); }
  void write(const char* name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string read(const char* name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("the guest's output comes once, however often its past is executed") {
  Trip t(kPrintCounts + kExit7);
  std::string want;
  for (u8 i = 5; i > 0; --i) want += std::string{static_cast<char>(i), 0, 0, 0};
  for (const u64 to : {20, 3, 30, 12, 40, 1}) t.timeline.go_to(to);
  CHECK(t.host.out == want.substr(0, 4 * 4));  // the fourth is printed by instruction 33
  t.timeline.resume();
  t.timeline.go_to(0);
  t.timeline.resume();
  CHECK(t.host.out == want);
}

TEST_CASE("what a stream did not take it does not take again, and is asked once") {
  FullHost host;
  Settings s;
  s.kernel.argv = {"guest"};
  Timeline timeline(s, image_of_code(kPrintCounts + kExit7), host);
  const auto answer_in = [&timeline](u64 round) {  // RAX behind the SYSCALL
    timeline.go_to(1 + round * kRound + 6);
    return timeline.machine().kernel().threads().front()->regs[cpu::rax];
  };
  const std::vector<u64> answers = {4, 4, 1, failed(Errno::enospc), failed(Errno::enospc)};
  for (u64 round = 0; round < 5; ++round) CHECK(answer_in(round) == answers[round]);
  CHECK(host.writes == 5);
  host.room = true;
  for (u64 round = 5; round-- > 0;) CHECK(answer_in(round) == answers[round]);
  timeline.go_to(0);
  CHECK(timeline.resume().reason == StopReason::exit);
  CHECK(host.writes == 5);
  // Behind a change all is new.
  CHECK(answer_in(2) == 1);
  auto regs = timeline.machine().registers(*timeline.machine().kernel().threads().front());
  REQUIRE(timeline.set_registers(1, regs));
  CHECK(answer_in(3) == 4);
  CHECK(host.writes == 6);
}

TEST_CASE("standard input is read once and comes again in the same pieces") {
  // again: read(0, kData, 8); test eax, eax; jnz again
  const Code read_all = Code{0x31, 0xc0, 0x31, 0xff, 0xbe, 0,    0x20, 0x40, 0,    0xba,
                             8,    0,    0,    0,    0x0f, 0x05, 0x85, 0xc0, 0x75, 0xec};
  Trip t(read_all + kExit7);
  t.host.input = "abcdefghijkl";
  t.host.piece = 5;
  std::vector<u64> states;
  for (u64 n = 0; n <= 28; ++n) {
    t.timeline.go_to(n);
    states.push_back(state_of(t.timeline.machine()));
  }
  const int reads = t.host.reads;
  for (u64 n = 28; n-- > 0;) {
    t.timeline.go_to(n);
    CHECK(state_of(t.timeline.machine()) == states[n]);
  }
  t.timeline.go_to(28);
  CHECK(t.host.reads == reads);
  CHECK(t.host.input.empty());
}

TEST_CASE("input that the user does not wait for leaves the guest before its read") {
  class Impatient final : public kernel::Host {
   public:
    kernel::Result<u64> write_output(int, std::span<const u8> bytes) override {
      return bytes.size();
    }
    kernel::Result<u64> read_input(std::span<u8>) override {
      if (!patient) {
        timeline->interrupt();  // that, too, is what Ctrl-C does
        throw machine::InputInterrupted();
      }
      return 0;
    }
    bool patient = false;
    Timeline* timeline = nullptr;
  };
  // nop; read(0, kData, 8)
  const Code read_some =
      Code{0x90, 0x31, 0xc0, 0x31, 0xff, 0xbe, 0, 0x20, 0x40, 0, 0xba, 8, 0, 0, 0, 0x0f, 0x05};
  Impatient host;
  Settings s;
  s.kernel.argv = {"guest"};
  Timeline timeline(s, image_of_code(read_some + kExit7), host);
  host.timeline = &timeline;
  for (const StopEvent& e : {timeline.resume(), timeline.step(), timeline.go_to(7)}) {
    CHECK(e.reason == StopReason::interrupted);
    CHECK(e.position == 5);
  }
  CHECK(timeline.position() == 5);
  CHECK(timeline.furthest() == 5);
  host.patient = true;
  CHECK(timeline.resume().reason == StopReason::exit);
}

TEST_CASE("mounted files are read and written once, and answer the same again") {
  const auto set = [](u8 mov, u32 value) {  // mov eax, ecx, edx, …, imm32: b8, b9, ba, …
    Code c{mov, 0, 0, 0, 0};
    std::memcpy(&c[1], &value, 4);
    return c;
  };
  const u32 cell = static_cast<u32>(kData);
  const Code eax_to_ebx{0x89, 0xc3}, ebx_to_edi{0x89, 0xdf}, no_r10{0x4d, 0x31, 0xd2},
      call{0x0f, 0x05};
  // open("/m/f", O_RDWR | O_APPEND); write(fd, "/m", 2); pread64(fd, …, 64, 0); mkdir("/m/d", 0700)
  const Code code = set(0xb8, 2) + set(0xbf, cell) + set(0xbe, 0x402) + call + eax_to_ebx +
                    set(0xb8, 1) + ebx_to_edi + set(0xbe, cell) + set(0xba, 2) + call +
                    set(0xb8, 17) + ebx_to_edi + set(0xbe, cell + 64) + set(0xba, 64) + no_r10 +
                    call + set(0xb8, 83) + set(0xbf, cell + 16) + set(0xbe, 0700) + call + kExit7;
  ElfBuilder b;
  std::vector<u8> data(128);
  std::memcpy(data.data(), "/m/f", 4);
  std::memcpy(data.data() + 16, "/m/d", 4);
  b.set_data(data);
  auto bytes = b.build();
  std::copy(code.begin(), code.end(), bytes.begin() + 0x1000);

  const TemporaryDirectory folder;
  folder.write("f", "abc");
  Settings s;
  s.kernel.argv = {"guest"};
  s.kernel.mounts = {{folder.path(), "/m", true}};
  TapeHost host;
  Timeline timeline(s, image_of(bytes), host);
  std::vector<u64> states;
  for (u64 n = 0; n <= 24; ++n) {
    timeline.go_to(n);
    states.push_back(state_of(timeline.machine()));
  }
  CHECK(folder.read("f") == "abc/m");
  std::string seen(5, ' ');
  timeline.machine().memory().peek(Addr(kData + 64),
                                   {reinterpret_cast<u8*>(seen.data()), seen.size()});
  CHECK(seen == "abc/m");
  folder.write("f", "now it is something else");
  for (u64 n = 24; n-- > 0;) {
    timeline.go_to(n);
    CHECK(state_of(timeline.machine()) == states[n]);
  }
  CHECK(timeline.resume().reason == StopReason::exit);
  CHECK(folder.read("f") == "now it is something else");
}

TEST_CASE("a change by the user becomes part of the past, and what lay ahead is forgotten") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.resume();
  CHECK(t.host.out.size() == 20);
  t.timeline.go_to(1 + kRound * 2);
  cpu::Registers regs = t.timeline.machine().kernel().threads().front()->regs;
  CHECK(regs[cpu::rcx] == 3);
  regs[cpu::rcx] = 1;
  CHECK(t.timeline.set_registers(1, regs));
  CHECK_FALSE(t.timeline.set_registers(42, regs));
  CHECK(t.timeline.furthest() == 1 + kRound * 2);
  CHECK_FALSE(t.timeline.end());
  t.timeline.go_to(3);
  t.timeline.go_to(1 + kRound * 2);
  CHECK(t.reg(cpu::rcx) == 1);
  t.timeline.reverse_step();
  t.timeline.step();
  CHECK(t.reg(cpu::rcx) == 1);
  const StopEvent end = t.timeline.resume();
  CHECK(end.position == 1 + kRound * 3 + 3);
  CHECK(t.host.out.substr(20) == std::string{1, 0, 0, 0});

  t.timeline.go_to(0);
  const Code exit_now = Code{0xe9, 0x28, 0, 0, 0};  // jmp to the exit
  CHECK(t.timeline.write_memory(Addr(kText), exit_now));
  CHECK_FALSE(t.timeline.write_memory(Addr(0x10), exit_now));
  CHECK(t.timeline.resume().position == 4);
}

TEST_CASE("who wrote last is found for memory and registers, before any position") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.resume();
  const u64 here = t.timeline.position(), state = state_of(t.timeline.machine());
  const auto last = t.timeline.last_write({Addr(kData), 4}, here);
  REQUIRE(last);
  CHECK(last->number == 1 + kRound * 4);
  CHECK(last->thread == 1);
  CHECK(last->pc == Addr(kText + 5));
  CHECK(last->by == WrittenBy::instruction);
  CHECK(last->after.at(0) == 1);
  const auto earlier = t.timeline.last_write({Addr(kData + 1), 1}, 1 + kRound * 4);
  REQUIRE(earlier);
  CHECK(earlier->number == 1 + kRound * 3);
  CHECK_FALSE(t.timeline.last_write({Addr(kData), 4}, 1));
  CHECK_FALSE(t.timeline.last_write({Addr(kData + 64), 4}, here));
  const auto rax = t.timeline.last_write({cpu::PlaceKind::gpr, cpu::rax}, 1, 8);
  REQUIRE(rax);
  CHECK(rax->number == 6);
  CHECK(rax->by == WrittenBy::system_call);
  CHECK(rax->after.at(0) == 4);
  CHECK(t.timeline.position() == here);
  CHECK(state_of(t.timeline.machine()) == state);
}

TEST_CASE("the effects of any instruction of the past can be had") {
  Trip t(kPrintCounts + kExit7);
  t.timeline.go_to(20);
  const auto store = t.timeline.executed(1);
  REQUIRE(store);
  CHECK(store->pc == Addr(kText + 5));
  CHECK(store->length == 7);
  CHECK(decode::Decoder::name(store->facts.mnemonic) == "mov");
  REQUIRE(store->effects.count == 1);
  CHECK(store->effects.list[0].address == Addr(kData));
  CHECK(store->effects.list[0].after[0] == 5);
  CHECK_FALSE(t.timeline.executed(20));
  CHECK(t.timeline.position() == 20);
  CHECK(t.host.out.size() == 8);
}

TEST_CASE("checkpoints keep within their bound, and every position can still be reached") {
  // ecx from 200,000 down, each stored at [rsp - 8 * (ecx & 0xffff) ]: many pages
  Code loop = {0xb9, 0x40, 0x0d, 0x03, 0,  // mov ecx, 200000
               0x0f, 0xb7, 0xc1,           // movzx eax, cx
               0x48, 0xf7, 0xd8,           // neg rax
               0x89, 0x0c, 0xc4,           // mov [rsp + 8 * rax], ecx
               0xff, 0xc9, 0x75, 0xf3};    // dec ecx; jnz
  constexpr u64 kBound = 4 << 20;
  Trip t(loop + kExit7, {}, {kBound});
  CHECK(t.timeline.resume().reason == StopReason::exit);
  CHECK(t.timeline.checkpoint_bytes() <= kBound);
  CHECK(t.timeline.checkpoints() > 1);
  for (const u64 n : {900'000, 5, 700'123, 700'122, 1'000'001, 333'333}) {
    t.timeline.go_to(n);
    CHECK(t.timeline.position() == n);
    CHECK(t.reg(cpu::rcx) == 200'000 - (n - 1 + 1) / 5);
    CHECK(t.timeline.checkpoint_bytes() <= kBound);
  }
  t.timeline.set_checkpoint_bytes(1 << 20);
  CHECK(t.timeline.checkpoint_bytes() <= 1 << 20);
}
