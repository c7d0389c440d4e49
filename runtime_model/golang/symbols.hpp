/// Names for addresses and addresses for names, whether or not the program was stripped.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kernel/elf.hpp"
#include "runtime_model/golang/pclntab.hpp"

namespace runtime_model::golang {

/// Go gives one name to as many as two pieces of code: what was written, and the wrapper that
/// changes the calling convention in front of it (cmd/compile/abi-internal.md;
/// cmd/compile/internal/ssagen/abi.go).
enum class Code : emulator::u8 {
  body,      ///< compiled from Go: ABIInternal
  assembly,  ///< written in assembly: ABI0, but for a few such as runtime.mcall
  wrapper,   ///< generated: ABI0 in front of a body, or ABIInternal in front of assembly
};

/// Addresses include the load bias.
struct Function {
  std::string_view name;  ///< without ".abi0"; points into the image
  emulator::Addr entry;
  emulator::Addr end;  ///< one past; where the next one starts, when the size is not recorded
  Code code = Code::body;

  emulator::u64 size() const { return end - entry; }
};

/// A place in a function. Equal to what Go's tracebacks print: name+offset.
struct Location {
  const Function* function = nullptr;
  emulator::u64 offset = 0;

  explicit operator bool() const { return function != nullptr; }
};

/// A global variable or read-only object of the ELF symbol table.
struct DataSymbol {
  std::string_view name;
  emulator::Addr address;
  emulator::u64 size = 0;
};

/// The table borrows the image's file bytes and never changes once made; its pointers stay valid
/// when it is moved.
class SymbolTable {
 public:
  SymbolTable() = default;

  /// From .symtab when it has Go's functions, else from pclntab. Throws base::UserError "is not a
  /// Go program: …" when the image has neither Go build info nor a pclntab.
  static SymbolTable load(const emulator::kernel::ElfImage& image, emulator::u64 bias);
  static SymbolTable load(const emulator::kernel::ElfImage& image) {
    return load(image, image.load_bias());
  }
  /// Of functions that no file describes; the names must outlive it.
  static SymbolTable of(std::vector<Function> functions);

  /// The function that holds `pc`: a binary search. Null outside Go's text.
  const Function* function_at(emulator::Addr pc) const;
  Location locate(emulator::Addr pc) const;

  /// All that go by that name: body or assembly first, wrappers after.
  std::vector<const Function*> find(std::string_view name) const;
  /// The one to stop at: the first of find(), or null.
  const Function* function(std::string_view name) const;

  const DataSymbol* data(std::string_view name) const;
  /// The object that holds `address`, or null.
  const DataSymbol* data_at(emulator::Addr address) const;

  /// "runtime.schedinit+0x1c", "runtime.g0+0x10", or the bare address in hex.
  std::string describe(emulator::Addr address) const;

  /// File and line of the instruction at `pc`, by pclntab.
  std::optional<SourceLine> line(emulator::Addr pc) const;

  /// Bytes from the stack pointer up to the return address, when the instruction at `pc` is next;
  /// nothing where pclntab does not say.
  std::optional<emulator::u64> frame_size(emulator::Addr pc) const;

  /// In address order.
  std::span<const Function> functions() const { return functions_; }
  std::span<const DataSymbol> data_symbols() const { return data_; }

  /// "symtab", ".gopclntab (stripped)", "pclntab (stripped, no section headers)".
  std::string_view source() const { return source_; }
  emulator::u64 bias() const { return bias_; }
  const Pclntab& pclntab() const { return pclntab_; }

 private:
  void take_pclntab();
  bool take_symtab(const emulator::kernel::ElfImage& image);
  void order();
  void index();
  void classify();
  std::size_t slot_of(std::string_view name) const;

  Pclntab pclntab_;
  std::vector<Function> functions_;     ///< by entry
  std::vector<emulator::u64> entries_;  ///< functions_[i].entry, packed for the search
  std::vector<emulator::u32>
      name_slots_;  ///< open addressing: index + 1 of the first function of a name
  std::vector<emulator::u32> same_name_;  ///< index + 1 of the next function of the same name
  std::vector<DataSymbol> data_;          ///< by address
  std::string_view source_;
  emulator::u64 bias_ = 0;
};

}  // namespace runtime_model::golang
