#include "runtime_model/golang/globals.hpp"

#include <algorithm>

#include "runtime_model/golang/dwarf.hpp"

namespace runtime_model::golang {

Globals Globals::find(const emulator::kernel::ElfImage& image, const SymbolTable& symbols,
                      const Layouts& layouts) {
  Globals out;
  out.take_symbols(symbols);
  if (out.entries_.empty()) out.take_code(image, symbols, layouts);
  return out;
}

void Globals::take_symbols(const SymbolTable& symbols) {
  const auto wanted = wanted_variables();
  for (const DataSymbol& symbol : symbols.data_symbols()) {
    const auto name = std::ranges::lower_bound(wanted, symbol.name);
    if (name != wanted.end() && *name == symbol.name) add(*name, symbol.address, "symtab");
  }
}

void Globals::add(std::string_view name, Addr address, std::string_view how) {
  const auto at = std::ranges::lower_bound(entries_, name, {}, &Entry::name);
  if (at == entries_.end() || at->name != name) entries_.insert(at, {name, address, how});
}

std::optional<Addr> Globals::address(std::string_view name) const {
  const auto at = std::ranges::lower_bound(entries_, name, {}, &Entry::name);
  if (at == entries_.end() || at->name != name) return std::nullopt;
  return at->address;
}

}  // namespace runtime_model::golang
