#include "tools/rt0/debug/locations.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/name_lookup.hpp"
#include "tools/rt0/hint.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Of the functions whose code comes from a file, what `visit` says for each line's first address.
void for_lines(Debugger& d, std::string_view file, std::set<std::string>& files,
               const std::function<void(const golang::Function&, Addr, i64 line)>& visit) {
  for (const auto& f : d.target.symbols().functions()) {
    const auto first = d.target.symbols().line(f.entry);
    if (!first) continue;
    files.emplace(base_name(first->file));
    if (base_name(first->file) != base_name(file) && !first->file.ends_with(file)) continue;
    const std::string own(first->file);
    i64 last = 0;
    for (Addr pc = f.entry; pc < f.end; pc += d.target.code_at(pc, Flavor::intel).length) {
      const auto at = d.target.symbols().line(pc);
      if (!at || at->line == last || at->file != own) continue;  // inlined from elsewhere
      last = at->line;
      visit(f, pc, last);
    }
  }
}

/// The first address that a line made, in every function; of a line without code, the next that has
/// some, as gdb does it.
std::vector<Breakpoint::Location> of_line(Debugger& d, std::string_view file, i64 line) {
  std::vector<Breakpoint::Location> out;
  std::set<std::string> files;
  i64 nearest = 0;
  const golang::Function* last = nullptr;
  for_lines(d, file, files, [&](const golang::Function& f, Addr pc, i64 at) {
    if (at < line || (nearest != 0 && at > nearest)) return;
    if (at < nearest) out.clear(), last = nullptr;
    nearest = at;
    if (last != &f) out.push_back({pc, {}});
    last = &f;
  });
  if (!out.empty()) return out;
  const std::vector<std::string> names(files.begin(), files.end());
  const bool known = std::ranges::find(names, base_name(file)) != names.end();
  if (known) user_error("No code of {} comes from line {} or later.", base_name(file), line);
  const std::string near = hint(base_name(file), names);
  user_error("No code comes from a file \"{}\"{}", file, near.empty() ? "." : near);
}

std::vector<Breakpoint::Location> of_name(Debugger& d, std::string_view name) {
  std::vector<Breakpoint::Location> out;
  auto found = d.target.symbols().find(name);
  if (found.empty()) found = d.target.symbols().find("runtime." + std::string(name));
  const bool assembly =
      std::ranges::any_of(found, [](const auto* f) { return f->code == golang::Code::assembly; });
  for (const auto* f : found) {
    std::string note;
    if (f->code == golang::Code::wrapper) note = assembly ? "ABIInternal wrapper" : "ABI0 wrapper";
    out.push_back({f->entry, note});
  }
  for (const Addr at : d.target.inlined().places_of(name)) {
    const auto* around = d.target.symbols().function_at(at);
    out.push_back({at, fmt::format("inlined into {}", around == nullptr ? "?" : around->name)});
  }
  return out;
}

}  // namespace

std::vector<Breakpoint::Location> locate(Debugger& d, std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return {{d.target.pc(), {}}};
  if (text.starts_with('*')) return {{evaluate_address(d.values, text), {}}};
  std::string_view name = text;
  if (name.size() > 2 && name.front() == '\'' && name.back() == '\'')
    name = name.substr(1, name.size() - 2);
  if (auto found = of_name(d, name); !found.empty()) return found;
  const auto colon = text.rfind(':');
  const auto number =
      emulator::base::parse_number(colon == text.npos ? text : text.substr(colon + 1));
  if (number && colon != text.npos)
    return of_line(d, text.substr(0, colon), static_cast<i64>(*number));
  if (number) {
    const auto here = source_of(d.target, d.frames().at(d.frame));
    if (!here) user_error("It is not known which file is meant: say FILE:{}.", *number);
    return of_line(d, here->file, static_cast<i64>(*number));
  }
  // An expression that comes to an address of code: "runtime.main+12".
  const Value v = evaluate(d.values, text);
  const Addr at(d.values.number(v));
  if (d.target.symbols().function_at(at) == nullptr)
    user_error("\"{}\" is no place in the code; a function's name, FILE:LINE or *ADDRESS is.",
               text);
  return {{at, {}}};
}

Addr locate_one(Debugger& d, std::string_view text) { return locate(d, text).front().address; }

std::string location_text(Debugger& d, const Breakpoint::Location& l) {
  std::string out = emulator::base::hex(l.address);
  if (const auto line = d.target.symbols().line(l.address))
    out += fmt::format(": file {}, line {}.", line->file, line->line);
  else
    out += ": " + d.target.describe(l.address);
  return l.note.empty() ? out : out + fmt::format(" ({})", l.note);
}

