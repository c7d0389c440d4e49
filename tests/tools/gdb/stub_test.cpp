#include "tools/rt0/gdb/stub.hpp"
#include "tools/rt0/gdb/signals.hpp"

#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace rt0::gdb;
using tests::kData;
using tests::kText;

// mov ecx, 3; dec ecx; jnz -4; mov [kData], rcx; exit_group(7)
const tests::Code kProgram = {0xb9, 3,    0,    0,    0, 0xff, 0xc9, 0x75, 0xfc, 0x48,
                              0x89, 0x0c, 0x25, 0,    0, 0x60, 0,    0xbf, 7,    0,
                              0,    0,    0xb8, 0xe7, 0, 0,    0,    0x0f, 0x05};

emulator::machine::Settings settings() {
  emulator::machine::Settings s;
  s.kernel = tests::plain_config();
  s.memory_limit = u64{64} << 20;
  s.max_instructions = 100'000;
  return s;
}

struct World {
  tests::TapeHost host;
  std::string console;
  emulator::machine::Timeline timeline{settings(), tests::image_of_code(program()), host};
  Stub stub{timeline, {"/program", {}, false}, hooks()};

  static tests::Code program() {
    tests::Code code = kProgram;
    for (unsigned i = 0; i < 4; ++i) code[13 + i] = static_cast<u8>(kData >> (8 * i));
    return code;
  }
  StubHooks hooks() {
    StubHooks h;
    h.console = [this](std::string_view text) { console += text; };
    return h;
  }
  World() { stub.greet(); }
  std::string ask(std::string_view payload) { return stub.answer(payload).value_or("none"); }
  u64 rip() {
    const auto bytes = *from_hex(ask("p10"));
    u64 value = 0;
    std::memcpy(&value, bytes.data(), 8);
    return value;
  }
};

std::string hex_of(u64 value) { return fmt::format("{:x}", value); }
std::string little(u64 value) {
  return to_hex(std::span(reinterpret_cast<const u8*>(&value), sizeof value));
}

}  // namespace

TEST_CASE("a client finds the guest before its first instruction") {
  World w;
  CHECK(w.ask("?") == "T05thread:1;");
  CHECK(w.rip() == kText);
  CHECK(w.ask("qC") == "QC1");
  CHECK(w.ask("qfThreadInfo") == "m1");
  CHECK(w.ask("T1") == "OK");
  CHECK(w.ask("T2") == "E01");
}

TEST_CASE("a step forwards and one back") {
  World w;
  CHECK(w.ask("vCont;s:1") == "T05thread:1;");
  CHECK(w.rip() == kText + 5);
  CHECK(w.ask("p2") == little(3));
  CHECK(w.ask("bs") == "T05thread:1;");
  CHECK(w.rip() == kText);
  CHECK(w.ask("bs") == "T05replaylog:begin;thread:1;");
}

TEST_CASE("a range is stepped through") {
  World w;
  CHECK(w.ask("vCont;r" + hex_of(kText) + "," + hex_of(kText + 9) + ":1") == "T05thread:1;");
  CHECK(w.rip() == kText + 9);
  CHECK(w.timeline.position() == 7);
}

TEST_CASE("a breakpoint stops both ways, and says so to a client that knows") {
  World w;
  CHECK(w.ask("Z0," + hex_of(kText + 7) + ",1") == "OK");
  CHECK(w.ask("vCont;c") == "T05thread:1;");
  CHECK(w.ask("qSupported:swbreak+;hwbreak+").find("ReverseContinue+") != std::string::npos);
  CHECK(w.ask("c") == "T05swbreak:;thread:1;");
  CHECK(w.timeline.position() == 4);
  CHECK(w.ask("bc") == "T05swbreak:;thread:1;");
  CHECK(w.timeline.position() == 2);
  CHECK(w.ask("bc") == "T05replaylog:begin;thread:1;");
  CHECK(w.ask("z0," + hex_of(kText + 7) + ",1") == "OK");
  CHECK(w.ask("Z1," + hex_of(kText + 9) + ",1") == "OK");
  CHECK(w.ask("c") == "T05hwbreak:;thread:1;");
}

