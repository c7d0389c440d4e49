/// The types of a program's own variables, read from its debug information as they are met.
#pragma once

#include <string>
#include <unordered_map>

#include "runtime_model/golang/dwarf_file.hpp"
#include "runtime_model/golang/layouts.hpp"

namespace runtime_model::golang {

/// Adds types to layouts. What a pointer, slice, map or channel leads to is read when it is asked
/// for: types refer to each other without end.
class ProgramTypes : DwarfAsker {
 public:
  /// `layouts` outlives this; those that it has already keep what is known of them.
  ProgramTypes(const LibDw& library, Dwarf* dwarf, Layouts& layouts)
      : DwarfAsker(library), dwarf_(dwarf), layouts_(layouts) {}

  /// The type that an entry of the debug information describes.
  TypeId of(Dwarf_Die type) { return of(type, 0); }
  /// Reads what is still to be read of a type, so that its members, size and kind are known.
  void complete(TypeId id);

 private:
  TypeId of(Dwarf_Die type, int depth);
  TypeId later(Dwarf_Die type);
  TypeId later_of(Dwarf_Die& die, unsigned attribute);
  bool type_in(Dwarf_Die& die, unsigned attribute, Dwarf_Die& out) const;
  void read(TypeId id, Dwarf_Die type, int depth);
  StructLayout of_kind(u64 go_kind, Dwarf_Die& type, int depth);
  void read_struct(StructLayout& out, Dwarf_Die type, int depth);
  void read_array(StructLayout& out, Dwarf_Die type, int depth);
  TypeId slice_element(Dwarf_Die slice);

  Dwarf* dwarf_;
  Layouts& layouts_;
  std::unordered_map<TypeId, Dwarf_Off> pending_;  ///< never iterated
  std::unordered_map<Dwarf_Off, TypeId> known_;    ///< never iterated
};

}  // namespace runtime_model::golang
