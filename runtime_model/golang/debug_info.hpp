/// A program's variables: which there are at a place of its code, of what types, and where their
/// values lie. From DWARF 4 and 5.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime_model/golang/program_types.hpp"

namespace runtime_model::golang {

/// Where a part of a value is.
struct ValuePiece {
  enum class In : u8 { memory, reg, constant, nowhere } in = In::nowhere;
  u64 where = 0;  ///< its address, DWARF's number of its register, or the value itself
  u64 size = 0;   ///< bytes
};

struct LocalVariable {
  std::string name;
  bool parameter = false;
  bool result = false;   ///< a parameter that the function gives back
  bool in_heap = false;  ///< moved there by the compiler: the value is what it points to
  i64 line = 0;          ///< where it is declared
  TypeId type = 0;
  Dwarf_Off entry = 0;  ///< of the debug information
};

/// A function, or one that was put into its code, with the variables that are visible.
struct VariableScope {
  std::string function;                  ///< as the debug information names it
  std::vector<LocalVariable> variables;  ///< those of inner blocks behind those around them
};

/// What a location may ask for.
struct LocationContext {
  Addr pc;                 ///< link-time
  std::optional<u64> cfa;  ///< canonical frame address
  std::function<std::optional<u64>(unsigned dwarf_register)> reg;
  std::function<std::optional<u64>(Addr)> word;  ///< of memory
  u64 bias = 0;                                  ///< added to link-time addresses
};

/// Addresses given to it and by it are link-time ones. A file nobody vouches for costs time and
/// memory in proportion to its size.
class DebugInfo : DwarfAsker {
 public:
  /// `layouts` outlives this and is added to.
  DebugInfo(std::unique_ptr<DwarfFile> file, Layouts& layouts);

  DwarfFile::State state() const { return file_->state(); }
  /// The function that holds `pc`, then what was inlined there, outermost first. Empty when the
  /// code has no description. Stays valid until the next call.
  const std::vector<VariableScope>& scopes_at(Addr pc);
  /// The parts of a variable's value of `size` bytes there, in order; none where it has no place.
  std::vector<ValuePiece> locate(const LocalVariable& variable, const LocationContext& context,
                                 u64 size);
  /// The type of a variable of a package: "main.counter".
  std::optional<TypeId> global_type(const std::string& name);
  /// The type that the runtime describes at an address: what an interface's first word leads to.
  std::optional<TypeId> type_at(Addr runtime_type);
  /// Reads what is still to be read of a type.
  void complete(TypeId id);

 private:
  struct Range {
    u64 from, to;
    Dwarf_Off entry;
    std::size_t unit = 0;
  };
  struct UnitName {
    std::string name;
    Dwarf_Off entry = 0;
  };
  void read_units();
  void add_ranges(Dwarf_Die& die, Dwarf_Off entry, std::size_t unit, std::vector<Range>& out);
  const std::vector<Range>& functions_of(std::size_t unit);
  bool holds(Dwarf_Die& die, Addr pc) const;
  void collect(Dwarf_Die& die, Addr pc, std::size_t scope, int depth);
  void add_variable(Dwarf_Die& die, VariableScope& scope, bool parameter);
  Dwarf_Die origin_of(Dwarf_Die die) const;
  /// A question may visit as many entries as there can be.
  void begin() { left_ = *file_ ? file_->most_entries() : 0; }
  bool visit() { return left_ != 0 && left_-- != 0; }

  std::unique_ptr<DwarfFile> file_;
  std::unique_ptr<ProgramTypes> types_;
  std::vector<Range> ranges_;  ///< of units, by `from`
  std::vector<UnitName> units_;
  std::map<std::size_t, std::vector<Range>> functions_;  ///< of units that were asked for
  std::map<std::string, std::optional<TypeId>> globals_;
  std::optional<std::map<u64, Dwarf_Off>> runtime_types_;
  std::vector<VariableScope> scopes_;
  std::optional<Addr> scopes_of_;
  u64 left_ = 0;  ///< entries that may still be visited
};

}  // namespace runtime_model::golang
