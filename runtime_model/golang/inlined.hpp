/// Which functions the compiler has put into the bodies of others, and where.
/// Source: Go's runtime/symtabinl.go, cmd/internal/obj/inl.go, of 1.18 and later.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "runtime_model/golang/symbols.hpp"

namespace runtime_model::golang {

/// One call that was inlined: its number in the function that it was inlined into, and of what.
struct InlinedCall {
  emulator::i32 number = 0;
  std::string_view function;
  emulator::Addr parent;  ///< where, in the code around it, the call would stand
};

/// Code that belongs to inlined calls.
struct InlinedCode {
  emulator::Addr from, to;
  std::vector<InlinedCall> calls;  ///< innermost first

  /// The call of that function, or null.
  const InlinedCall* of(std::string_view function) const;
};

/// What pclntab says of a program, read function by function as it is asked for. It distrusts the
/// tables as Pclntab does. Empty for programs before go1.18.
class InlinedBodies {
 public:
  /// Reads a word of the guest's memory; zero where there is none.
  using ReadWord = std::function<emulator::u32(emulator::Addr)>;

  InlinedBodies() = default;
  /// `gofunc`: what moduledata.gofunc holds. `symbols` outlives this.
  InlinedBodies(const SymbolTable& symbols, emulator::Addr gofunc, ReadWord read);

  /// The inlined code that holds `pc`, or null. Stays valid.
  const InlinedCode* at(emulator::Addr pc);
  /// Where calls of that function were inlined: for each its first code, by address.
  std::vector<emulator::Addr> places_of(std::string_view function) const;
  /// Is `inlined` somewhere in the code of the function that holds `pc`?
  bool holds(emulator::Addr pc, std::string_view inlined);

 private:
  using Pieces = std::vector<InlinedCode>;
  const Pieces& pieces_at(emulator::Addr pc);
  Pieces read_function(emulator::u32 index) const;

  const SymbolTable* symbols_ = nullptr;
  emulator::Addr gofunc_;
  ReadWord read_;
  std::map<emulator::u32, Pieces> known_;  ///< by index in pclntab
  const Pieces* last_ = nullptr;
  emulator::Addr from_, to_;  ///< the function of `last_`
};

}  // namespace runtime_model::golang