TEST_CASE("watchpoints name their address") {
  World w;
  w.timeline.write_memory(Addr(kData), std::vector<u8>(8, 1));
  CHECK(w.ask("Z2," + hex_of(kData) + ",8") == "OK");
  CHECK(w.ask("c") == "T05watch:" + hex_of(kData) + ";thread:1;");
  CHECK(w.ask("m" + hex_of(kData) + ",8") == "0000000000000000");
  CHECK(w.ask("bc") == "T05watch:" + hex_of(kData) + ";thread:1;");
  CHECK(w.ask("m" + hex_of(kData) + ",8") == "0101010101010101");
  w.ask("z2," + hex_of(kData) + ",8");
  w.ask("Z4," + hex_of(kData) + ",1");
  CHECK(w.ask("c") == "T05awatch:" + hex_of(kData) + ";thread:1;");
}

TEST_CASE("registers and memory can be written, and what lay ahead is forgotten") {
  World w;
  w.ask("c");
  w.ask("bc");
  CHECK(w.ask("vCont;s:1") == "T05thread:1;");
  CHECK(w.ask("P2=" + little(1)) == "OK");
  CHECK(w.timeline.furthest() == 1);
  CHECK(w.ask("M" + hex_of(kData) + ",2:abcd") == "OK");
  CHECK(w.ask("X" + hex_of(kData + 2) + ",1:}") == "OK");
  CHECK(w.ask("m" + hex_of(kData) + ",3") == "abcd7d");
  CHECK(w.ask("Z0," + hex_of(kText + 9) + ",1") == "OK");
  w.ask("c");
  CHECK(w.timeline.position() == 3);
}

TEST_CASE("all registers go out and back in") {
  World w;
  w.ask("vCont;s:1");
  const std::string all = w.ask("g");
  CHECK(w.ask("G" + all) == "OK");
  CHECK(w.ask("g") == all);
  CHECK(w.ask("P18=" + std::string(20, '1')).starts_with("E"));  // st0
  CHECK(w.ask("P39=" + little(~u64{0})) == "OK");                // orig_rax
}

TEST_CASE("the description names as many registers as there are") {
  World w;
  std::string xml;
  for (unsigned at = 0; xml.empty() || xml.back() != '\0';) {
    const std::string piece = w.ask("qXfer:features:read:target.xml:" + hex_of(at) + ",200");
    REQUIRE(piece.size() > 1);
    xml += piece.substr(1);
    at += static_cast<unsigned>(piece.size() - 1);
    if (piece.front() == 'l') break;
  }
  std::size_t count = 0;
  for (std::size_t at = xml.find("<reg "); at != std::string::npos; at = xml.find("<reg ", at + 1))
    ++count;
  CHECK(count == RegisterFile(true).count());
  for (const char* name : {"i386.core", "i386.sse", "i386.avx", "i386.linux", "i386.segments"})
    CHECK(xml.find(std::string("org.gnu.gdb.") + name) != std::string::npos);
  CHECK(w.ask("p" + hex_of(count)) == "E01");
}

TEST_CASE("memory is read as far as it is mapped") {
  World w;
  const std::string all = w.ask("m" + hex_of(kText) + ",5");
  CHECK(all == "b903000000");
  CHECK(w.ask("m0,1") == "E0e");
  const std::string cut = w.ask("m" + hex_of(0x7fffffffeff0) + ",100");
  CHECK(cut.size() == 2 * 0x10);
  CHECK(w.ask("mffffffffffffffff,10") == "E0e");
}

TEST_CASE("the end is announced an instruction before, and then comes") {
  World w;
  CHECK(w.ask("c") == "T05replaylog:end;thread:1;");
  CHECK(w.console.find("status 7") != std::string::npos);
  CHECK(w.ask("bs") == "T05thread:1;");
  CHECK(w.ask("c") == "T05replaylog:end;thread:1;");
  CHECK(w.ask("c") == "W07");
  CHECK(w.ask("P0=" + little(1)) == "E01");
}

