#include "runtime_model/golang/layouts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace runtime_model::golang {

namespace {

constexpr u64 kMaxSize = u64{1} << 32;
constexpr int kMaxDepth = 64;

struct Basic {
  std::string_view name;
  Kind kind;
  u64 size;
};
/// Go's own types on amd64 (Go spec, "Size and alignment guarantees"; cmd/compile/internal/amd64).
constexpr std::array kBasics = {
    Basic{"bool", Kind::boolean, 1},           Basic{"uint8", Kind::unsigned_int, 1},
    Basic{"uint16", Kind::unsigned_int, 2},    Basic{"uint32", Kind::unsigned_int, 4},
    Basic{"uint64", Kind::unsigned_int, 8},    Basic{"uint", Kind::unsigned_int, 8},
    Basic{"uintptr", Kind::unsigned_int, 8},   Basic{"int8", Kind::signed_int, 1},
    Basic{"int16", Kind::signed_int, 2},       Basic{"int32", Kind::signed_int, 4},
    Basic{"int64", Kind::signed_int, 8},       Basic{"int", Kind::signed_int, 8},
    Basic{"float32", Kind::floating, 4},       Basic{"float64", Kind::floating, 8},
    Basic{"unsafe.Pointer", Kind::pointer, 8}, Basic{"string", Kind::string, 16},
    Basic{"error", Kind::opaque, 16},
};
constexpr std::string_view kPointerPrefixes[] = {"*",     "func(",   "map[",
                                                 "chan ", "<-chan ", "chan<- "};

/// The number in front of `text`, which it is taken off from; nothing when there is none.
std::optional<u64> take_number(std::string_view& text) {
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// The length in "[256]runtime.guintptr", and what follows it.
std::optional<std::pair<u64, std::string_view>> as_array(std::string_view name) {
  if (!name.starts_with('[')) return std::nullopt;
  name.remove_prefix(1);
  const auto count = take_number(name);
  if (!count || !name.starts_with(']')) return std::nullopt;
  return std::pair(*count, name.substr(1));
}

}  // namespace

TypeId Layouts::refer(std::string_view go_type) {
  const auto known = by_name_.find(std::string(go_type));
  if (known != by_name_.end()) return known->second;
  const auto id = static_cast<TypeId>(types_.size());
  by_name_.emplace(go_type, id);
  StructLayout type{std::string(go_type), Kind::opaque, 0, {}, 0, 0};
  bool own = true;
  types_.push_back(type);
  defined_.push_back(false);
  own_.push_back(false);
  const auto basic = std::ranges::find(kBasics, go_type, &Basic::name);
  const auto array = as_array(go_type);
  if (basic != kBasics.end()) {
    type.kind = basic->kind, type.size = basic->size;
  } else if (std::ranges::any_of(kPointerPrefixes,
                                 [&](std::string_view p) { return go_type.starts_with(p); })) {
    type.kind = Kind::pointer, type.size = 8;
  } else if (go_type.starts_with("[]")) {
    type.kind = Kind::slice, type.size = 24, type.element = refer(go_type.substr(2));
  } else if (array) {
    type.kind = Kind::array, type.count = array->first, type.element = refer(array->second);
  } else if (go_type.starts_with("interface {")) {
    type.size = 16;
  } else {
    own = false;
  }
  types_[id] = std::move(type);
  defined_[id] = own_[id] = own;
  return id;
}

bool Layouts::define(TypeId id, StructLayout layout) {
  if (defined_[id] || layout.size >= kMaxSize) return false;
  defined_[id] = true;
  layout.name = types_[id].name;
  types_[id] = std::move(layout);
  return true;
}

std::string_view go_name(const StructLayout& type) {
  return std::string_view(type.name).substr(0, type.name.find("@0x"));
}

void Layouts::replace(TypeId id, StructLayout layout) {
  if (id == 0 || id >= types_.size()) return;
  layout.name = types_[id].name;
  types_[id] = std::move(layout);
  defined_[id] = true;
}

void Layouts::name_source(std::string source, std::string release) {
  source_ = std::move(source);
  release_ = std::move(release);
}

/// Arrays get their size when that of the element is known; a type cannot hold itself.
bool Layouts::size_array(TypeId id, int depth) {
  StructLayout& array = types_[id];
  if (array.kind != Kind::array || array.size != 0) return true;
  if (depth > kMaxDepth || !size_array(array.element, depth + 1)) return false;
  const u64 element = types_[array.element].size;
  if (element != 0 && array.count > kMaxSize / element) return false;
  array.size = element * array.count;
  return true;
}

bool Layouts::settle() {
  for (TypeId id = 0; id < types_.size(); ++id)
    if (!size_array(id, 0)) return false;
  for (StructLayout& type : types_) {
    std::ranges::stable_sort(type.members, {}, &Member::offset);
    for (const Member& m : type.members)
      if (m.offset > type.size || types_[m.type].size > type.size - m.offset) return false;
  }
  std::ranges::stable_sort(variables_);
  return true;
}

const StructLayout* Layouts::find(std::string_view go_type) const {
  const auto known = by_name_.find(std::string(go_type));
  return known == by_name_.end() || !defined_[known->second] ? nullptr : &types_[known->second];
}

std::optional<TypeId> Layouts::variable_type(std::string_view name) const {
  const auto by_name = [](const auto& v) { return std::string_view(v.first); };
  const auto it = std::ranges::lower_bound(variables_, name, {}, by_name);
  if (it == variables_.end() || it->first != name) return std::nullopt;
  return it->second;
}

const StructLayout* Layouts::variable(std::string_view name) const {
  const auto id = variable_type(name);
  return id ? &types_[*id] : nullptr;
}

std::optional<FieldLayout> Layouts::field(const StructLayout& from, std::string_view path) const {
  const StructLayout* at = &from;
  const auto self = by_name_.find(from.name);
  FieldLayout out{0, self == by_name_.end() ? 0 : self->second};
  while (!path.empty()) {
    if (path.starts_with("[]")) {
      if (at->kind != Kind::array) return std::nullopt;
      out.type = at->element;
      path.remove_prefix(2);
    } else {
      if (path.starts_with('.')) path.remove_prefix(1);
      const std::string_view name = path.substr(0, path.find_first_of(".["));
      const auto member = std::ranges::find(at->members, name, &Member::name);
      if (member == at->members.end()) return std::nullopt;
      out = {out.offset + member->offset, member->type};
      path.remove_prefix(name.size());
    }
    at = &types_[out.type];
  }
  return out;
}

FieldLayout Layouts::unwrapped(FieldLayout field) const {
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const StructLayout& t = type(field.type);
    if (t.members.size() != 1 || type(t.members[0].type).size != t.size) break;
    field = {field.offset + t.members[0].offset, t.members[0].type};
  }
  return field;
}

