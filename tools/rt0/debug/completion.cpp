#include "tools/rt0/debug/completion.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/name_lookup.hpp"
#include "tools/rt0/step_ids.hpp"

namespace rt0::debug {

namespace {

constexpr std::size_t kMost = 2000;

/// Where the last word of an expression begins: Go's names have dots, stars and parentheses.
std::size_t last_word(std::string_view line, std::size_t from) {
  std::size_t at = line.size();
  while (at > from) {
    const char c = line[at - 1];
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) == 0 && std::string_view("_.$/[]:-").find(c) == std::string_view::npos &&
        u < 0x80) {
      // "runtime.(*mcache" and "runtime.(*mcache)" are parts of a name.
      const std::string_view before = line.substr(0, at);
      const bool opens = before.ends_with(".(") || before.ends_with(".(*");
      const bool closes = c == ')' && before.rfind(".(*") != before.npos;
      if (!opens && !closes) break;
    }
    --at;
  }
  return at;
}

void add_matching(std::set<std::string>& out, std::string_view typed, std::string_view name) {
  if (out.size() < kMost && name.starts_with(typed)) out.emplace(name);
}

void add_functions(Debugger& d, std::set<std::string>& out, std::string_view typed) {
  if (typed.empty()) return;
  for (const auto& f : d.target.symbols().functions()) add_matching(out, typed, f.name);
}

/// Fields of what stands in front of the last dot.
void add_fields(Debugger& d, std::set<std::string>& out, std::string_view typed) {
  const auto dot = typed.rfind('.');
  if (dot == typed.npos) return;
  try {
    Value v = evaluate(d.values, typed.substr(0, dot));
    if (v.type != 0 && d.values.is_pointer(v.type))
      v = d.values.place(Addr(), d.values.element_of(v.type), 8);
    for (const auto& m : d.values.layout(v).members)
      add_matching(out, typed, std::string(typed.substr(0, dot + 1)) + m.name);
  } catch (const std::exception&) {
    // What is typed has no value yet: no fields of it to offer.
  }
}

void add_names(Debugger& d, std::set<std::string>& out, std::string_view typed) {
  for (const std::string& r : register_names()) {
    add_matching(out, typed, "$" + r);
    if (!typed.empty()) add_matching(out, typed, r);
  }
  for (const auto& g : d.target.guest().globals.entries()) {
    add_matching(out, typed, g.name);
    if (g.name.starts_with("runtime.")) add_matching(out, typed, g.name.substr(8));
  }
  try {
    for (const auto& g : all_gs(d)) add_matching(out, typed, object_text(d, g.address()));
    for (const auto& p : all_ps(d)) add_matching(out, typed, object_text(d, p.address()));
    for (const auto& m : all_ms(d)) add_matching(out, typed, object_text(d, m.address()));
  } catch (const std::exception&) {
    // The runtime's lists cannot be read yet.
  }
  add_matching(out, typed, "m0");
}

void add_files(std::set<std::string>& out, std::string_view typed) {
  namespace fs = std::filesystem;
  const auto slash = typed.rfind('/');
  const std::string folder(slash == typed.npos ? "" : typed.substr(0, slash + 1));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, error))
    add_matching(
        out, typed,
        folder + entry.path().filename().string() + (entry.is_directory(error) ? "/" : ""));
}

void add_settings(std::set<std::string>& out, const Command& c, std::string_view typed) {
  std::string_view rest = c.usage;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('|'), rest.size());
    add_matching(out, typed, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

std::string Completions::common() const {
  if (words.empty()) return {};
  // They are sorted: what the first and the last share, all share.
  const auto [a, b] = std::ranges::mismatch(words.front(), words.back());
  return {words.front().begin(), a};
}

Completions complete(Debugger& d, std::string_view line) {
  Completions out;
  std::set<std::string> found;
  const std::size_t blanks = line.find_first_not_of(" \t");
  const std::size_t begin = blanks == line.npos ? line.size() : blanks;
  const auto names = commands_beginning(line.substr(begin));
  const Command* command = nullptr;
  std::size_t arguments = 0;
  try {
    const Found f = find_command(line);
    command = f.command;
    arguments = line.size() - f.rest.size();
  } catch (const emulator::base::UserError&) {
  }
  if (command == nullptr || arguments == line.size()) {
    out.start = begin;
    out.words.assign(names.begin(), names.end());
    return out;
  }
  out.start = last_word(line, arguments);
  const std::string_view typed = line.substr(out.start);
  switch (command->completes) {
    case Completes::nothing:
      break;
    case Completes::functions:
      add_functions(d, found, typed);
      if (command->group == Group::stops && !typed.empty())
        for (const std::string_view id : step_ids()) add_matching(found, typed, id);
      break;
    case Completes::expressions:
      add_names(d, found, typed);
      add_fields(d, found, typed);
      add_functions(d, found, typed);
      break;
    case Completes::files:
      add_files(found, typed);
      break;
    case Completes::settings:
      add_settings(found, *command, typed);
      break;
    case Completes::commands:
      for (const Command* c : all_commands()) add_matching(found, typed, c->name);
      break;
  }
  out.words.assign(found.begin(), found.end());
  return out;
}

}  // namespace rt0::debug
