#include "traces/format/filter.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"

namespace traces::format {

std::string_view symbol(const Event& event) {
  return std::visit(
      [](const auto& e) -> std::string_view {
        if constexpr (requires { e.fn; })
          return e.fn;
        else
          return {};
      },
      event);
}

bool matches_symbol(std::string_view pattern, std::string_view symbol) {
  if (!pattern.ends_with('*')) return pattern == symbol;
  pattern.remove_suffix(1);
  return symbol.starts_with(pattern);
}

Range parse_range(std::string_view text) {
  const auto end = [&](std::string_view part) -> std::optional<InsnCount> {
    if (part.empty()) return std::nullopt;
    const auto number = emulator::base::parse_number(part);
    if (!number)
      emulator::base::user_error(
          "\"{}\" is not a range of instruction numbers: write N, A..B, A.. or ..B", text);
    return number;
  };
  if (text.empty()) emulator::base::user_error("the range of instruction numbers is empty");
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return {end(text), end(text)};
  const Range range{end(text.substr(0, dots)), end(text.substr(dots + 2))};
  if (range.from && range.until && *range.from > *range.until)
    emulator::base::user_error("the range {} ends before it begins", text);
  return range;
}

bool Filter::matches(const Event& event) const {
  const Stamp& at = stamp(event);
  if (!range.contains(at.n) || (thread && at.t != *thread)) return false;
  if (symbols.empty()) return true;
  const std::string_view of = symbol(event);
  return !of.empty() &&
         std::any_of(symbols.begin(), symbols.end(),
                     [&](const std::string& pattern) { return matches_symbol(pattern, of); });
}

}  // namespace traces::format
