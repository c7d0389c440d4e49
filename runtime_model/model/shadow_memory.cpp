#include "runtime_model/model/shadow_memory.hpp"

#include <array>
#include <cstring>

namespace runtime_model::model {
namespace {

constexpr u64 kWord = 8;

/// Calls visit(word number, first byte in it, bytes, offset in the span) for each word of a range.
template <class Visit>
void for_each_word(Addr from, u64 size, Visit visit) {
  for (u64 done = 0; done < size;) {
    const u64 address = from.value + done;
    const u64 at = address % kWord;
    const u64 bytes = std::min(kWord - at, size - done);
    visit(address / kWord, at, bytes, done);
    done += bytes;
  }
}

constexpr u8 mask_of(u64 at, u64 bytes) { return static_cast<u8>(((1u << bytes) - 1) << at); }

}  // namespace

void LiveMemory::read(Addr from, std::span<u8> to) {
  if (!memory_.peek(from, to)) throw Unmapped{from};
}

void LiveMemory::write(Addr to, std::span<const u8> from) {
  if (!memory_.copy_out(to, from)) throw Unmapped{to};
}

void ShadowMemory::read(Addr from, std::span<u8> to) {
  if (!live_.peek(from, to)) throw Unmapped{from};
  for_each_word(from, to.size(), [&](u64 word, u64 at, u64 bytes, u64 done) {
    const auto it = overlay_.find(word);
    const u8 wanted = mask_of(at, bytes);
    if (it == overlay_.end() || (it->second.mask & wanted) != wanted) read_words_.insert(word);
    if (it == overlay_.end()) return;
    const auto* value = reinterpret_cast<const u8*>(&it->second.value);
    for (u64 i = 0; i < bytes; ++i)
      if (it->second.mask >> (at + i) & 1) to[done + i] = value[at + i];
  });
}

void ShadowMemory::write(Addr to, std::span<const u8> from) {
  std::array<u8, 1> probe{};
  if (!from.empty() && (!live_.peek(to, probe) || !live_.peek(to + (from.size() - 1), probe)))
    throw Unmapped{to};
  for_each_word(to, from.size(), [&](u64 word, u64 at, u64 bytes, u64 done) {
    Word& w = overlay_[word];
    std::memcpy(reinterpret_cast<u8*>(&w.value) + at, from.data() + done, bytes);
    w.mask |= mask_of(at, bytes);
  });
}

void ShadowMemory::forget(Addr from, u64 size) {
  for_each_word(from, size, [&](u64 word, u64 at, u64 bytes, u64) {
    const auto it = overlay_.find(word);
    if (it == overlay_.end()) return;
    it->second.mask &= static_cast<u8>(~mask_of(at, bytes));
    if (it->second.mask == 0) overlay_.erase(it);
  });
}

bool ShadowMemory::depends_on(Addr from, u64 size) const {
  bool found = false;
  for_each_word(from, size, [&](u64 word, u64, u64, u64) {
    found = found || read_words_.contains(word) || overlay_.contains(word);
  });
  return found;
}

bool ShadowMemory::wrote(Addr from, u64 size) const {
  bool found = false;
  for_each_word(from, size,
                [&](u64 word, u64, u64, u64) { found = found || overlay_.contains(word); });
  return found;
}

}  // namespace runtime_model::model