TEST_CASE("monitor says where the guest stands, and goes elsewhere") {
  World w;
  CHECK(w.ask("qRcmd," + to_hex(std::string_view("goto 3"))) == "OK");
  CHECK(w.console.starts_with("position 3, thread 1, farthest 3\n"));
  CHECK(w.console.find("flush register-cache") != std::string::npos);
  w.console.clear();
  w.ask("qRcmd," + to_hex(std::string_view("position")));
  CHECK(w.console == "position 3, thread 1, farthest 3\n");
  CHECK(w.timeline.position() == 3);
  w.ask("qRcmd," + to_hex(std::string_view("exit")));
  CHECK(w.stub.wish() == Stub::Wish::stop);
}

TEST_CASE("a fault that ends the process is announced where it happens, with its signal") {
  World w;
  w.ask("vCont;s:1");
  CHECK(w.ask("P10=" + little(8)) == "OK");
  CHECK(w.ask("vCont;c") == "T0bthread:1;");
  CHECK(w.rip() == 8);
  CHECK(w.timeline.position() == 1);
  CHECK(w.console.find("SIGSEGV ends the process") != std::string::npos);
  CHECK(w.ask("bs") == "T05thread:1;");
  CHECK(w.timeline.position() == 0);
  CHECK(w.ask("vCont;c") == "T0bthread:1;");
  CHECK(w.ask("vCont;C0b:1") == "X0b");
}

namespace {

/// rt_sigaction(SIGSEGV, kText+0x40, restorer the same); mov rax, [8]; there: jmp self
constexpr u64 kHandler = kText + 0x40, kAction = kData + 0x100;
tests::Code with_handler() {
  tests::Code code = {0xb8, 13,   0,    0,    0,    0xbf, 11,   0,    0, 0, 0xbe,
                      0,    0,    0,    0,    0x31, 0xd2, 0x41, 0xba, 8, 0, 0,
                      0,    0x0f, 0x05, 0x48, 0x8b, 4,    0x25, 8,    0, 0, 0};
  for (unsigned i = 0; i < 4; ++i) code[11 + i] = static_cast<u8>(kAction >> (8 * i));
  code.resize(0x40, 0xcc);
  code.push_back(0xeb), code.push_back(0xfe);
  return code;
}
constexpr u64 kFaults = kText + 25;

struct Handled {
  tests::TapeHost host;
  std::string console;
  emulator::machine::Timeline timeline{settings(), tests::image_of_code(with_handler()), host};
  Stub stub{timeline,
            {"/program", {}, false},
            {[this](std::string_view t) { console += t; }, {}, {}, {}}};
  Handled() {
    stub.greet();
    constexpr u64 kOnRestorer = 0x04000000;  // SA_RESTORER
    ask("M" + hex_of(kAction) + ",18:" + little(kHandler) + little(kOnRestorer) + little(kHandler));
  }
  std::string ask(std::string_view payload) { return stub.answer(payload).value_or("none"); }
  std::string rip() { return ask("p10"); }
};

}  // namespace

TEST_CASE(
    "a signal of the guest stops at the instruction that it comes of, and goes to its handler") {
  Handled w;
  CHECK(w.ask("vCont;c") == "T0bthread:1;");
  CHECK(w.rip() == little(kFaults));
  CHECK(w.ask("vCont;C0a:1").starts_with("E."));  // SIGBUS has not come
  CHECK(w.rip() == little(kFaults));
  CHECK(w.ask("vCont;S0b:1") == "T05thread:1;");
  CHECK(w.rip() == little(kHandler));
  CHECK(w.ask("bc") == "T0bthread:1;");
  CHECK(w.rip() == little(kFaults));
  CHECK(w.ask("vCont;s:1") == "T05thread:1;");
  CHECK(w.ask("bs") == "T05thread:1;");
}

