// A client of rt0 serve that sends anything: bytes through the packet reader, and payloads with
// good checksums, to a stub over a small guest.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "tests/emulator/machine/timeline_world.hpp"
#include "tests/fuzz/target.hpp"
#include "tools/rt0/gdb/stub.hpp"

namespace fuzz {
namespace {

using namespace emulator;
using rt0::gdb::Arrival;
using rt0::gdb::PacketReader;
using rt0::gdb::Stub;

constexpr u64 kInstructions = 2'000, kMemory = u64{8} << 20;
// The first byte of an input.
constexpr u8 kBytes = 0, kPayloads = 1;  // as they are; lines, each framed

// mov ebx, 20; clone(CLONE_VM|SIGHAND|THREAD, rsp); loop: inc qword [kData]; write(1, kData, 1);
// dec ebx; jnz loop; exit_group(3)
tests::Code program() {
  tests::Code code = {0xbb, 20,   0, 0, 0,    0xb8, 56,   0,    0,    0,    0xbf,
                      0,    9,    1, 0, 0x48, 0x89, 0xe6, 0x0f, 0x05, 0x48, 0xff,
                      0x04, 0x25, 0, 0, 0,    0,    0xb8, 1,    0,    0,    0,
                      0xbf, 1,    0, 0, 0,    0xbe, 0,    0,    0,    0,    0xba,
                      1,    0,    0, 0, 0x0f, 0x05, 0xff, 0xcb, 0x75, 0xde, 0xbf,
                      3,    0,    0, 0, 0xb8, 0xe7, 0,    0,    0,    0x0f, 0x05};
  for (unsigned i = 0; i < 4; ++i)
    code[24 + i] = code[39 + i] = static_cast<u8>(tests::kData >> (8 * i));
  return code;
}

machine::Settings settings() {
  machine::Settings s;
  s.kernel = tests::plain_config();
  s.kernel.max_threads = 20;
  s.kernel.max_open_files = 40;
  s.quantum = 30;
  s.max_instructions = kInstructions;
  s.memory_limit = kMemory;
  return s;
}

class Client {
 public:
  Client() : stub_(timeline_, {"/program", file_, true}, hooks()) { stub_.greet(); }

  void send(std::string_view bytes) {
    reader_.feed(bytes);
    while (const auto arrival = reader_.next()) {
      if (arrival->kind != Arrival::Kind::packet || stub_.wish() != Stub::Wish::none) continue;
      if (const auto answer = stub_.answer(arrival->payload)) check(*answer);
      if (timeline_.position() > kInstructions) fail("more instructions than allowed");
      if (timeline_.machine().memory().touched_bytes() > kMemory) fail("too much memory");
    }
  }
  /// Whatever was done, the past is there.
  void finish() {
    timeline_.go_to(0);
    if (timeline_.position() != 0) fail("the way back is lost");
  }

 private:
  rt0::gdb::StubHooks hooks() {
    rt0::gdb::StubHooks h;
    h.console = [](std::string_view text) {
      if (text.empty()) fail("the console is told nothing");
    };
    return h;
  }
  /// What is sent arrives as it was, and fits.
  static void check(const std::string& answer) {
    const std::string frame = rt0::gdb::framed(answer);
    if (frame.size() > rt0::gdb::kMostPayload + 4) fail("an answer is longer than a packet");
    PacketReader reader;
    reader.feed(frame);
    const auto back = reader.next();
    if (!back || back->kind != Arrival::Kind::packet || back->payload != answer)
      fail("an answer does not arrive as it was sent");
  }

  tests::TapeHost host_;
  Input file_ = Input(3000, '#');
  machine::Timeline timeline_{settings(), tests::image_of_code(program()), host_};
  PacketReader reader_;
  Stub stub_;
};

}  // namespace

void run_gdb(Bytes input) {
  Choices choices(input);
  const bool payloads = choices.take<u8>() % 2 == kPayloads;
  const Bytes rest = choices.rest();
  std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
  Client client;
  if (!payloads) client.send(text);
  while (payloads && !text.empty()) {
    const auto [line, more] = rt0::gdb::split(text, '\n');
    client.send(rt0::gdb::framed(line));
    text = more;
  }
  client.finish();
}

std::vector<Input> gdb_seeds() {
  const std::vector<std::vector<std::string>> sessions = {
      {"qSupported:swbreak+;hwbreak+", "QStartNoAckMode", "?", "qC", "qAttached", "Hg0", "Hc-1",
       "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,1", "T1", "qSymbol::", "vCont?"},
      {"qXfer:features:read:target.xml:0,ffb", "qXfer:auxv:read::0,1000",
       "qXfer:exec-file:read::0,100", "qXfer:threads:read::5,100"},
      {"g", "p10", "P10=0010400000000000", "P2=0100000000000000", "p11", "P18=00", "m401000,40",
       "M402000,2:abcd", "X402000,1:q", "m402000,4"},
      {"Z0,401014,1", "vCont;c", "bc", "z0,401014,1", "Z2,402000,8", "c", "c", "bc", "bs",
       "z2,402000,8", "Z3,402000,4", "c", "Z4,402000,1", "bc"},
      {"vCont;s:1", "vCont;s:2;c", "vCont;r401000,401020:1", "Hc2", "bs", "s", "C05", "vCont;c",
       "vCont;c", "bs", "D"},
      {"vFile:setfs:0", "vFile:open:2f70726f6772616d,0,0", "vFile:fstat:3", "vFile:pread:3,800,10",
       "vFile:close:3"},
      {"qRcmd,676f746f203830", "qRcmd,68656c70", "qRcmd,706f736974696f6e", "vKill;1"},
  };
  std::vector<Input> seeds;
  for (const auto& session : sessions) {
    Input lines = {kPayloads}, bytes = {kBytes};
    for (const std::string& payload : session) {
      const std::string frame = "+" + rt0::gdb::framed(payload);
      lines.insert(lines.end(), payload.begin(), payload.end());
      lines.push_back('\n');
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    seeds.push_back(lines);
    seeds.push_back(bytes);
  }
  seeds.push_back({kBytes, 3, '-', '$', '}', 3, '#', '8', '0', '$', '#', '0', '0'});
  return seeds;
}

}  // namespace fuzz
