#include "tools/rt0/debug/displays.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;

namespace {

constexpr u64 kMostShown = 10'000;  // units

unsigned unit_size(char size) { return size == 'b' ? 1 : size == 'h' ? 2 : size == 'w' ? 4 : 8; }

std::string label(Debugger& d, Addr a) { return pointer_text(d.target, a) + ":"; }

void examine_code(Debugger& d, Listing& out, Addr& at, u64 count) {
  for (u64 i = 0; i < count; ++i) {
    const CodeLine line = d.target.code_at(at, d.settings.flavor);
    const bool here = !d.target.over() && line.pc == d.target.pc();
    out.item(code_fields(d, line),
             fmt::format("{} {}\t{}{}", here ? "=>" : "  ", label(d, line.pc), line.text,
                         line.note.empty() ? "" : "  # " + line.note));
    at += line.length;
  }
}

void examine_strings(Debugger& d, Listing& out, Addr& at, u64 count) {
  for (u64 i = 0; i < count; ++i) {
    const std::string text = c_string_text(d.target, at, 1000);
    out.item({{"address", at}, {"text", text}}, fmt::format("{}\t{}", label(d, at), text));
    while (d.target.memory().try_number(at, 1).value_or(0) != 0) at += 1;
    at += 1;
  }
}

/// Rows as gdb's: so many units that a row has 16 bytes, or one of names.
void examine_units(Debugger& d, Listing& out, Addr& at, const Format& f) {
  const unsigned size = unit_size(f.size);
  const u64 across = f.letter == 'a'                      ? 2
                     : f.letter == 'c' || f.letter == 't' ? 8 / std::min(8u, size)
                                                          : 16 / size;
  for (u64 i = 0; i < f.count;) {
    std::string row = label(d, at);
    const Addr from = at;
    Data::List units;
    for (u64 k = 0; k < std::max<u64>(1, across) && i < f.count; ++k, ++i) {
      u64 bits = d.target.memory().number(at, size);
      row += '\t';
      row += f.letter == 'x' ? fmt::format("{:#0{}x}", bits, 2 * size + 2)
                             : number_text(d.target, bits, size, false, f.letter);
      units.emplace_back(hex(bits));
      at += size;
    }
    out.item({{"address", from}, {"size", size}, {"units", std::move(units)}}, row);
  }
}

}  // namespace

Data::Fields code_fields(Debugger& d, const CodeLine& line) {
  Data::Fields out = {{"pc", line.pc}, {"length", line.length}, {"text", line.text}};
  if (const auto* f = d.target.symbols().function_at(line.pc))
    out.insert(out.end(), {{"fn", f->name}, {"offset", line.pc - f->entry}});
  if (!line.note.empty()) out.emplace_back("note", line.note);
  if (const auto source = d.target.symbols().line(line.pc))
    out.insert(out.end(), {{"file", source->file}, {"line", source->line}});
  if (!d.target.over() && line.pc == d.target.pc()) out.emplace_back("next", true);
  return out;
}

Addr examine(Debugger& d, const Format& format, Addr from, Data::Fields more, std::string_view head) {
  Format f = format;
  if (f.letter == 0) f.letter = 'x';
  if (f.size == 0 || f.letter == 'a') f.size = 'g';
  if (f.count > kMostShown) user_error("x shows at most {} units at a time.", kMostShown);
  Listing answer("memory", "rows");
  answer.also(head, std::move(more));
  if (f.letter == 'i')
    examine_code(d, answer, from, f.count);
  else if (f.letter == 's')
    examine_strings(d, answer, from, f.count);
  else
    examine_units(d, answer, from, f);
  d.out.tell(answer);
  return from;
}

bool Display::examines() const {
  return format.letter == 'i' || format.letter == 's' || format.size != 0 || format.count != 1;
}

std::string Display::format_text() const {
  if (format.letter == 0 && !examines()) return {};
  std::string all = "/";
  if (format.count != 1) all += fmt::format("{}", format.count);
  for (const char c : {format.size, format.letter})
    if (c != 0) all += c;
  return all + " ";
}

Display& Displays::add(Display d) {
  d.number = ++last_;
  return all_.emplace_back(std::move(d));
}

bool Displays::remove(std::optional<int> number) {
  return std::erase_if(all_, [&](const Display& d) { return !number || d.number == *number; }) != 0;
}

bool Displays::enable(std::optional<int> number, bool on) {
  bool any = false;
  for (Display& d : all_)
    if (!number || d.number == *number) d.enabled = on, any = true;
  return any;
}

void show_display(Debugger& d, const Display& display) {
  const std::string head = fmt::format("{}: {}{}", display.number, display.examines() ? "x" : "",
                                       display.format_text() + display.text);
  Data::Fields fields = {{"number", display.number}, {"of", display.text}};
  try {
    const Value v = evaluate(d.values, display.text);
    if (!display.examines()) {
      const std::string text = value_text(d.values, v, display.format.letter);
      fields.emplace_back("value", text);
      return d.out.tell(Fact("display", fields, fmt::format("{} = {}", head, text)));
    }
    const Addr at(d.values.number(v));
    (void)examine(d, display.format, at, {{"display", fields}}, head);
  } catch (const emulator::base::UserError& e) {
    fields.emplace_back("error", e.what());
    d.out.tell(Fact("display", fields, fmt::format("{} = <{}>", head, e.what())));
  }
}

void show_displays(Debugger& d) {
  for (const Display& display : d.displays.all())
    if (display.enabled) show_display(d, display);
}

}  // namespace rt0::debug