/// The form that the tables have, but for the releases (see tables.cpp).
std::string Layouts::text() const {
  std::string out;
  for (TypeId id = 1; id < types_.size(); ++id) {
    const StructLayout& t = types_[id];
    if (own_[id] || !defined_[id]) continue;
    if (t.kind != Kind::structure) {
      out += fmt::format("type {} {}\n", underlying(t), t.name);
      continue;
    }
    out += fmt::format("struct {} {}\n", t.size, t.name);
    for (const Member& m : t.members)
      out += fmt::format("  {} {} {}\n", m.offset, m.name, types_[m.type].name);
  }
  for (const auto& [name, type] : variables_)
    out += fmt::format("var {} {}\n", name, types_[type].name);
  return out;
}

/// A type of Go's own, or "opaque:24", that stands for a type with another name.
std::string Layouts::underlying(const StructLayout& t) const {
  if (t.kind == Kind::slice) return "[]" + types_[t.element].name;
  if (t.kind == Kind::array) return fmt::format("[{}]{}", t.count, types_[t.element].name);
  for (const Basic& basic : kBasics)
    if (basic.kind == t.kind && basic.size == t.size && t.kind != Kind::opaque)
      return std::string(basic.name);
  return fmt::format("opaque:{}", t.size);
}

bool Layouts::define_as(TypeId id, std::string_view underlying) {
  constexpr std::string_view kOpaque = "opaque:";
  if (underlying.starts_with(kOpaque)) {
    underlying.remove_prefix(kOpaque.size());
    const auto size = take_number(underlying);
    return size && define(id, {{}, Kind::opaque, *size, {}, 0, 0});
  }
  return define(id, StructLayout(types_[refer(underlying)]));
}

}  // namespace runtime_model::golang
