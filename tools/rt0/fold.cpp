#include "tools/rt0/fold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/rt0/landmarks.hpp"

namespace rt0 {

using emulator::u64;

namespace {

constexpr std::size_t kNamed = 2;  ///< functions that a line names

void count(auto& counts, std::string_view key) {
  auto it = counts.find(key);
  if (it == counts.end()) it = counts.emplace(std::string(key), 0).first;
  ++it->second;
}

u64 sum(const auto& counts) {
  u64 all = 0;
  for (const auto& [key, n] : counts) all += n;
  return all;
}

std::string steps_text(u64 n) { return fmt::format("{} step{}", grouped(n), n == 1 ? "" : "s"); }

/// "g28 to g1017": by number, so that g9 comes before g10.
std::string span_of(const auto& counts) {
  const auto less = [](std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  };
  std::string_view first, last;
  for (const auto& [g, n] : counts) {
    if (first.empty() || less(g, first)) first = g;
    if (last.empty() || less(last, g)) last = g;
  }
  return first == last ? std::string(first) : fmt::format("{} to {}", first, last);
}

}  // namespace

void Fold::add(std::string_view function) {
  count(functions_, function);
  ++steps_;
}

void Fold::add_life(std::string_view goroutine, std::string_view begins) {
  auto it = lives_.find(begins);
  if (it == lives_.end()) it = lives_.emplace(std::string(begins), Counts()).first;
  count(it->second, goroutine);
  ++steps_;
}

std::string Fold::functions_line() const {
  std::vector<std::pair<u64, std::string_view>> most;
  for (const auto& [function, n] : functions_) most.emplace_back(n, function);
  std::ranges::stable_sort(most, std::greater<>(), [](const auto& f) { return f.first; });
  const std::size_t named = most.size() == kNamed + 1 ? kNamed + 1 : std::min(kNamed, most.size());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < named; ++i) names.push_back(most[i].second);
  std::string of = fmt::format("{}", fmt::join(names, ", "));
  if (most.size() > named) of += fmt::format(" and {} more", most.size() - named);
  return fmt::format("… {} of {} folded (--all, or --only {})", steps_text(sum(functions_)), of,
                     names.front());
}

std::vector<std::string> Fold::lines() const {
  std::vector<std::string> out;
  if (!functions_.empty()) out.push_back(functions_line());
  for (const auto& [begins, goroutines] : lives_)
    out.push_back(fmt::format(
        "… {} in the lives of {} goroutine{} more that begin{} at {} folded: {} (--all, or --only "
        "{})",
        steps_text(sum(goroutines)), grouped(goroutines.size()), goroutines.size() == 1 ? "" : "s",
        goroutines.size() == 1 ? "s" : "", begins, span_of(goroutines), begins));
  return out;
}

}  // namespace rt0
