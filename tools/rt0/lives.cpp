#include "tools/rt0/lives.hpp"

#include <fmt/format.h>

#include <cctype>

namespace rt0 {

using traces::format::Step;

namespace {

/// "g17" of "g17.sched.pc", of "g17.stack.hi-0x28" and of "g17"; else "".
std::string_view goroutine_in(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
  const bool name =
      end > 1 && text[0] == 'g' && text[1] != '0' && (end == text.size() || text[end] == '.');
  return name ? text.substr(0, end) : std::string_view();
}

/// What makes two steps of one id and one goroutine the same: the states; of what changes nothing,
/// the sentence.
std::string sort_of(const Step& step) {
  if (step.changes.empty()) return step.text;
  for (const auto& c : step.changes)
    if (c.field.ends_with(".atomicstatus")) return c.before + c.after;
  return {};
}

}  // namespace

std::string subject_of(const Step& step) {
  for (const auto& c : step.changes)
    for (const std::string_view text : {std::string_view(c.field), std::string_view(c.after)})
      if (const auto g = goroutine_in(text); !g.empty()) return std::string(g);
  const auto g = step.g > 0 ? step.g : step.curg.value_or(0);
  return g > 0 ? fmt::format("g{}", g) : std::string();
}

void Lives::born(const Step& step) {
  for (const auto& c : step.changes) {
    if (!c.field.ends_with(".startpc")) continue;
    const std::string g(goroutine_in(c.field));
    if (g.empty()) continue;
    begins_[g] = c.after;
    if (++numbers_[c.after] > kAlike) others_.insert(g);
  }
}

std::string_view Lives::begin_of(std::string_view goroutine) const {
  const auto it = begins_.find(goroutine);
  return it == begins_.end() ? std::string_view() : it->second;
}

bool Lives::tells(const Step& step) {
  born(step);
  const std::string subject = subject_of(step);
  if (others_.contains(subject)) return false;
  return ++times_[{subject, step.id, sort_of(step)}] <= kAgain;
}

}  // namespace rt0
