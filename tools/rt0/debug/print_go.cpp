// Values of Go's own kinds: what an interface holds, a map's and a channel's contents, a func's
// code. Sources: Go's runtime/map.go, internal/runtime/maps, runtime/chan.go, internal/abi/type.go.
#include <algorithm>
#include <bit>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/print.hpp"

namespace rt0::debug {

using emulator::base::hex;
using golang::Kind;
using golang::StructLayout;
using golang::TypeId;

namespace {

constexpr u64 kMostEntries = 16;       // of a map or channel that are shown
constexpr u64 kMostBuckets = 100'000;  // of a map that are looked into; the guest says how many
constexpr u64 kSlots = 8;              // of a bucket or group

class GoPrinter {
 public:
  using Element = std::function<std::string(const Value&)>;
  GoPrinter(Values& values, const Element& element)
      : values_(values), target_(values.target), element_(element) {}

  std::string text(const Value& v) {
    const StructLayout& t = values_.layout(v);
    switch (t.kind) {
      case Kind::interface:
        return interface(v, t);
      case Kind::func:
        return func(Addr(values_.number(v)));
      case Kind::map:
        return map(Addr(values_.number(v)), t);
      case Kind::channel:
        return channel(Addr(values_.number(v)), t);
      case Kind::complex:
        return fmt::format("({}+{}i)", floating(values_.word(v, 0, half(v)), half(v)),
                           floating(values_.word(v, half(v), half(v)), half(v)));
      default:
        return floating(values_.word(v, 0, v.size), v.size);
    }
  }

 private:
  static unsigned half(const Value& v) { return v.size / 2; }
  static std::string floating(u64 bits, unsigned size) {
    if (size == 4) return fmt::format("{}", std::bit_cast<float>(static_cast<u32>(bits)));
    return fmt::format("{}", std::bit_cast<double>(bits));
  }
  u64 word(Addr at, unsigned size = 8) { return target_.memory().number(at, size); }
  u64 size_of(TypeId id) {
    target_.complete(id);
    return target_.layouts().type(id).size;
  }

  /// A func value points to a word that holds where its code is.
  std::string func(Addr closure) {
    if (closure == Addr()) return "nil";
    return pointer_text(target_, Addr(word(closure)));
  }

  std::string interface(const Value& v, const StructLayout& t) {
    constexpr u64 kTypeInTable = 8, kFlags = 20, kKind = 23;
    constexpr u64 kDirect = 1u << 5;  // in the kind, or in the flags of later releases
    const Addr first(values_.word(v, 0)), data(values_.word(v, 8));
    if (first == Addr()) return "nil";
    const Addr type = t.count == 0 ? first : Addr(word(first + kTypeInTable));
    const auto known = target_.described_type(type);
    if (!known) return fmt::format("(type at {}) {}", pointer_text(target_, type), hex(data));
    const std::string name(golang::go_name(target_.layouts().type(*known)));
    const bool direct = ((word(type + kKind, 1) | word(type + kFlags, 1)) & kDirect) != 0;
    Value held = values_.place(direct ? Addr() : data, *known, 8);
    if (direct) {
      auto bytes = std::make_shared<Held>();
      for (unsigned i = 0; i < 8; ++i)
        bytes->bytes.push_back(static_cast<u8>(data.value >> (8 * i))),
            bytes->known.push_back(true);
      held.held = std::move(bytes);
      const TypeId to = values_.element_of(*known);
      if (data != Addr() && to != 0)
        return fmt::format("({}) {} {}", name, hex(data), element_(values_.place(data, to, 8)));
    }
    return fmt::format("({}) {}", name, element_(held));
  }

  // -- maps --

  struct Slots {
    Addr keys, elements;
    u64 key_stride, element_stride;
  };
  bool add(const StructLayout& t, const Slots& s, u64 i) {
    if (shown_ == kMostEntries) return false;
    const Addr key = s.keys + i * s.key_stride, element = s.elements + i * s.element_stride;
    out_ += fmt::format("{}{}: {}", shown_++ == 0 ? "" : ", ", element_(at(key, t.key)),
                        element_(at(element, t.element)));
    return true;
  }
  /// What has more than 128 bytes lies elsewhere (internal/abi/map.go).
  static constexpr u64 kInline = 128;
  u64 slot_size(TypeId id) { return size_of(id) > kInline ? 8 : size_of(id); }
  Value at(Addr slot, TypeId id) {
    return values_.place(size_of(id) > kInline ? Addr(word(slot)) : slot, id, 8);
  }
  u64 alignment(TypeId id, int depth = 0) {
    constexpr int kDeepest = 16;
    target_.complete(id);
    const StructLayout& t = target_.layouts().type(id);
    if (depth > kDeepest) return 8;
    if (t.kind == Kind::array) return alignment(t.element, depth + 1);
    if (t.kind != Kind::structure) return std::min<u64>(8, std::max<u64>(1, t.size));
    u64 most = 1;
    for (const auto& m : t.members) most = std::max(most, alignment(m.type, depth + 1));
    return most;
  }
  static u64 rounded(u64 n, u64 to) { return (n + to - 1) / to * to; }

