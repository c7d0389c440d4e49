#include "tools/rt0/gdb/packet.hpp"

#include "tests/support/catch.hpp"

namespace {

using namespace rt0::gdb;
using Kind = Arrival::Kind;

/// What arrives of some bytes, fed in pieces of `piece`.
std::vector<Arrival> arrivals(std::string_view bytes, std::size_t piece = 4096) {
  PacketReader reader;
  std::vector<Arrival> all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    reader.feed(bytes.substr(0, piece));
    while (auto a = reader.next()) all.push_back(*a);
  }
  return all;
}

std::string payload_of(std::string_view bytes) {
  const auto all = arrivals(bytes);
  REQUIRE(all.size() == 1);
  REQUIRE(all.front().kind == Kind::packet);
  return all.front().payload;
}

}  // namespace

TEST_CASE("a packet is its payload between $ and the checksum") {
  CHECK(payload_of("$qC#b4") == "qC");
  CHECK(payload_of("$#00") == "");
  CHECK(payload_of("+$?#3F") == "?");
}

TEST_CASE("a packet may come in any pieces") {
  for (std::size_t piece = 1; piece < 12; ++piece) {
    const auto all = arrivals("+$m401000,4#f2-\x03$g#67", piece);
    REQUIRE(all.size() == 4);
    CHECK(all[0].payload == "m401000,4");
    CHECK(all[1].kind == Kind::again);
    CHECK(all[2].kind == Kind::interrupt);
    CHECK(all[3].payload == "g");
  }
}

TEST_CASE("escapes are undone, and what is framed comes back") {
  CHECK(payload_of("$}\x03}\x04}]}\n#62") == "#$}*");
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  CHECK(payload_of(framed(every)) == every);
  CHECK(framed("OK") == "$OK#9a");
}

TEST_CASE("an interrupt inside of a packet is a byte of it") {
  std::string text = "a\x03";
  CHECK(payload_of(framed(text)) == text);
}

TEST_CASE("a wrong checksum is a damaged packet") {
  CHECK(arrivals("$qC#b5").front().kind == Kind::damaged);
  CHECK(arrivals("$qC#zz").front().kind == Kind::damaged);
}

TEST_CASE("a $ inside of a packet begins another") { CHECK(payload_of("$half$qC#b4") == "qC"); }

TEST_CASE("a packet that is too long is told once, and is not kept") {
  const std::string longest(kMostPayload, 'x');
  CHECK(payload_of(framed(longest)) == longest);
  const auto all = arrivals(framed(longest + "x") + "$qC#b4");
  REQUIRE(all.size() == 2);
  CHECK(all[0].kind == Kind::too_long);
  CHECK(all[0].payload.empty());
  CHECK(all[1].payload == "qC");
}

TEST_CASE("many interrupts are one, until it is fetched") {
  PacketReader reader;
  reader.feed("\x03\x03\x03");
  CHECK(reader.interrupt_waits());
  CHECK(reader.waiting() == 1);
  reader.drop_interrupt();
  CHECK_FALSE(reader.interrupt_waits());
}

TEST_CASE("noise between packets is nothing") { CHECK(arrivals("hello\n#00++\xff").empty()); }

TEST_CASE("hex is two digits a byte") {
  CHECK(to_hex(std::string_view("\x00\xff\x1a", 3)) == "00ff1a");
  CHECK(from_hex("00ff1A") == std::vector<emulator::u8>{0, 255, 26});
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0g"));
  CHECK(from_hex("")->empty());
}

TEST_CASE("a number is hex of up to 64 bits") {
  CHECK(hex_number("0") == 0u);
  CHECK(hex_number("ffffffffffffffff") == ~emulator::u64{0});
  CHECK_FALSE(hex_number("10000000000000000"));
  CHECK_FALSE(hex_number(""));
  CHECK_FALSE(hex_number("-1"));
  CHECK_FALSE(hex_number("0x10"));
}
