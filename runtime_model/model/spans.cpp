#include "runtime_model/model/spans.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <unordered_map>

namespace runtime_model::model {
namespace {

constexpr u32 kNone = ~u32{0};
constexpr u64 kLongPiece = 64;  // bytes: what is longer is told as one, and not word by word

u64 mask_of(u32 size) { return size >= 8 ? ~u64{0} : (u64{1} << (8 * size)) - 1; }

u64 word_of(const u8* bytes, u32 size) {
  u64 v = 0;
  std::memcpy(&v, bytes, size);
  return v;
}

/// Bytes within one aligned word that a step changes from one value to another.
struct Atom {
  Addr address;
  u32 size = 0;
  u64 before = 0, after = 0;
  const Write* of = nullptr;  ///< the step's write that it is a part of
  u32 step = 0;
  bool told = true;
  // Events of the real code, as they are in its list.
  u32 first = kNone, last = kNone;

  u64 end() const { return address.value + size; }
};

/// The bytes of an atom behind `skip` others.
Atom part(const Atom& a, u64 skip, u32 size) {
  Atom out = a;
  out.address = a.address + skip, out.size = size;
  out.before = (a.before >> (8 * skip)) & mask_of(size);
  out.after = (a.after >> (8 * skip)) & mask_of(size);
  return out;
}

using Atoms = std::map<u64, Atom>;  ///< of one step, by address, none overlapping

/// What is written over keeps its value before.
void put(Atoms& atoms, Atom fresh) {
  auto it = atoms.lower_bound(fresh.address.value >= 8 ? fresh.address.value - 7 : 0);
  while (it != atoms.end() && it->first < fresh.end()) {
    const Atom old = it->second;
    if (old.end() <= fresh.address.value) {
      ++it;
      continue;
    }
    it = atoms.erase(it);
    const u64 from = std::max(old.address.value, fresh.address.value);
    const u64 to = std::min(old.end(), fresh.end());
    const Atom covered = part(old, from - old.address.value, static_cast<u32>(to - from));
    const u64 shift = 8 * (from - fresh.address.value);
    fresh.before &= ~(mask_of(covered.size) << shift);
    fresh.before |= covered.before << shift;
    if (from > old.address.value)
      atoms[old.address.value] = part(old, 0, static_cast<u32>(from - old.address.value));
    if (old.end() > to)
      atoms[to] = part(old, to - old.address.value, static_cast<u32>(old.end() - to));
  }
  atoms[fresh.address.value] = fresh;
}

Atoms atoms_of(const Step& step, u32 index) {
  Atoms atoms;
  for (const Write& w : step.writes)
    for (u64 done = 0; done < w.after.size();) {
      const u64 at = w.address.value + done;
      const auto size = static_cast<u32>(std::min<u64>(8 - at % 8, w.after.size() - done));
      put(atoms, {Addr(at), size, word_of(w.before.data() + done, size),
                  word_of(w.after.data() + done, size), &w, index});
      done += size;
    }
  std::erase_if(atoms, [](const auto& a) { return a.second.before == a.second.after; });
  return atoms;
}

/// Atoms as writes: a long write of which all is left is one again.
std::vector<Write> writes_of(const std::vector<const Atom*>& atoms) {
  std::vector<Write> out;
  const auto append = [](std::vector<u8>& to, u64 value, u32 size) {
    for (u32 i = 0; i < size; ++i) to.push_back(static_cast<u8>(value >> (8 * i)));
  };
  const Write* last = nullptr;
  for (const Atom* a : atoms) {
    const bool goes_on = a->of == last && a->of->after.size() > kLongPiece && !out.empty() &&
                         out.back().address.value + out.back().after.size() == a->address.value;
    if (!goes_on) out.push_back({a->address, {}, {}});
    append(out.back().before, a->before, a->size);
    append(out.back().after, a->after, a->size);
    last = a->of;
  }
  return out;
}

/// The real code's writes and reads, by word.
class Real {
 public:
  explicit Real(const Activation& a) : writes_(a.real) {
    for (u32 i = 0; i < writes_.size(); ++i) {
      const RealWrite& w = writes_[i];
      if (w.size == 0) continue;
      for (u64 word = w.address.value / 8; word <= (w.address.value + w.size - 1) / 8; ++word)
        by_word_[word].push_back(i);
    }
    for (const RealRead& r : a.reads) reads_[r.word].push_back(r.number);
  }

