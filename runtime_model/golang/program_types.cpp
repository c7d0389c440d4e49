#include "runtime_model/golang/program_types.hpp"

#include <fmt/format.h>

namespace runtime_model::golang {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxMembers = 4096, kMaxTypes = 1u << 20;
constexpr u64 kMaxSize = u64{1} << 32;

/// cmd/internal/dwarf/dwarf.go: attributes of Go's own.
constexpr unsigned kGoKind = 0x2900, kGoKey = 0x2901, kGoElem = 0x2902;
/// internal/abi/type.go, Kind.
enum GoKind : u64 {
  kComplex64 = 15,
  kComplex128 = 16,
  kArray = 17,
  kChan = 18,
  kFunc = 19,
  kInterface = 20,
  kMap = 21,
  kPointer = 22,
  kSlice = 23,
  kString = 24,
  kStruct = 25,
  kUnsafePointer = 26
};

Kind kind_of_base(u64 encoding) {
  switch (encoding) {
    case DW_ATE_boolean:
      return Kind::boolean;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
      return Kind::signed_int;
    case DW_ATE_unsigned:
    case DW_ATE_unsigned_char:
    case DW_ATE_address:
      return Kind::unsigned_int;
    case DW_ATE_float:
      return Kind::floating;
    case DW_ATE_complex_float:
      return Kind::complex;
    default:
      return Kind::opaque;
  }
}

}  // namespace

bool ProgramTypes::type_in(Dwarf_Die& die, unsigned attribute, Dwarf_Die& out) const {
  Dwarf_Attribute found;
  return dw.dwarf_attr(&die, attribute, &found) != nullptr &&
         dw.dwarf_formref_die(&found, &out) != nullptr;
}

/// The type is entered under its name. What the runtime's layouts have defined stays as it is,
/// except where they say "opaque" or "pointer" of what is more.
TypeId ProgramTypes::later(Dwarf_Die type) {
  const Dwarf_Off offset = dw.dwarf_dieoffset(&type);
  if (const auto it = known_.find(offset); it != known_.end()) return it->second;
  if (layouts_.size() > kMaxTypes) return 0;
  std::string name(name_of(&type));
  if (name.empty() && dw.dwarf_tag(&type) == DW_TAG_pointer_type) name = "unsafe.Pointer";
  const bool cut = name.size() >= kMaxName;
  if (name.empty() || cut) name = fmt::format("{}@{:#x}", name.substr(0, 100), offset);
  const TypeId id = layouts_.refer(name);
  known_.emplace(offset, id);
  const StructLayout& have = layouts_.type(id);
  const bool whole = layouts_.defined(id) && have.kind != Kind::opaque &&
                     have.kind != Kind::array &&
                     (have.kind != Kind::slice || layouts_.defined(have.element)) &&
                     (have.kind != Kind::pointer || have.element != 0);
  if (!whole) pending_.emplace(id, offset);
  return id;
}

TypeId ProgramTypes::of(Dwarf_Die type, int depth) {
  const TypeId id = later(type);
  const auto it = pending_.find(id);
  if (it == pending_.end() || depth > kMaxDepth) return id;
  Dwarf_Die whole;
  const Dwarf_Off offset = it->second;
  pending_.erase(it);
  if (dw.dwarf_offdie(dwarf_, offset, &whole) != nullptr) read(id, whole, depth);
  return id;
}

void ProgramTypes::complete(TypeId id) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return;
  Dwarf_Die type;
  if (dw.dwarf_offdie(dwarf_, it->second, &type) != nullptr) (void)of(type, 0);
}

TypeId ProgramTypes::later_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Die found;
  return type_in(die, attribute, found) ? later(found) : 0;
}

/// A slice is a struct whose first member points to the elements.
TypeId ProgramTypes::slice_element(Dwarf_Die slice) {
  Dwarf_Die member, pointer, element;
  if (dw.dwarf_child(&slice, &member) != 0 || !type_of(&member, pointer) ||
      !type_of(&pointer, element))
    return 0;
  return later(element);
}

