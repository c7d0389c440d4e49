#include "runtime_model/golang/wait_reasons.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace runtime_model::golang {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

namespace {

// All releases with g.waitreason begin with these (1.11 and later); the texts behind them differ.
constexpr std::array<std::string_view, 5> kBeginning = {
    "", "GC assist marking", "IO wait", "chan receive (nil chan)", "chan send (nil chan)"};
constexpr std::size_t kLongest = 40;  // of a reason
constexpr std::size_t kMost = 255;    // g.waitreason is a byte

struct Header {  // of a Go string
  u64 data, length;
};

std::string text_of(Memory& memory, const Header& h) {
  std::string text(h.length, '\0');
  try {
    memory.read(Addr(h.data), {reinterpret_cast<u8*>(text.data()), text.size()});
  } catch (const std::exception&) {
    return {};
  }
  return text;
}

/// Lengths are compared first: almost nowhere do they follow each other so.
bool begins(Memory& memory, std::span<const Header> at) {
  if (at.size() < kBeginning.size()) return false;
  for (std::size_t i = 0; i < kBeginning.size(); ++i)
    if (at[i].length != kBeginning[i].size()) return false;
  for (std::size_t i = 1; i < kBeginning.size(); ++i)
    if (text_of(memory, at[i]) != kBeginning[i]) return false;
  return true;
}

bool is_reason(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// A segment as it was loaded, with relocations applied, seen as headers from `shift` bytes on.
std::vector<Header> headers_of(const emulator::kernel::ElfSegment& s, Addr at, u64 shift,
                               Memory& memory) {
  std::vector<Header> out((s.bytes.size() - shift) / sizeof(Header));
  memory.read(at + shift, {reinterpret_cast<u8*>(out.data()), out.size() * sizeof(Header)});
  return out;
}

std::vector<std::string> texts_from(Memory& memory, std::span<const Header> at) {
  std::vector<std::string> out = {""};
  while (out.size() <= kMost && out.size() < at.size()) {
    const Header& h = at[out.size()];
    const std::string text = h.length <= kLongest ? text_of(memory, h) : std::string();
    if (!is_reason(text)) break;
    out.push_back(text);
  }
  return out;
}

}  // namespace

std::vector<std::string> wait_reasons(const emulator::kernel::ElfImage& image, Memory& memory) {
  for (const auto& segment : image.segments) {
    if (!segment.readable || segment.executable || segment.bytes.size() < 64) continue;
    // Headers are aligned to words: there are two ways to see a segment as pairs of them.
    for (const u64 shift : {u64{0}, u64{8}}) {
      std::vector<Header> all;
      try {
        all = headers_of(segment, segment.address + image.load_bias(), shift, memory);
      } catch (const std::exception&) {
        continue;  // it is no longer mapped
      }
      for (std::size_t i = 0; i + kBeginning.size() <= all.size(); ++i)
        if (all[i].length == 0 && begins(memory, std::span(all).subspan(i)))
          return texts_from(memory, std::span(all).subspan(i));
    }
  }
  return {};
}

}  // namespace runtime_model::golang
