/// The packets of gdb's remote serial protocol (gdb manual, appendix E, "Overview"): "$payload#cc",
/// where cc is the sum of the payload's bytes modulo 256 in hex, '}' escapes the byte behind it
/// (XOR 0x20), and between packets '+' and '-' acknowledge, 0x03 interrupts.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/base/types.hpp"

namespace rt0::gdb {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

/// Bytes of a payload as it is sent, escapes included: what qSupported announces as PacketSize.
inline constexpr std::size_t kMostPayload = 0x4000;

struct Arrival {
  enum class Kind : u8 {
    packet,     // `payload`, escapes undone
    interrupt,  // 0x03 between packets
    again,      // '-': what was sent last did not arrive well
    damaged,    // the checksum is wrong or none
    too_long,   // more than kMostPayload bytes
  };
  Kind kind = Kind::packet;
  std::string payload;
};

/// Takes bytes as they come, in any pieces, and any bytes. Holds no more than one packet and what
/// has not been fetched.
class PacketReader {
 public:
  void feed(std::string_view bytes);
  /// The next thing that has arrived whole.
  std::optional<Arrival> next();
  std::size_t waiting() const { return arrived_.size(); }
  /// Something that interrupts has arrived and was not fetched.
  bool interrupt_waits() const;
  void drop_interrupt();

 private:
  enum class State : u8 { between, payload, first_digit, second_digit };
  void between(char c);
  void in_payload(char c);
  void finish();

  State state_ = State::between;
  bool too_long_ = false;
  u8 sum_ = 0;
  char first_digit_ = 0, second_digit_ = 0;
  std::string raw_;
  std::deque<Arrival> arrived_;
};

/// "$payload#cc", with the escapes that a payload needs.
std::string framed(std::string_view payload);

// -- hex, as payloads hold it: two digits a byte, numbers without leading zeros --

std::string to_hex(std::span<const u8> bytes);
std::string to_hex(std::string_view text);
/// Nothing when a digit is missing or none.
std::optional<std::vector<u8>> from_hex(std::string_view digits);
std::optional<u64> hex_number(std::string_view digits);

/// Splits at the first `separator`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator);

}  // namespace rt0::gdb
