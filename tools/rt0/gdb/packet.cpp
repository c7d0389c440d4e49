#include "tools/rt0/gdb/packet.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rt0::gdb {
namespace {

constexpr char kInterrupt = 0x03, kEscape = '}', kFlip = 0x20;

std::optional<u8> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<u8>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<u8>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<u8>(c - 'A' + 10);
  return std::nullopt;
}

u8 sum_of(std::string_view bytes) {
  u8 sum = 0;
  for (const char c : bytes) sum = static_cast<u8>(sum + static_cast<u8>(c));
  return sum;
}

std::string unescaped(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i)
    text += raw[i] == kEscape && i + 1 < raw.size() ? static_cast<char>(raw[++i] ^ kFlip) : raw[i];
  return text;
}

}  // namespace

void PacketReader::feed(std::string_view bytes) {
  for (const char c : bytes) switch (state_) {
      case State::between:
        between(c);
        break;
      case State::payload:
        in_payload(c);
        break;
      case State::first_digit:
        first_digit_ = c;
        state_ = State::second_digit;
        break;
      case State::second_digit:
        second_digit_ = c;
        finish();
        break;
    }
}

void PacketReader::between(char c) {
  if (c == '$') {
    state_ = State::payload;
    raw_.clear();
    too_long_ = false;
    sum_ = 0;
  } else if (c == kInterrupt) {
    // However often it is asked for, it is one interrupt.
    if (!interrupt_waits()) arrived_.push_back({Arrival::Kind::interrupt, {}});
  } else if (c == '-') {
    if (arrived_.empty() || arrived_.back().kind != Arrival::Kind::again)
      arrived_.push_back({Arrival::Kind::again, {}});
  }
}

/// A bare '$' is never part of a payload: the sender has given up the packet and begun another.
void PacketReader::in_payload(char c) {
  if (c == '#') {
    state_ = State::first_digit;
  } else if (c == '$') {
    between(c);
  } else if (raw_.size() == kMostPayload) {
    too_long_ = true;
  } else {
    raw_ += c;
    sum_ = static_cast<u8>(sum_ + static_cast<u8>(c));
  }
}

void PacketReader::finish() {
  state_ = State::between;
  if (too_long_) {
    arrived_.push_back({Arrival::Kind::too_long, {}});
    return;
  }
  const auto high = digit(first_digit_), low = digit(second_digit_);
  if (high && low && *high * 16 + *low == sum_)
    arrived_.push_back({Arrival::Kind::packet, unescaped(raw_)});
  else
    arrived_.push_back({Arrival::Kind::damaged, {}});
}

std::optional<Arrival> PacketReader::next() {
  if (arrived_.empty()) return std::nullopt;
  Arrival first = std::move(arrived_.front());
  arrived_.pop_front();
  return first;
}

bool PacketReader::interrupt_waits() const {
  return std::ranges::find(arrived_, Arrival::Kind::interrupt, &Arrival::kind) != arrived_.end();
}

void PacketReader::drop_interrupt() {
  std::erase_if(arrived_, [](const Arrival& a) { return a.kind == Arrival::Kind::interrupt; });
}

std::string framed(std::string_view payload) {
  // '*' would begin a run length in an answer.
  constexpr std::string_view kSpecial = "$#}*";
  std::string text = "$";
  for (const char c : payload) {
    if (kSpecial.find(c) != std::string_view::npos) {
      text += kEscape;
      text += static_cast<char>(c ^ kFlip);
    } else {
      text += c;
    }
  }
  return text + fmt::format("#{:02x}", sum_of(std::string_view(text).substr(1)));
}

std::string to_hex(std::span<const u8> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const u8 b : bytes) {
    text += kDigits[b >> 4];
    text += kDigits[b & 15];
  }
  return text;
}

std::string to_hex(std::string_view text) {
  return to_hex(std::span(reinterpret_cast<const u8*>(text.data()), text.size()));
}

std::optional<std::vector<u8>> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::vector<u8> bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = digit(digits[i]), low = digit(digits[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<u8>(*high << 4 | *low));
  }
  return bytes;
}

std::optional<u64> hex_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 16) return std::nullopt;
  u64 number = 0;
  for (const char c : digits) {
    const auto d = digit(c);
    if (!d) return std::nullopt;
    number = number << 4 | *d;
  }
  return number;
}

std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace rt0::gdb
