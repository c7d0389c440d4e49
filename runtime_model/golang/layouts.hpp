/// Where the fields of the runtime's types are in one binary's memory: sizes, offsets and Go types.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/boot_routines.hpp"
#include "runtime_model/golang/version.hpp"

namespace runtime_model::golang {

using emulator::Addr;
using emulator::i16;
using emulator::i32;
using emulator::i64;
using emulator::i8;
using emulator::u16;
using emulator::u32;
using emulator::u64;
using emulator::u8;

enum class Kind : u8 {
  unsigned_int,
  signed_int,
  boolean,
  floating,
  pointer,
  structure,
  array,
  slice,
  string,
  opaque,
  // Of programs' own types only; the runtime's layouts have pointers and opaque words for them.
  complex,
  interface,
  map,
  channel,
  func
};

class Layouts;
using TypeId = u32;

/// One member of a struct, as it was declared: an embedded type goes by its own name.
struct Member {
  std::string name;
  u64 offset = 0;
  TypeId type = 0;
};

/// A Go type. `name` is Go's own ("runtime.g", "*runtime.m", "[256]runtime.guintptr"); a struct
/// without a name is called after the place that declares it: "runtime.p.gFree".
struct StructLayout {
  std::string name;
  Kind kind = Kind::opaque;
  u64 size = 0;
  std::vector<Member> members;  ///< of a structure, by offset
  TypeId element = 0;  ///< of an array, slice, map or channel; of a pointer, where it is known
  u64 count = 0;       ///< of an array; of an interface, 1 when it has methods
  TypeId key = 0;      ///< of a map
};

/// As Go prints it: without the mark that tells types of one name apart.
std::string_view go_name(const StructLayout& type);

/// Where a path leads: bytes from the start of the type that the path began in.
struct FieldLayout {
  u64 offset = 0;
  TypeId type = 0;
};

/// The types of one binary. Guaranteed: members lie inside of their struct, an array is no larger
/// than what holds it, sizes are below 4 GiB.
class Layouts {
 public:
  Layouts() { types_.push_back({"?", Kind::opaque, 0, {}, 0, 0}); }

  /// From the DWARF of the binary when it has any; else from the table of its Go release; when
  /// there is no table of that release, from that of the nearest one, and source() says so.
  static Layouts load(const emulator::kernel::ElfImage& image, const BuildInfo& build);

  /// From the built-in tables. The release must be between the first and the last that they have.
  static Layouts of_release(int minor);

  /// "DWARF", "table for go1.19", "table for go1.27, the nearest to go1.28".
  std::string_view source() const { return source_; }
  /// The release that the layouts hold for: "go1.19".
  std::string_view release() const { return release_; }

  /// A type by Go's name, or null.
  const StructLayout* find(std::string_view go_type) const;
  const StructLayout& type(TypeId id) const { return types_[id < types_.size() ? id : 0]; }
  /// The Go type of a global variable, or null: "runtime.sched" → runtime.schedt.
  const StructLayout* variable(std::string_view name) const;
  std::optional<TypeId> variable_type(std::string_view name) const;

  /// Follows a path through structs and arrays: "sched.pc", "central[].mcentral.spanclass" ("[]" is
  /// the first element). The empty path is the type itself.
  std::optional<FieldLayout> field(const StructLayout& from, std::string_view path) const;

  /// The single word inside of a type that wraps one: runtime.note's key, the value of an
  /// atomic.Uint32, the Uint8 in an mSpanStateBox. Anything else is returned as it is.
  FieldLayout unwrapped(FieldLayout field) const;

  /// All of it in the form of the tables, for make_layouts.
  std::string text() const;

  // Building. Names not yet defined can be referred to; they are opaque until they are.
  /// The type of that name, entered when it is new; names of Go's own ("uintptr", "*T", "[3]T")
  /// define themselves.
  TypeId refer(std::string_view go_type);
  bool defined(TypeId id) const { return defined_[id]; }
  /// False when the type was defined before or does not hold together.
  bool define(TypeId id, StructLayout layout);
  /// As another name of a type of Go's own: "uintptr", "[]uint32", or "opaque:24" of 24 bytes.
  bool define_as(TypeId id, std::string_view underlying);
  /// Says more of a type than was known; `layout` holds together. References to it stay valid.
  void replace(TypeId id, StructLayout layout);
  std::size_t size() const { return types_.size(); }
  void define_variable(std::string name, TypeId type) {
    variables_.emplace_back(std::move(name), type);
  }
  void name_source(std::string source, std::string release);
  /// After the last define: orders variables, sizes arrays. False when a struct does not hold its
  /// members.
  bool settle();

 private:
  bool size_array(TypeId id, int depth);
  std::string underlying(const StructLayout& t) const;

  std::deque<StructLayout> types_;  ///< [0] stands for what is not known
  std::vector<bool> defined_ = {true};
  std::vector<bool> own_ = {true};                         ///< Go's own, that need no definition
  std::unordered_map<std::string, TypeId> by_name_;        ///< never iterated
  std::vector<std::pair<std::string, TypeId>> variables_;  ///< by name once settled
  std::string source_, release_;
};

/// The Go minor releases that the built-in tables cover: first and last.
Releases table_releases();

}  // namespace runtime_model::golang
