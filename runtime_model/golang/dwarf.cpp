#include "runtime_model/golang/dwarf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "runtime_model/golang/dwarf_file.hpp"

namespace runtime_model::golang {

using emulator::kernel::ElfImage;

namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxName = DwarfAsker::kMaxName, kMaxTypes = 20'000, kMaxMembers = 4096;

/// A name that the compiler made from a type's contents says nothing short.
bool is_anonymous(std::string_view name) { return name.empty() || name.find('{') != name.npos; }

/// Copies types from DWARF. Any contradiction makes it give up: `good` is false for good.
class Copier : DwarfAsker {
 public:
  Copier(const LibDw& library, Layouts& layouts) : DwarfAsker(library), layouts_(layouts) {}
  bool good = true;

  /// The type of a DIE; `place` names it when it has no name of its own.
  TypeId copy(Dwarf_Die type, const std::string& place, int depth = 0) {
    if (depth > kMaxDepth || ++types_ > kMaxTypes || place.size() > kMaxName) good = false;
    if (!good) return 0;
    const std::string name(name_of(&type));
    switch (dw.dwarf_tag(&type)) {
      case DW_TAG_typedef:
        return copy_typedef(type, name, place, depth);
      case DW_TAG_structure_type:
        return copy_struct(type, is_anonymous(name) ? place : name, depth);
      case DW_TAG_array_type:
        return copy_array(type, place, depth);
      case DW_TAG_base_type:
        return copy_base(type, name);
      case DW_TAG_pointer_type:
        return layouts_.refer(name.empty() ? "unsafe.Pointer" : pointer(name));
      case DW_TAG_subroutine_type:
        return layouts_.refer(func(name));
      default:
        return layouts_.refer("?");
    }
  }

 private:
  /// Types are compared by name later: one that is a pointer must look like one.
  static std::string pointer(const std::string& name) {
    return name.starts_with('*') && !is_anonymous(name) ? name : "unsafe.Pointer";
  }
  static std::string func(const std::string& name) {
    return name.starts_with("func(") && !is_anonymous(name) ? name : "func()";
  }

  /// A map, a channel, a func, an interface, or a second DIE for a struct.
  TypeId copy_typedef(Dwarf_Die type, const std::string& name, const std::string& place,
                      int depth) {
    Dwarf_Die target;
    if (!type_of(&type, target)) return layouts_.refer("?");
    const int tag = dw.dwarf_tag(&target);
    if (tag == DW_TAG_structure_type && name_of(&target) == name)
      return copy(target, place, depth + 1);
    const TypeId id = layouts_.refer(is_anonymous(name) ? place : name);
    if (tag == DW_TAG_pointer_type || tag == DW_TAG_subroutine_type) {
      layouts_.define_as(id, "unsafe.Pointer");
    } else if (tag == DW_TAG_structure_type &&
               (name_of(&target) == "runtime.eface" || name_of(&target) == "runtime.iface")) {
      layouts_.define_as(id, "opaque:16");
    } else if (!layouts_.defined(id)) {
      const TypeId to = copy(target, place, depth + 1);
      layouts_.define(id, StructLayout(layouts_.type(to)));
    }
    return id;
  }

  TypeId copy_struct(Dwarf_Die type, const std::string& name, int depth) {
    const TypeId id = layouts_.refer(name);
    if (name.starts_with("[]")) copy_element(type, depth);
    if (layouts_.defined(id) || !copied_.insert(name).second) return id;
    const auto size = number_of(&type, DW_AT_byte_size);
    if (!size) return id;
    StructLayout out{name, Kind::structure, *size, {}, 0, 0};
    Dwarf_Die child;
    for (int more = dw.dwarf_child(&type, &child); good && more == 0;
         more = dw.dwarf_siblingof(&child, &child)) {
      if (dw.dwarf_tag(&child) != DW_TAG_member) continue;
      add_member(out, child, depth);
    }
    good = good && layouts_.define(id, std::move(out));
    return id;
  }

  /// A slice is a struct whose first member points to the elements. Their type goes by its name;
  /// only that of a number is not known otherwise.
  void copy_element(Dwarf_Die slice, int depth) {
    Dwarf_Die member, pointer, element;
    if (dw.dwarf_child(&slice, &member) == 0 && type_of(&member, pointer) &&
        type_of(&pointer, element) && dw.dwarf_tag(&element) == DW_TAG_base_type)
      copy(element, "?", depth + 1);
  }

  /// Padding, and members that only tell a checker something (noCopy), take no part.
  void add_member(StructLayout& out, Dwarf_Die member, int depth) {
    const std::string name(name_of(&member));
    const auto offset = number_of(&member, DW_AT_data_member_location);
    Dwarf_Die type;
    if (name == "_" || !offset || !type_of(&member, type)) return;
    if (const auto size = size_of(type, 0); size == u64{0}) return;
    if (out.members.size() > kMaxMembers) good = false;
    out.members.push_back({name, *offset, copy(type, out.name + "." + name, depth + 1)});
  }