void ProgramTypes::read(TypeId id, Dwarf_Die type, int depth) {
  Dwarf_Die target;
  const int tag = dw.dwarf_tag(&type);
  const u64 go_kind = number_of(&type, kGoKind).value_or(0);
  StructLayout out = of_kind(go_kind, type, depth);
  if (out.kind == Kind::opaque && tag == DW_TAG_typedef && type_of(&type, target)) {
    const TypeId to = of(target, depth + 1);
    if (to == id) return;
    out = StructLayout(layouts_.type(to));
  }
  if (out.size < kMaxSize) layouts_.replace(id, std::move(out));
}

/// By Go's kind, where it is given; else by the entry's tag.
StructLayout ProgramTypes::of_kind(u64 go_kind, Dwarf_Die& type, int depth) {
  StructLayout out;
  const auto word = [&](Kind kind) { out.kind = kind, out.size = 8; };
  const int tag = dw.dwarf_tag(&type);
  const std::string_view name = name_of(&type);
  Dwarf_Die target;
  if (go_kind == kMap) {
    word(Kind::map);
    out.key = later_of(type, kGoKey), out.element = later_of(type, kGoElem);
  } else if (go_kind == kChan) {
    word(Kind::channel);
    out.element = later_of(type, kGoElem);
  } else if (go_kind == kFunc || tag == DW_TAG_subroutine_type) {
    word(Kind::func);
  } else if (go_kind == kInterface) {
    out.kind = Kind::interface, out.size = 16;
    // Those with methods have a table of them in front of the value (runtime/runtime2.go, iface).
    Dwarf_Die words;
    out.count = type_of(&type, words) && name_of(&words) == "runtime.eface" ? 0 : 1;
  } else if (go_kind == kUnsafePointer || tag == DW_TAG_pointer_type) {
    word(Kind::pointer);
    if (type_of(&type, target)) out.element = later(target);
  } else if (go_kind == kSlice || (tag == DW_TAG_structure_type && name.starts_with("[]"))) {
    out.kind = Kind::slice, out.size = 24;
    out.element = slice_element(type);
  } else if (go_kind == kString || (tag == DW_TAG_structure_type && name == "string")) {
    out.kind = Kind::string, out.size = 16;
  } else if (tag == DW_TAG_structure_type) {
    out.kind = Kind::structure, out.size = number_of(&type, DW_AT_byte_size).value_or(0);
    read_struct(out, type, depth);
  } else if (tag == DW_TAG_array_type) {
    read_array(out, type, depth);
  } else if (tag == DW_TAG_base_type) {
    out.kind = kind_of_base(number_of(&type, DW_AT_encoding).value_or(0));
    out.size = number_of(&type, DW_AT_byte_size).value_or(0);
  }
  return out;
}

/// Members that do not lie inside are left out.
void ProgramTypes::read_struct(StructLayout& out, Dwarf_Die type, int depth) {
  Dwarf_Die child;
  for (int more = dw.dwarf_child(&type, &child); more == 0 && out.members.size() < kMaxMembers;
       more = dw.dwarf_siblingof(&child, &child)) {
    Dwarf_Die member;
    const auto offset = number_of(&child, DW_AT_data_member_location);
    if (dw.dwarf_tag(&child) != DW_TAG_member || !offset || !type_of(&child, member)) continue;
    const TypeId id = of(member, depth + 1);
    const u64 size = layouts_.type(id).size;
    if (*offset <= out.size && size <= out.size - *offset)
      out.members.push_back({std::string(name_of(&child)), *offset, id});
  }
}

void ProgramTypes::read_array(StructLayout& out, Dwarf_Die type, int depth) {
  Dwarf_Die element, range;
  if (!type_of(&type, element)) return;
  if (dw.dwarf_child(&type, &range) == 0) {
    if (const auto bound = number_of(&range, DW_AT_upper_bound)) out.count = *bound + 1;
    if (const auto said = number_of(&range, DW_AT_count)) out.count = *said;
  }
  out.element = of(element, depth + 1);
  const u64 size = layouts_.type(out.element).size;
  if (size != 0 && out.count > kMaxSize / size) out.count = 0;
  out.kind = Kind::array, out.size = size * out.count;
}

}  // namespace runtime_model::golang
