#include "runtime_model/golang/view.hpp"

#include <fmt/format.h>

#include "runtime_model/golang/globals.hpp"
#include "runtime_model/golang/views.hpp"

namespace runtime_model::golang {

namespace {

#define RT0_VIEW_SPEC(V) V::kSpec,
constexpr ViewSpec kSpecs[] = {RT0_ALL_VIEWS(RT0_VIEW_SPEC) Views::kSpec};
#undef RT0_VIEW_SPEC

/// Calls `take` with each part of "a|b" until it returns true.
template <class Take>
bool any_spelling(std::string_view all, Take take) {
  while (!all.empty()) {
    const std::string_view one = all.substr(0, all.find('|'));
    all.remove_prefix(std::min(all.size(), one.size() + 1));
    if (take(one)) return true;
  }
  return false;
}

/// What a slice points to; a named slice type is a struct of its three words.
u64 element_size(const Layouts& layouts, const StructLayout& slice) {
  if (slice.kind == Kind::slice) return layouts.type(slice.element).size;
  if (slice.members.size() != 3 || slice.members[0].name != "array") return 0;
  const auto* element = layouts.find(layouts.type(slice.members[0].type).name.substr(1));
  return element == nullptr ? 0 : element->size;
}

/// Fills size and count of a slot for a field of that type; false when the type has another shape.
bool fit(const Layouts& layouts, Shape shape, FieldLayout field, Slot& slot) {
  const StructLayout& type = layouts.type(field.type);
  slot.size = type.size;
  switch (shape) {
    case Shape::scalar:
      return slot.size == 1 || slot.size == 2 || slot.size == 4 || slot.size == 8;
    case Shape::place:
      return type.kind == Kind::structure;
    case Shape::array: {
      const bool many = type.kind == Kind::array;
      slot.count = many ? type.count : 1;
      if (many) slot.size = layouts.type(type.element).size;
      return slot.size != 0;
    }
    case Shape::slice:
      slot.size = element_size(layouts, type);
      return slot.size != 0 || type.kind == Kind::string;
  }
  return false;
}

bool find_variable(const Layouts& layouts, const Globals& globals, std::string_view name,
                   Shape shape, Slot& slot) {
  const auto address = globals.address(name);
  const auto type = layouts.variable_type(name);
  if (!address || !type) return false;
  FieldLayout place{0, *type};
  if (shape == Shape::scalar) place = layouts.unwrapped(place);
  slot.offset = address->value + place.offset;
  return fit(layouts, shape, place, slot);
}

bool find_member(const Layouts& layouts, const ViewSpec& view, std::string_view path, Shape shape,
                 Slot& slot) {
  return any_spelling(view.type, [&](std::string_view type_name) {
    const StructLayout* type = layouts.find(type_name);
    if (type == nullptr) return false;
    const auto from = layouts.field(*type, view.within);
    if (!from) return false;
    auto to = layouts.field(layouts.type(from->type), path);
    if (!to) return false;
    if (shape == Shape::scalar) to = layouts.unwrapped(*to);
    slot.offset = to->offset;
    return fit(layouts, shape, *to, slot);
  });
}

std::string missing_text(const ViewSpec& view, const FieldSpec& field, const Layouts& layouts) {
  if (view.type.empty())
    return fmt::format("{}: not found in this program ({}, {})", field.paths, layouts.release(),
                       layouts.source());
  const std::string_view dot = view.within.empty() ? "" : ".";
  return fmt::format("{}{}{}.{}: {} has no such field (by {})", view.type, dot, view.within,
                     field.paths, layouts.release(), layouts.source());
}

}  // namespace

void throw_missing(const std::string& what) { throw emulator::base::Unimplemented(what); }

Tables::Tables(const Layouts& layouts, const Globals& globals) {
  slots_.reserve(std::size(kSpecs));
  for (const ViewSpec& view : kSpecs) {
    std::vector<Slot>& slots = slots_.emplace_back(view.fields.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const FieldSpec& field = view.fields[i];
      const bool found = any_spelling(field.paths, [&](std::string_view path) {
        return view.type.empty() ? find_variable(layouts, globals, path, field.shape, slots[i])
                                 : find_member(layouts, view, path, field.shape, slots[i]);
      });
      if (!found) slots[i] = {0, 0, 0, &messages_.emplace_back(missing_text(view, field, layouts))};
    }
  }
}

}  // namespace runtime_model::golang
