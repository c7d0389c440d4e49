#include "emulator/cpu/byte_runs.hpp"

#include <algorithm>
#include <bit>

namespace emulator::cpu {
namespace {

constexpr u64 kPeriod = 8;
/// Shorter ones are kept as they are; longer ones are looked at in pieces of this size.
constexpr u64 kLeast = 64, kPiece = 4096;

u64 first_word(std::span<const u8> bytes) {
  u64 word;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

bool repeats(std::span<const u8> bytes) {
  return bytes.size() >= kLeast &&
         std::memcmp(bytes.data(), bytes.data() + kPeriod, bytes.size() - kPeriod) == 0;
}

u8 byte_of(u64 word, u64 offset) { return static_cast<u8>(word >> (8 * (offset % kPeriod))); }

}  // namespace

void ByteRuns::clear() {
  // One long instruction is not to cost its memory for ever.
  constexpr std::size_t kKept = 1 << 20;
  if (bytes_.capacity() > kKept) bytes_ = {};
  pieces_.clear(), bytes_.clear(), size_ = 0;
}

void ByteRuns::append_repeated(u64 word, u64 size) {
  if (size == 0) return;
  size_ += size;
  if (!pieces_.empty() && pieces_.back().repeats) {
    Piece& last = pieces_.back();
    if (std::rotr(last.word, static_cast<int>(8 * (last.size % kPeriod))) == word) {
      last.size += size;
      return;
    }
  }
  pieces_.push_back({size, bytes_.size(), word, true});
}

void ByteRuns::append(std::span<const u8> bytes) {
  while (!bytes.empty()) {
    const bool whole = pieces_.empty() || pieces_.back().repeats || pieces_.back().size >= kPiece ||
                       !at_end(pieces_.back());
    const u64 room = whole ? kPiece : kPiece - pieces_.back().size;
    const auto part = bytes.first(std::min<u64>(room, bytes.size()));
    bytes = bytes.subspan(part.size());
    if (whole && repeats(part)) {
      append_repeated(first_word(part), part.size());
      continue;
    }
    if (whole) pieces_.push_back({0, bytes_.size(), 0, false});
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    pieces_.back().size += part.size();
    size_ += part.size();
    if (pieces_.back().size == kPiece) settle();
  }
}

/// The last piece, put together from short ones, is whole: does it repeat?
void ByteRuns::settle() {
  const Piece last = pieces_.back();
  const auto bytes = std::span<const u8>(bytes_).subspan(last.at, last.size);
  if (!repeats(bytes)) return;
  const u64 word = first_word(bytes);
  pieces_.pop_back();
  bytes_.resize(last.at);
  size_ -= last.size;
  append_repeated(word, last.size);
}

void ByteRuns::reverse(unsigned element) {
  std::reverse(pieces_.begin(), pieces_.end());
  for (Piece& p : pieces_) {
    if (p.repeats) {
      u64 word = 0;
      for (u64 i = 0; i < kPeriod; ++i) {
        const u64 from = p.size - (i / element + 1) * element + i % element;
        word |= u64{byte_of(p.word, from)} << (8 * i);
      }
      p.word = word;
      continue;
    }
    u8* const bytes = bytes_.data() + p.at;
    std::reverse(bytes, bytes + p.size);
    for (u64 i = 0; i < p.size; i += element) std::reverse(bytes + i, bytes + i + element);
  }
}

void ByteRuns::copy(u64 offset, std::span<u8> to) const {
  for (const Piece& p : pieces_) {
    if (to.empty()) return;
    if (offset >= p.size) {
      offset -= p.size;
      continue;
    }
    const u64 n = std::min<u64>(p.size - offset, to.size());
    if (p.repeats)
      for (u64 i = 0; i < n; ++i) to[i] = byte_of(p.word, offset + i);
    else
      std::memcpy(to.data(), bytes_.data() + p.at + offset, n);
    to = to.subspan(n);
    offset = 0;
  }
}

}  // namespace emulator::cpu