  std::string map(Addr header, const StructLayout& layout) {
    const StructLayout t = layout;
    if (header == Addr()) return "nil";
    const u64 count = word(header);
    if (target_.program().build.release.minor >= 24)
      swiss(header, t);
    else
      buckets(header, t);
    if (shown_ < count) out_ += fmt::format("{}… {} more", shown_ == 0 ? "" : ", ", count - shown_);
    return fmt::format("{}[{}]", golang::go_name(t), out_);
  }

  /// runtime/map.go, hmap and bmap, up to 1.23.
  void buckets(Addr header, const StructLayout& t) {
    constexpr u64 kLogSize = 9, kBuckets = 16, kOld = 24, kSameSize = 8;
    const u64 log = word(header + kLogSize, 1) & 63;
    const Addr now(word(header + kBuckets)), old(word(header + kOld));
    const bool same = (word(header + 8, 1) & kSameSize) != 0;
    if (now != Addr()) chains(now, log, t, false);
    if (old != Addr() && (same || log > 0)) chains(old, same ? log : log - 1, t, true);
  }
  void chains(Addr first, u64 log, const StructLayout& t, bool old) {
    constexpr u64 kLeastTop = 5, kMovedFirst = 2, kMovedLast = 4;
    const u64 keys = slot_size(t.key), elements = slot_size(t.element);
    const u64 link = rounded(kSlots + kSlots * (keys + elements), 8), size = link + 8;
    for (u64 i = 0; i < (u64{1} << log) && looked_ < kMostBuckets; ++i) {
      const u64 moved = word(first + i * size, 1);
      if (old && moved >= kMovedFirst && moved <= kMovedLast) continue;
      for (Addr b = first + i * size; b != Addr() && looked_++ < kMostBuckets;
           b = Addr(word(b + link)))
        for (u64 k = 0; k < kSlots; ++k)
          if (word(b + k, 1) >= kLeastTop &&
              !add(t, {b + kSlots, b + kSlots + kSlots * keys, keys, elements}, k))
            return;
    }
  }

  /// internal/runtime/maps: map.go, table.go, group.go, since 1.24.
  void swiss(Addr header, const StructLayout& t) {
    constexpr u64 kDirectory = 16, kLength = 24, kIndex = 8, kGroups = 16, kMask = 24;
    const Addr directory(word(header + kDirectory));
    const u64 length = word(header + kLength);
    if (directory == Addr()) return;
    if (length == 0) {
      group(directory, t);
      return;
    }
    for (u64 i = 0; i < length && looked_++ < kMostBuckets; ++i) {
      const Addr table(word(directory + 8 * i));
      if (table == Addr() || word(table + kIndex) != i) continue;  // one that stands here again
      const u64 groups = word(table + kMask) + 1;
      for (u64 k = 0; k < groups && looked_++ < kMostBuckets; ++k)
        if (!group(Addr(word(table + kGroups)) + k * group_size(t), t)) return;
    }
  }
  u64 slot_alignment(TypeId id) { return size_of(id) > kInline ? 8 : alignment(id); }
  u64 element_offset(const StructLayout& t) {
    return rounded(slot_size(t.key), slot_alignment(t.element));
  }
  u64 whole_slot(const StructLayout& t) {
    return rounded(element_offset(t) + slot_size(t.element),
                   std::max(slot_alignment(t.key), slot_alignment(t.element)));
  }
  u64 group_size(const StructLayout& t) { return 8 + kSlots * whole_slot(t); }
  bool group(Addr g, const StructLayout& t) {
    constexpr u64 kEmptyOrDeleted = 0x80;
    const u64 slot = whole_slot(t);
    for (u64 k = 0; k < kSlots; ++k)
      if ((word(g + k, 1) & kEmptyOrDeleted) == 0 &&
          !add(t, {g + 8, g + 8 + element_offset(t), slot, slot}, k))
        return false;
    return true;
  }

  /// runtime/chan.go, hchan.
  std::string channel(Addr header, const StructLayout& layout) {
    constexpr u64 kSize = 8, kBuffer = 16, kElementSize = 24, kClosed = 28, kReceive = 48;
    if (header == Addr()) return "nil";
    const TypeId element = layout.element;
    const std::string name(golang::go_name(layout));
    const u64 count = word(header), size = word(header + kSize);
    const u64 stride = word(header + kElementSize, 2), first = word(header + kReceive);
    std::string inside;
    for (u64 i = 0; size != 0 && i < std::min({count, size, kMostEntries}); ++i)
      inside += (i == 0 ? "" : ", ") +
                element_(values_.place(Addr(word(header + kBuffer)) + (first + i) % size * stride,
                                       element, 8));
    if (count > kMostEntries) inside += fmt::format(", … {} more", count - kMostEntries);
    return fmt::format("{} {} (len {}, cap {}{}) [{}]", name, hex(header), count, size,
                       word(header + kClosed, 4) != 0 ? ", closed" : "", inside);
  }

  Values& values_;
  Target& target_;
  const Element& element_;
  std::string out_;
  u64 shown_ = 0, looked_ = 0;
};

}  // namespace

std::string go_value_text(Values& values, const Value& v,
                          const std::function<std::string(const Value&)>& element) {
  return GoPrinter(values, element).text(v);
}

}  // namespace rt0::debug
