#include "tools/rt0/debug/command.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/elsewhere.hpp"
#include "tools/rt0/debug/expression.hpp"
#include "tools/rt0/hint.hpp"

namespace rt0::debug {

using emulator::base::user_error;

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = s.find_first_not_of(kBlanks);
  if (first == s.npos) return {};
  return s.substr(first, s.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> Arguments::words() const {
  std::vector<std::string> out;
  std::string_view rest = text;
  while (!(rest = trimmed(rest)).empty()) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return out;
}

u64 Arguments::count(Debugger& d, u64 otherwise) const {
  if (text.empty()) return otherwise;
  const Value v = evaluate(d.values, text);
  const u64 n = d.values.number(v);
  if (v.is_signed && static_cast<i64>(n) < 0)
    user_error("{} is no count: it is less than nothing.", static_cast<i64>(n));
  return n;
}

namespace {

struct GroupWords {
  Group group;
  std::string_view word, name;
};
constexpr std::array kGroups = {
    GroupWords{Group::running, "running",
               "going forwards: by instructions, lines, functions, steps"},
    GroupWords{Group::back, "back", "going back, and asking the past: who wrote, and why"},
    GroupWords{Group::stops, "breakpoints", "where to stop: breakpoints, watchpoints, catchpoints"},
    GroupWords{Group::looking, "data", "values and memory"},
    GroupWords{Group::stack, "stack", "who called whom, and what is on the stack"},
    GroupWords{Group::code, "code", "instructions, functions and lines of source"},
    GroupWords{Group::status, "status", "registers, threads, mappings: what the machine holds"},
    GroupWords{Group::runtime, "runtime", "Go's runtime: goroutines, Ms, Ps, the scheduler"},
    GroupWords{Group::session, "session", "help, settings, files, the end"}};

const GroupWords& words_of(Group g) { return kGroups[static_cast<std::size_t>(g)]; }

}  // namespace

std::span<const Group> all_groups() {
  static constexpr auto kAll = [] {
    std::array<Group, kGroups.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = kGroups[i].group;
    return out;
  }();
  return kAll;
}

std::string_view group_word(Group g) { return words_of(g).word; }
std::string_view group_name(Group g) { return words_of(g).name; }

namespace {

std::vector<const Command*> collected() {
  std::vector<const Command*> all;
  for (const auto family :
       {running_commands(), back_commands(), stop_commands(), breakpoint_commands(),
        looking_commands(), type_commands(), display_commands(), info_commands(), local_commands(),
        runtime_commands(), goroutine_commands(), session_commands()})
    for (const Command& c : family) all.push_back(&c);
  return all;
}

bool has_alias(const Command& c, std::string_view word) {
  std::string_view rest = c.aliases;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == word) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

/// The word at the start of a text: letters, digits and -, or a single sign, which may be several
/// bytes of UTF-8.
std::string_view first_word(std::string_view s) {
  std::size_t n = 0;
  while (n < s.size() &&
         (std::isalnum(static_cast<unsigned char>(s[n])) != 0 || s[n] == '-' || s[n] == '_'))
    ++n;
  if (n == 0 && !s.empty())
    for (n = 1; n < s.size() && (static_cast<unsigned char>(s[n]) & 0xc0) == 0x80;) ++n;
  return s.substr(0, n);
}

std::string_view family_of(std::string_view name) {
  const auto blank = name.find(' ');
  return blank == name.npos ? std::string_view() : name.substr(0, blank);
}

/// The commands whose names, behind `family`, begin with a word; the one that is it, when there is.
std::vector<const Command*> candidates(std::string_view family, std::string_view word) {
  std::vector<const Command*> out;
  for (const Command* c : all_commands()) {
    if (family_of(c->name) != family) continue;
    const std::string_view own = family.empty() ? c->name : c->name.substr(family.size() + 1);
    if (own == word || has_alias(*c, word)) return {c};
    if (own.starts_with(word)) out.push_back(c);
  }
  return out;
}

[[noreturn]] void unknown(std::string_view family, std::string_view word) {
  const std::string whole = fmt::format("{}{}{}", family, family.empty() ? "" : " ", word);
  if (const std::string_view text = said_elsewhere(whole); !text.empty())
    user_error("Undefined command: \"{}\".  {}", whole, text);
  std::vector<std::string> names;
  for (const Command* c : all_commands()) {
    if (family_of(c->name) != family) continue;
    names.emplace_back(family.empty() ? c->name : c->name.substr(family.size() + 1));
  }
  if (family.empty()) names.insert(names.end(), {"info", "set", "show"});
  const std::string_view blank = family.empty() ? "" : " ";
  const std::string near = hint(word, names);
  if (family == "info" || family == "set" || family == "show") {
    if (near.empty())
      user_error("There is no \"{}{}{}\": \"help {}\" lists what there is.", family, blank, word,
                 family);
  }
  user_error("Undefined command: \"{}{}{}\"{}", family, blank, word,
             near.empty() ? ".  Try \"help\"." : near);
}

const Command* one_of(const std::vector<const Command*>& found, std::string_view family,
                      std::string_view word) {
  if (found.empty()) unknown(family, word);
  if (found.size() == 1) return found.front();
  std::vector<std::string_view> names;
  for (const Command* c : found) names.push_back(c->name);
  user_error("Ambiguous command \"{}{}{}\": {}.", family, family.empty() ? "" : " ", word,
             fmt::join(names, ", "));
}

/// A word that begins a family's name: "i" and "inf" are "info".
std::string_view family_named(std::string_view word) {
  constexpr std::string_view kFamilies[] = {"info", "set", "show"};
  if (word == "i") return "info";
  for (const auto family : kFamilies)
    if (word.size() >= 3 && family.starts_with(word)) return family;
  return {};
}

}  // namespace

const std::vector<const Command*>& all_commands() {
  static const std::vector<const Command*> all = collected();
  return all;
}

Found find_command(std::string_view line) {
  line = trimmed(line);
  const std::string_view word = first_word(line);
  std::string_view rest = line.substr(word.size());
  const std::string_view family = family_named(word);
  if (family.empty()) return {one_of(candidates({}, word), {}, word), rest};
  rest = trimmed(rest);
  const std::string_view second = first_word(rest);
  if (family == "set") {
    // `set $rax = 1`, `set var x = 1`, as gdb has it.
    const auto found = second.empty() ? candidates("set", "var") : candidates("set", second);
    if (second.empty() || second == "$" || second == "{" || second == "*" || found.empty()) {
      if (rest.find('=') != rest.npos) return {candidates("set", "var").front(), rest};
    }
  }
  if (second.empty() && family != "set") return {candidates({}, "help").front(), line};
  if (second.empty())
    user_error("\"{}\" needs to be told what: \"help {}\" lists it.", family, family);
  return {one_of(candidates(family, second), family, second), rest.substr(second.size())};
}

std::vector<std::string> commands_beginning(std::string_view typed) {
  std::set<std::string> out;
  for (const Command* c : all_commands()) {
    if (c->name.starts_with(typed)) {
      const std::string_view more = c->name.substr(typed.size());
      // A family is completed word by word.
      out.emplace(c->name.substr(0, typed.size() + std::min(more.find(' '), more.size())));
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace rt0::debug