  std::optional<u64> size_of(Dwarf_Die type, int depth) const {
    Dwarf_Die target;
    if (dw.dwarf_tag(&type) == DW_TAG_typedef && depth < kMaxDepth && type_of(&type, target))
      return size_of(target, depth + 1);
    return number_of(&type, DW_AT_byte_size);
  }

  TypeId copy_array(Dwarf_Die type, const std::string& place, int depth) {
    Dwarf_Die element, range;
    if (!type_of(&type, element)) return layouts_.refer("?");
    u64 count = 0;
    if (dw.dwarf_child(&type, &range) == 0) {
      if (const auto bound = number_of(&range, DW_AT_upper_bound)) count = *bound + 1;
      if (const auto said = number_of(&range, DW_AT_count)) count = *said;
    }
    const TypeId of = copy(element, place + "[]", depth + 1);
    const TypeId id = layouts_.refer(fmt::format("[{}]{}", count, layouts_.type(of).name));
    const std::string_view name = name_of(&type);
    if (name.starts_with('[') || is_anonymous(name)) return id;
    const TypeId named = layouts_.refer(name);
    if (!layouts_.defined(named)) layouts_.define(named, StructLayout(layouts_.type(id)));
    return named;
  }

  TypeId copy_base(Dwarf_Die type, const std::string& name) {
    const TypeId id = layouts_.refer(name.empty() ? "?" : name);
    if (layouts_.defined(id)) return id;
    StructLayout out{name, Kind::opaque, number_of(&type, DW_AT_byte_size).value_or(0), {}, 0, 0};
    switch (number_of(&type, DW_AT_encoding).value_or(0)) {
      case DW_ATE_boolean:
        out.kind = Kind::boolean;
        break;
      case DW_ATE_signed:
        out.kind = Kind::signed_int;
        break;
      case DW_ATE_unsigned:
        out.kind = Kind::unsigned_int;
        break;
      case DW_ATE_float:
        out.kind = Kind::floating;
        break;
      default:
        break;
    }
    layouts_.define(id, std::move(out));
    return id;
  }

  Layouts& layouts_;
  std::size_t types_ = 0;
  std::unordered_set<std::string> copied_;  ///< never iterated
};

bool is_runtime(std::string_view name) {
  return name == "runtime" || name == "internal/cpu" || name.starts_with("internal/runtime/");
}

/// Walks the top level of the runtime's units.
class Scan : DwarfAsker {
 public:
  Scan(const LibDw& library, Dwarf* dwarf, Layouts& layouts, u64 most)
      : DwarfAsker(library), dwarf_(dwarf), copier_(library, layouts), layouts_(layouts), left_(most) {}

  bool run() {
    Dwarf_Off at = 0, next = 0;
    std::size_t header = 0;
    for (; copier_.good &&
           dw.dwarf_nextcu(dwarf_, at, &next, &header, nullptr, nullptr, nullptr) == 0;
         at = next) {
      Dwarf_Die unit;
      if (next <= at) return false;
      if (dw.dwarf_offdie(dwarf_, at + header, &unit) != nullptr && is_runtime(name_of(&unit)))
        walk(unit);
    }
    return copier_.good;
  }

 private:
  void walk(Dwarf_Die unit) {
    Dwarf_Die die;
    for (int more = dw.dwarf_child(&unit, &die); more == 0 && copier_.good;
         more = dw.dwarf_siblingof(&die, &die)) {
      if (left_-- == 0) copier_.good = false;
      const int tag = dw.dwarf_tag(&die);
      if (tag == DW_TAG_structure_type && wanted(wanted_types(), die))
        copier_.copy(die, std::string(name_of(&die)));
      if (tag == DW_TAG_variable && wanted(wanted_variables(), die)) variable(die);
    }
  }
  void variable(Dwarf_Die die) {
    const std::string name(name_of(&die));
    Dwarf_Die type;
    if (type_of(&die, type) && variables_.insert(name).second)
      layouts_.define_variable(name, copier_.copy(type, name));
  }
  bool wanted(std::span<const std::string_view> list, Dwarf_Die& die) const {
    return std::ranges::binary_search(list, name_of(&die));
  }

  Dwarf* dwarf_;
  Copier copier_;
  Layouts& layouts_;
  u64 left_;
  std::unordered_set<std::string> variables_;  ///< never iterated
};

}  // namespace

std::optional<Layouts> layouts_from_dwarf(const ElfImage& image) {
  const auto file = DwarfFile::open(image);
  if (!*file) return std::nullopt;
  Layouts layouts;
  Scan scan(file->library, file->dwarf(), layouts, file->most_entries());
  if (!scan.run() || !layouts.settle() || layouts.find("runtime.g") == nullptr) return std::nullopt;
  layouts.name_source("DWARF", {});
  return layouts;
}

}  // namespace runtime_model::golang
