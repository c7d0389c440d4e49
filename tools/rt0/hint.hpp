/// "; did you mean \"schedinit\"?": the nearest of the names that there are.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace rt0 {

/// Levenshtein's distance: single characters to add, leave out or change.
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

/// Empty when nothing is near: more than some third of the letters would have to change.
template <class Names>
std::string hint(std::string_view typed, const Names& names) {
  std::size_t best = std::max<std::size_t>(1, (typed.size() + 1) / 3);
  std::string_view nearest;
  for (const auto& name : names) {
    if (std::string_view(name).size() > typed.size() + best) continue;
    const std::size_t d = distance(typed, name);
    if (d < best || (d == best && nearest.empty())) best = d, nearest = name;
  }
  return nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest);
}

}  // namespace rt0