  const std::vector<u32>& of(const Atom& a) const {
    static const std::vector<u32> kNothing;
    const auto it = by_word_.find(a.address.value / 8);
    return it == by_word_.end() ? kNothing : it->second;
  }
  const RealWrite& write(u32 event) const { return writes_[event]; }
  u64 number(u32 event) const { return writes_[event].number; }
  /// The first read of a word in [from, to].
  std::optional<u64> read(u64 word, u64 from, u64 to) const {
    const auto it = reads_.find(word);
    if (it == reads_.end()) return std::nullopt;
    const auto at = std::lower_bound(it->second.begin(), it->second.end(), from);
    return at == it->second.end() || *at > to ? std::nullopt : std::optional(*at);
  }
  /// Calls visit(event, value before, value after) for each write to bytes of the atom, until it
  /// says no. Bytes that no write has told of yet count as the atom's before.
  template <class Visit>
  void follow(const Atom& a, Visit visit) const {
    u64 value = a.before;
    for (const u32 event : of(a)) {
      const RealWrite& w = writes_[event];
      const u64 from = std::max(a.address.value, w.address.value);
      const u64 to = std::min(a.end(), w.address.value + w.size);
      if (from >= to) continue;
      const auto size = static_cast<u32>(to - from);
      const u64 shift = 8 * (from - a.address.value), mask = mask_of(size) << shift;
      const u64 offset = from - w.address.value;
      if (w.before_known && w.size <= w.before.size())
        value = (value & ~mask) | (word_of(w.before.data() + offset, size) << shift);
      const u64 before = value;
      if (w.size <= w.after.size() || w.long_after)
        value = (value & ~mask) | (word_of(w.bytes_after() + offset, size) << shift);
      if (!visit(event, before, value)) return;
    }
  }

 private:
  const std::vector<RealWrite>& writes_;
  std::unordered_map<u64, std::vector<u32>> by_word_;
  std::unordered_map<u64, std::vector<u64>> reads_;
};

class Spans {
 public:
  Spans(const Activation& a, const std::vector<Field>& fields) : a_(a), real_(a) {
    for (const Field& f : fields)
      if (f.verdict == Field::Verdict::different) different_.push_back(&f);
    const auto& steps = a.rt.steps();
    for (u32 i = 0; i < steps.size(); ++i) {
      steps_.emplace_back();
      for (auto& [address, atom] : atoms_of(steps[i], i)) {
        atoms_.push_back(atom);
        steps_.back().push_back(static_cast<u32>(atoms_.size() - 1));
      }
    }
    for (u32 i = 0; i < atoms_.size(); ++i) history_[atoms_[i].address.value / 8].push_back(i);
  }

  std::vector<Span> found() {
    for (u32 i = 0; i < atoms_.size(); ++i) match(i);
    for (int pass = 0; pass < kMostPasses && settle(); ++pass) {
    }
    changes_.assign(steps_.size() + 1, ~u64{0});
    for (u32 i = static_cast<u32>(steps_.size()); i-- > 0;) {
      const Bounds b = bounds_of(i);
      changes_[i] = b.any() ? b.first : changes_[i + 1];
    }
    std::vector<Span> out;
    for (u32 i = 0; i < steps_.size(); ++i)
      out.push_back(span_of(i, out.empty() ? nullptr : &out.back()));
    return out;
  }

 private:
  static constexpr int kMostPasses = 16;

  const Stretch& stretch_of(u32 step) const {
    const auto after =
        std::upper_bound(a_.stretches.begin(), a_.stretches.end(), step,
                         [](u32 s, const Stretch& stretch) { return s < stretch.step; });
    return *std::prev(after);
  }

  /// The step behind this one that changes the same bytes, or the one in front of it.
  Atom* neighbour(const Atom& a, bool behind) {
    Atom* found = nullptr;
    for (const u32 i : history_.at(a.address.value / 8)) {
      Atom& other = atoms_[i];
      if (!other.told || other.address != a.address || other.size != a.size) continue;
      if (behind && other.step > a.step) return &other;
      if (!behind && other.step < a.step) found = &other;
    }
    return found;
  }

  bool contradicted(const Atom& a) const {
    return std::ranges::any_of(different_, [&](const Field* f) {
      return a.address.value < f->address.value + f->size && f->address.value < a.end();
    });
  }

  /// Finds the write of the real code behind which the atom has its value.
  void match(u32 index) {
    Atom& a = atoms_[index];
    const Stretch& stretch = stretch_of(a.step);
    u32 done = kNone;  // events up to this one are what earlier steps did
    for (const u32 i : history_.at(a.address.value / 8)) {
      const Atom& earlier = atoms_[i];
      if (i >= index) break;
      if (earlier.last != kNone && earlier.address.value < a.end() &&
          a.address.value < earlier.end())
        done = done == kNone ? earlier.last : std::max(done, earlier.last);
    }
    u32 began = kNone;
    real_.follow(a, [&](u32 event, u64 before, u64 after) {
      const RealWrite& w = real_.write(event);
      if (done != kNone && event <= done) return true;
      if (w.shared || w.foreign || w.number < stretch.begin) return true;
      if (w.number > stretch.end) return false;
      if (before == a.before && after != before) began = event;
      if (after != a.after) return true;
      if (after == before && began == kNone) return true;
      a.last = event, a.first = began == kNone ? event : began;
      return false;
    });
    if (a.last == kNone && !contradicted(a)) drop_into_next(a);
  }