Data::Fields breakpoint_fields(Debugger& d, const Breakpoint& b) {
  using Kind = Breakpoint::Kind;
  constexpr std::array kKinds = {"code",        "memory", "register",  "syscall",  "thread",
                                 "thread-exit", "signal", "goroutine", "position", "step"};
  Data::Fields out = {{"number", b.number},
                      {"kind", kKinds[static_cast<std::size_t>(b.kind)]},
                      {"type", kind_name(b)},
                      {"what", b.what},
                      {"temporary", b.temporary},
                      {"enabled", b.enabled},
                      {"hits", b.hits}};
  Data::List places;
  for (const auto& l : b.locations) {
    Data::Fields place = {{"address", l.address}};
    if (const auto line = d.target.symbols().line(l.address))
      place.insert(place.end(), {{"file", line->file}, {"line", line->line}});
    if (!l.note.empty()) place.emplace_back("note", l.note);
    places.emplace_back(std::move(place));
  }
  if (!places.empty()) out.emplace_back("places", std::move(places));
  if (b.kind == Kind::memory)
    out.insert(out.end(), {{"address", b.memory.bytes.start}, {"size", b.memory.bytes.size}});
  if (b.kind == Kind::reg) out.emplace_back("t", b.thread);
  if (b.kind == Kind::position) out.emplace_back("n", b.position);
  if (!b.syscalls.empty())
    out.emplace_back("syscalls", Data::List(b.syscalls.begin(), b.syscalls.end()));
  if (b.goroutine != 0) out.emplace_back("goroutine", b.goroutine);
  if (b.only_thread != 0) out.emplace_back("thread", b.only_thread);
  if (!b.condition.empty()) out.emplace_back("condition", b.condition);
  if (b.ignore != 0) out.emplace_back("ignore", b.ignore);
  if (!b.commands.empty()) out.emplace_back("commands", b.commands);
  return out;
}

namespace {

std::string set_text(Debugger& d, const Breakpoint& b) {
  using Kind = Breakpoint::Kind;
  const std::string head =
      fmt::format("{} {}", b.temporary ? "Temporary breakpoint" : "Breakpoint", b.number);
  if (b.kind == Kind::step) return fmt::format("{} at model step {}", head, b.what);
  if (b.kind == Kind::position)
    return fmt::format("{} at instruction number {}", head, grouped(b.position));
  if (b.watches()) {
    std::string name = kind_name(b);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    std::string text = fmt::format("{} {}: {}", name, b.number, b.what);
    if (b.kind == Kind::memory && b.memory.bytes.size > 8)
      text += fmt::format(" ({} bytes)", b.memory.bytes.size);
    if (b.kind == Kind::reg) text += fmt::format(" (of t{})", b.thread);
    return text;
  }
  if (b.kind != Kind::code) return fmt::format("Catchpoint {} ({})", b.number, b.what);
  std::string text = fmt::format("{} at {}", head, location_text(d, b.locations.front()));
  for (std::size_t i = 1; i < b.locations.size(); ++i)
    text += fmt::format("\n{:>{}} and {}", "", head.size(), location_text(d, b.locations[i]));
  return text;
}

}  // namespace

void tell_breakpoint(Debugger& d, const Breakpoint& b, std::string_view behind) {
  std::string text = set_text(d, b);
  // What a breakpoint leaves out is said where it is set.
  if (!b.whose().empty()) text += fmt::format("\nIt stops only in{}.", b.whose());
  if (!behind.empty()) text += fmt::format("\n{}", behind);
  d.out.tell(Fact("breakpoint", {{"breakpoint", breakpoint_fields(d, b)}}, std::move(text)));
}

SameFrame::SameFrame(Debugger& d, Addr sp)
    : g_(d.target.current_g()), thread_(d.target.thread().tid), sp_(sp), depth_(depth(d, g_, sp)) {}

/// From the high end of the goroutine's stack, which stays when the stack grows.
u64 SameFrame::depth(Debugger& d, Addr g, Addr sp) {
  if (g == Addr()) return 0 - sp.value;
  const auto hi = d.target.memory().try_number(g + d.target.guest().offset.g_hi);
  return hi.value_or(0) - sp.value;
}

bool SameFrame::here(Debugger& d) const {
  const Addr g = d.target.current_g();
  if (g_ == Addr() || g == Addr()) return d.target.thread().tid == thread_ && d.target.sp() == sp_;
  return g == g_ && depth(d, g, d.target.sp()) == depth_;
}

bool SameFrame::here_or_outer(Debugger& d) const {
  const Addr g = d.target.current_g();
  if (g_ == Addr() || g == Addr()) return d.target.thread().tid == thread_ && d.target.sp() >= sp_;
  return g == g_ && depth(d, g, d.target.sp()) <= depth_;
}

}  // namespace rt0::debug
