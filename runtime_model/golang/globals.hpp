/// Where the runtime's global variables are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/layouts.hpp"
#include "runtime_model/golang/symbols.hpp"

namespace runtime_model::golang {

/// The globals of one binary, as far as they can be found. Addresses include the load bias.
class Globals {
 public:
  struct Entry {
    std::string_view name;  ///< of wanted_variables()
    Addr address;
    std::string_view how;  ///< "symtab", or the name of the function whose code says so
  };

  /// From the symbol table; what is not there, by decoding functions that use it.
  static Globals find(const emulator::kernel::ElfImage& image, const SymbolTable& symbols,
                      const Layouts& layouts);

  std::optional<Addr> address(std::string_view name) const;
  /// By name.
  std::span<const Entry> entries() const { return entries_; }
  /// What the code of a program with symbols says of where globals are, a line for each function
  /// that refers to one, in the form of code_tables.inc; for make_layouts.
  static std::string code_text(const emulator::kernel::ElfImage& image, const SymbolTable& symbols);

  /// Adds one that is not known yet.
  void add(std::string_view name, Addr address, std::string_view how);

 private:
  void take_symbols(const SymbolTable& symbols);
  void take_code(const emulator::kernel::ElfImage& image, const SymbolTable& symbols,
                 const Layouts& layouts);

  std::vector<Entry> entries_;
};

}  // namespace runtime_model::golang
