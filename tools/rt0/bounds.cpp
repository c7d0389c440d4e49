#include "tools/rt0/bounds.hpp"

#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/hint.hpp"

namespace rt0 {

Bound parse_bound(const std::string& option, const std::string& text, const Program& program) {
  Bound b;
  if (text.empty()) return b;
  b.number = emulator::base::parse_number(text);
  if (b.number) return b;
  for (const auto* f : program.symbols.find(text)) b.entries.insert(f->entry.value);
  if (!b.entries.empty()) return b;
  std::vector<std::string_view> names;
  for (const auto& f : program.symbols.functions()) names.push_back(f.name);
  emulator::base::user_error(
      "{}: {} has no function {}{} (names are Go's: runtime.schedinit, main.main)", option,
      program.name, text, hint(text, names));
}

}  // namespace rt0