  void drop_into_next(Atom& a) {
    a.told = false;
    if (Atom* next = neighbour(a, true)) {
      next->before = a.before;
      if (a.first != kNone && next->first != kNone) next->first = std::min(next->first, a.first);
      if (next->before == next->after) next->told = false;
    }
  }

  struct Bounds {
    u64 first = ~u64{0}, last = 0;
    bool any() const { return first <= last; }
  };
  Bounds bounds_of(u32 step) const {
    Bounds b;
    for (const u32 i : steps_[step]) {
      const Atom& a = atoms_[i];
      if (!a.told || a.last == kNone) continue;
      b.first = std::min(b.first, real_.number(a.first));
      b.last = std::max(b.last, real_.number(a.last));
    }
    return b;
  }

  /// Makes evidence of each step hold at both ends of its span. True when something had to change.
  bool settle() {
    bool changed = false;
    for (u32 step = 0; step < steps_.size(); ++step) {
      Bounds b = bounds_of(step);
      for (const u32 i : steps_[step]) {
        if (!atoms_[i].told || atoms_[i].last == kNone || holds(atoms_[i], b)) continue;
        changed = true;
        b = bounds_of(step);
      }
    }
    return changed;
  }

  bool holds(Atom& a, const Bounds& b) {
    u64 in_front = a.before, behind = a.after;
    bool met = false;
    real_.follow(a, [&](u32 event, u64 before, u64 after) {
      const RealWrite& w = real_.write(event);
      if (w.foreign) return true;
      if (w.number >= b.first && !met) in_front = before, met = true;
      if (w.number <= b.last) behind = after;
      return w.number <= b.last;
    });
    if (behind != a.after) {
      drop_into_next(a);
      return false;
    }
    if (in_front == a.before) return true;
    Atom* earlier = neighbour(a, false);
    if (earlier == nullptr || earlier->last == kNone || real_.number(earlier->last) < b.first) {
      a.told = false;
      return false;
    }
    earlier->told = false;
    a.before = earlier->before, a.first = earlier->first;
    if (a.before == a.after) a.told = false;
    return false;
  }

  Span span_of(u32 step, const Span* previous) {
    Span span{};
    std::vector<const Atom*> told;
    for (const u32 i : steps_[step])
      if (atoms_[i].told) told.push_back(&atoms_[i]);
    span.evidence = writes_of(told);
    const Bounds b = bounds_of(step);
    if (b.any())
      span.first = b.first, span.last = b.last;
    else
      span.first = span.last = decided(step, previous);
    return span;
  }

  /// Where the real code has come to the decision that a step without evidence tells.
  u64 decided(u32 step, const Span* previous) const {
    const Step& s = a_.rt.steps()[step];
    const Stretch& stretch = stretch_of(step);
    u64 from = stretch.begin;
    if (previous != nullptr && previous->last <= stretch.end) from = std::max(from, previous->last);
    const std::string_view function = std::string_view(s.id).substr(0, s.id.find('/'));
    for (const Entered& e : a_.entered)
      if (e.number >= from && e.number <= stretch.end && e.function.ends_with(function) &&
          e.function.size() > function.size() &&
          e.function[e.function.size() - function.size() - 1] == '.') {
        from = e.number;
        break;
      }
    u64 at = from;
    for (const u64 word : s.reads)
      if (const auto n = real_.read(word, from, std::min(changes_[step + 1], stretch.end)))
        at = std::max(at, *n);
    return at;
  }

  const Activation& a_;
  Real real_;
  std::vector<const Field*> different_;
  std::vector<std::vector<u32>> steps_;                ///< the atoms of each
  std::vector<Atom> atoms_;                            ///< of all steps, in their order
  std::unordered_map<u64, std::vector<u32>> history_;  ///< the same by word
  std::vector<u64> changes_;                           ///< where each step's evidence begins
};

}  // namespace

std::vector<Span> spans_of(const Activation& a, const std::vector<Field>& fields) {
  return Spans(a, fields).found();
}

std::vector<Write> evidence_of(const Step& step) {
  const Atoms atoms = atoms_of(step, 0);
  std::vector<const Atom*> all;
  for (const auto& [address, atom] : atoms) all.push_back(&atom);
  return writes_of(all);
}

}  // namespace runtime_model::model
