#include "runtime_model/model/comparison.hpp"

#include <algorithm>

namespace runtime_model::model {
namespace {

/// What is known of one word: bytes by bit.
struct WordState {
  u8 model = 0, real = 0, unknown_before = 0;
  u64 model_value = 0, before = 0;
};

u8 byte_of(u64 word, unsigned i) { return static_cast<u8>(word >> (8 * i)); }

void set_byte(u64& word, unsigned i, u8 v) {
  word = (word & ~(u64{0xff} << (8 * i))) | (u64{v} << (8 * i));
}

std::map<u64, WordState> words_of(const Activation& a) {
  std::map<u64, WordState> words;
  for (const RealWrite& w : a.real)
    for (u32 i = 0; i < w.size; ++i) {
      const u64 address = w.address.value + i;
      const u8 bit = static_cast<u8>(1u << (address % 8));
      WordState& s = words[address / 8];
      if (w.shared) {
        s.real &= static_cast<u8>(~bit);
        continue;
      }
      if ((s.real & bit) != 0) continue;  // what was there first counts
      s.real |= bit;
      if (w.before_known && i < w.before.size())
        set_byte(s.before, address % 8, w.before[i]);
      else
        s.unknown_before |= bit;
    }
  for (const auto& [number, w] : a.shadow.overlay()) {
    WordState& s = words[number];
    s.model = w.mask, s.model_value = w.value;
  }
  return words;
}

/// One byte's verdict.
struct ByteState {
  Field::Verdict verdict;
  bool changed;
  bool operator==(const ByteState&) const = default;
};

ByteState judge(const WordState& s, unsigned i, u8 live) {
  const u8 bit = static_cast<u8>(1u << i);
  const bool changed =
      (s.real & bit) != 0 && ((s.unknown_before & bit) != 0 || byte_of(s.before, i) != live);
  if ((s.model & bit) == 0)
    return {changed ? Field::Verdict::not_covered : Field::Verdict::equal, changed};
  return {byte_of(s.model_value, i) == live ? Field::Verdict::equal : Field::Verdict::different,
          changed};
}

u64 bytes_of(u64 word, unsigned first, unsigned size) {
  const u64 shifted = word >> (8 * first);
  return size == 8 ? shifted : shifted & ((u64{1} << (8 * size)) - 1);
}

void add_fields(std::vector<Field>& out, u64 number, const WordState& s, u64 live, u8 wanted,
                u8 excused) {
  u64 seen_by_model = s.before;
  for (unsigned i = 0; i < 8; ++i)
    if (s.model >> i & 1) set_byte(seen_by_model, i, byte_of(s.model_value, i));
  for (unsigned i = 0; i < 8;) {
    if ((wanted >> i & 1) == 0) {
      ++i;
      continue;
    }
    // A run of bytes that were written alike is a field; one byte that differs makes all differ.
    unsigned end = i;
    const bool by_model = s.model >> i & 1;
    auto verdict = Field::Verdict::equal;
    bool changed = false;
    while (end < 8 && (wanted >> end & 1) && (s.model >> end & 1) == by_model) {
      const auto b = judge(s, end, byte_of(live, end));
      if (b.verdict != Field::Verdict::equal) verdict = b.verdict;
      changed = changed || b.changed;
      ++end;
    }
    if ((excused >> i & 1) && verdict != Field::Verdict::equal) verdict = Field::Verdict::excused;
    // What the real code wrote and took back is nobody's business.
    if (by_model || verdict != Field::Verdict::equal)
      out.push_back({Addr(number * 8 + i), end - i, bytes_of(seen_by_model, i, end - i),
                     bytes_of(live, i, end - i), verdict, changed});
    i = end;
  }
}

}  // namespace

std::vector<Field> compare(const Activation& a, const emulator::memory::AddressSpace& live,
                           const std::vector<Range>& dead) {
  std::vector<Field> out;
  for (const auto& [number, s] : words_of(a)) {
    u8 wanted = s.model | s.real, excused = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const u64 address = number * 8 + i;
      const u8 bit = static_cast<u8>(1u << i);
      for (const Range& r : dead)
        if (r.contains(address)) wanted &= static_cast<u8>(~bit);
      for (const Excuse& e : a.rt.excuses())
        if (address - e.address.value < e.size) excused |= bit;
    }
    if (wanted == 0) continue;
    std::array<u8, 8> bytes{};
    if (!live.peek(Addr(number * 8), bytes)) continue;  // unmapped meanwhile
    u64 now;
    std::memcpy(&now, bytes.data(), 8);
    add_fields(out, number, s, now, wanted, excused);
  }
  return out;
}

}  // namespace runtime_model::model