TEST_CASE("signals that are passed are not announced") {
  Handled w;
  CHECK(w.ask("qSupported:").find("QPassSignals+") != std::string::npos);
  CHECK(w.ask("QPassSignals:e;b") == "OK");
  CHECK(w.ask("QPassSignals:x") == "E01");
  CHECK(w.ask("vCont;c").starts_with("T04"));  // on to the limit of instructions, in the handler
  CHECK(w.rip() == little(kHandler));
  CHECK(w.ask("QPassSignals:") == "OK");
  CHECK(w.ask("bc") == "T0bthread:1;");
}

TEST_CASE("signals have gdb's numbers") {
  CHECK(gdb_signal(11) == 11);
  CHECK(gdb_signal(7) == 10);
  CHECK(gdb_signal(23) == 16);
  CHECK(gdb_signal(34) == 46);
  CHECK(gdb_signal(64) == 78);
  CHECK(gdb_signal(16) == 143);
}

TEST_CASE("threads that come and go are announced to a client that asks") {
  tests::TapeHost host;
  // clone(CLONE_VM|SIGHAND|THREAD, rsp); the child: exit(0); the other: jmp self
  emulator::machine::Timeline timeline(
      settings(),
      tests::image_of_code({0xb8, 56,   0,    0,    0,    0xbf, 0,    9,    1,    0,
                            0x48, 0x89, 0xe6, 0x0f, 0x05, 0x85, 0xc0, 0x74, 2,    0xeb,
                            0xfe, 0x31, 0xff, 0xb8, 60,   0,    0,    0,    0x0f, 0x05}),
      host);
  Stub stub(timeline, {"/program", {}, false}, {});
  stub.greet();
  CHECK(stub.answer("QThreadEvents:2") == "E01");
  CHECK(stub.answer("QThreadEvents:1") == "OK");
  CHECK(stub.answer("vCont;c") == "T05create:;thread:2;");
  CHECK(stub.answer("vCont;c") == "w00;2");
}

TEST_CASE("a change by monitor is said, since gdb keeps what it has read") {
  World w;
  StubHooks hooks = w.hooks();
  hooks.monitor = [&w](std::string_view) {
    w.timeline.write_memory(Addr(kData), std::vector<u8>(1, 1));
  };
  Stub stub(w.timeline, {"/program", {}, false}, hooks);
  stub.answer("qRcmd," + to_hex(std::string_view("set var *8 = 1")));
  CHECK(w.console.find("has been changed; \"maintenance flush register-cache\"") !=
        std::string::npos);
}

TEST_CASE("kill takes the guest back to its start") {
  World w;
  w.ask("vCont;s:1");
  CHECK_FALSE(w.stub.answer("k"));
  CHECK(w.timeline.position() == 0);
  CHECK(w.stub.wish() == Stub::Wish::detach);
}

TEST_CASE("a step of one thread lets the schedule go on until it has retired one more") {
  // clone(CLONE_VM|SIGHAND|THREAD, rsp); both: jmp self
  tests::TapeHost host;
  auto s = settings();
  s.quantum = 50;
  emulator::machine::Timeline timeline(
      s,
      tests::image_of_code(
          {0xb8, 56, 0, 0, 0, 0xbf, 0, 9, 1, 0, 0x48, 0x89, 0xe6, 0x0f, 0x05, 0xeb, 0xfe}),
      host);
  Stub stub(timeline, {"/program", {}, false}, {});
  stub.greet();
  for (int i = 0; i < 5; ++i) CHECK(stub.answer("vCont;s:1;c") == "T05thread:1;");
  CHECK(timeline.position() == 5);  // it is its turn: the other stands still
  CHECK(stub.answer("qfThreadInfo") == "m1,2");
  CHECK(stub.answer("vCont;s:2") == "T05thread:2;");
  CHECK(timeline.machine().kernel().find_thread(2)->instructions == 1);
  const u64 there = timeline.position();
  CHECK(there > 6);
  CHECK(stub.answer("Hc2") == "OK");
  CHECK(stub.answer("bs") == "T05thread:2;");
  CHECK(timeline.position() < there);
  REQUIRE(timeline.machine().kernel().find_thread(2) != nullptr);
  CHECK(timeline.machine().kernel().find_thread(2)->instructions == 0);
}
