#include "runtime_model/golang/runtime_types.hpp"

#include <fmt/format.h>

#include <vector>

namespace runtime_model::golang {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

namespace {

constexpr int kMaxDepth = 32;
constexpr u64 kMaxMembers = 4096, kMaxSize = u64{1} << 32, kMaxName = 1000;
constexpr std::size_t kMaxTypes = 1u << 20;

// Where fields of a description are (abi.Type).
constexpr u64 kSizeAt = 0, kFlagsAt = 20, kKindAt = 23, kNameAt = 40, kHeader = 48;
constexpr u64 kExtraStar = 2;  // of the flags: the name has a "*" that is not the type's
constexpr u64 kKindMask = 31;

/// By Go's kinds (abi.Kind), from Bool to Complex128.
constexpr Kind kScalars[] = {Kind::opaque,       Kind::boolean,      Kind::signed_int,
                             Kind::signed_int,   Kind::signed_int,   Kind::signed_int,
                             Kind::signed_int,   Kind::unsigned_int, Kind::unsigned_int,
                             Kind::unsigned_int, Kind::unsigned_int, Kind::unsigned_int,
                             Kind::unsigned_int, Kind::floating,     Kind::floating,
                             Kind::complex,      Kind::complex};
enum GoKind : u64 {
  kArray = 17,
  kChan,
  kFunc,
  kInterface,
  kMap,
  kPointer,
  kSlice,
  kString,
  kStruct,
  kUnsafePointer
};

}  // namespace

RuntimeTypes::RuntimeTypes(Layouts& layouts, Addr types, Addr etypes, int minor, Read read)
    : layouts_(layouts), types_(types), etypes_(etypes), minor_(minor), read_(std::move(read)) {}

std::optional<u64> RuntimeTypes::number(Addr a, unsigned size) const {
  u8 bytes[8] = {};
  if (!read_(a, std::span(bytes).first(size))) return std::nullopt;
  u64 out = 0;
  for (unsigned i = 0; i < size; ++i) out |= u64{bytes[i]} << (8 * i);
  return out;
}

/// A byte of flags, the length in groups of seven bits, the text (abi.Name).
std::string RuntimeTypes::name(Addr at) const {
  u64 length = 0;
  at += 1;
  for (unsigned shift = 0; shift < 21; shift += 7) {
    const auto byte = number(at, 1);
    if (!byte) return {};
    at += 1;
    length |= (*byte & 0x7f) << shift;
    if ((*byte & 0x80) == 0) break;
  }
  if (length > kMaxName) return {};
  std::vector<u8> text(length);
  if (!read_(at, text)) return {};
  return {text.begin(), text.end()};
}

std::string RuntimeTypes::name_at(Addr description) {
  const auto offset = number(description + kNameAt, 4), flags = number(description + kFlagsAt, 1);
  if (!offset || !flags || types_ + *offset >= etypes_) return {};
  std::string out = name(types_ + *offset);
  if ((*flags & kExtraStar) != 0 && out.starts_with('*')) out.erase(0, 1);
  return out;
}

std::optional<TypeId> RuntimeTypes::at(Addr description) {
  const TypeId id = later(description, 0);
  if (id == 0) return std::nullopt;
  complete(id);
  return id;
}

/// Two packages may have types of one name, so what Go does not define itself is entered with where
/// it is described.
TypeId RuntimeTypes::later(Addr description, int depth) {
  if (const auto it = known_.find(description); it != known_.end()) return it->second;
  if (description < types_ || description >= etypes_ || depth > kMaxDepth ||
      layouts_.size() > kMaxTypes)
    return 0;
  const auto kind = number(description + kKindAt, 1);
  const std::string text = name_at(description);
  if (text.empty() || !kind || (*kind & kKindMask) > kUnsafePointer) return 0;
  const bool go_own = text.find('.') == text.npos && (*kind & kKindMask) < std::size(kScalars);
  const TypeId id =
      layouts_.refer(go_own ? text : fmt::format("{}@{:#x}", text, description.value));
  known_.emplace(description, id);
  if (!go_own || !layouts_.defined(id)) pending_.emplace(id, description);
  return id;
}

void RuntimeTypes::complete(TypeId id) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  const Addr description = it->second;
  pending_.erase(it);
  read(id, description, 0);
}

void RuntimeTypes::read(TypeId id, Addr description, int depth) {
  const u64 kind = number(description + kKindAt, 1).value_or(0) & kKindMask;
  const auto word = [&](u64 n) { return number(description + kHeader + 8 * n).value_or(0); };
  const auto type = [&](u64 n) { return later(Addr(word(n)), depth + 1); };
  StructLayout out;
  out.size = number(description + kSizeAt).value_or(0);
  if (out.size >= kMaxSize) return;
  if (kind < std::size(kScalars)) out.kind = kScalars[kind];
  if (kind == kArray) {
    out.kind = Kind::array, out.element = type(0), out.count = word(2);
    complete(out.element);
    if (out.count * layouts_.type(out.element).size != out.size) out.kind = Kind::opaque;
  }
  if (kind == kChan) out.kind = Kind::channel, out.element = type(0);
  if (kind == kFunc) out.kind = Kind::func;
  // Those with methods have a table of them in front of the value (runtime/runtime2.go, iface).
  if (kind == kInterface) out.kind = Kind::interface, out.count = word(2) == 0 ? 0 : 1;
  if (kind == kMap) out.kind = Kind::map, out.key = type(0), out.element = type(1);
  if (kind == kPointer) out.kind = Kind::pointer, out.element = type(0);
  if (kind == kUnsafePointer) out.kind = Kind::pointer;
  if (kind == kSlice) out.kind = Kind::slice, out.element = type(0);
  if (kind == kString) out.kind = Kind::string;
  if (kind == kStruct) read_struct(out, description, depth);
  layouts_.replace(id, std::move(out));
}

/// The package, then a slice of fields: name, type, offset (until 1.18 with a bit behind it).
void RuntimeTypes::read_struct(StructLayout& out, Addr description, int depth) {
  constexpr u64 kFields = kHeader + 8, kField = 24;
  const Addr first(number(description + kFields).value_or(0));
  const u64 count = number(description + kFields + 8).value_or(0);
  out.kind = Kind::structure;
  for (u64 i = 0; i < std::min(count, kMaxMembers); ++i) {
    const Addr field = first + i * kField;
    const auto text = number(field), type = number(field + 8), packed = number(field + 16);
    if (!text || !type || !packed) return;
    const u64 offset = minor_ < 19 ? *packed >> 1 : *packed;
    const TypeId id = later(Addr(*type), depth + 1);
    if (depth < kMaxDepth && pending_.contains(id)) {
      const Addr inner = pending_.at(id);
      pending_.erase(id);
      read(id, inner, depth + 1);
    }
    const u64 size = layouts_.type(id).size;
    if (offset <= out.size && size <= out.size - offset)
      out.members.push_back({name(Addr(*text)), offset, id});
  }
}

}  // namespace runtime_model::golang
