#include "tools/rt0/debug/displays.hpp"

#include <algorithm>

#include "emulator/base/error.hpp"
#include "tools/rt0/debug/debugger.hpp"

namespace rt0::debug {

using emulator::base::user_error;

namespace {

constexpr u64 kMostShown = 10'000;  // units

unsigned unit_size(char size) { return size == 'b' ? 1 : size == 'h' ? 2 : size == 'w' ? 4 : 8; }

std::string label(Debugger& d, Addr a) { return pointer_text(d.target, a) + ":"; }

void examine_code(Debugger& d, Addr& at, u64 count) {
  for (u64 i = 0; i < count; ++i) {
    const CodeLine line = d.target.code_at(at, d.settings.flavor);
    const bool here = !d.target.over() && line.pc == d.target.pc();
    d.out.print(fmt::format("{} {}\t{}{}", here ? "=>" : "  ", label(d, line.pc), line.text,
                            line.note.empty() ? "" : "  # " + line.note));
    at += line.length;
  }
}

void examine_strings(Debugger& d, Addr& at, u64 count) {
  for (u64 i = 0; i < count; ++i) {
    const std::string text = c_string_text(d.target, at, 1000);
    d.out.print(fmt::format("{}\t{}", label(d, at), text));
    while (d.target.memory().try_number(at, 1).value_or(0) != 0) at += 1;
    at += 1;
  }
}

/// Rows as gdb's: so many units that a row has 16 bytes, or one of names.
void examine_units(Debugger& d, Addr& at, const Format& f) {
  const unsigned size = unit_size(f.size);
  const u64 across = f.letter == 'a'                      ? 2
                     : f.letter == 'c' || f.letter == 't' ? 8 / std::min(8u, size)
                                                          : 16 / size;
  for (u64 i = 0; i < f.count;) {
    std::string row = label(d, at);
    for (u64 k = 0; k < std::max<u64>(1, across) && i < f.count; ++k, ++i) {
      u64 bits = d.target.memory().number(at, size);
      row += '\t';
      row += f.letter == 'x' ? fmt::format("{:#0{}x}", bits, 2 * size + 2)
                             : number_text(d.target, bits, size, false, f.letter);
      at += size;
    }
    d.out.print(row);
  }
}

}  // namespace

Addr examine(Debugger& d, const Format& format, Addr from) {
  Format f = format;
  if (f.letter == 0) f.letter = 'x';
  if (f.size == 0 || f.letter == 'a') f.size = 'g';
  if (f.count > kMostShown) user_error("x shows at most {} units at a time.", kMostShown);
  if (f.letter == 'i')
    examine_code(d, from, f.count);
  else if (f.letter == 's')
    examine_strings(d, from, f.count);
  else
    examine_units(d, from, f);
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
  try {
    const Value v = evaluate(d.values, display.text);
    if (!display.examines())
      return d.out.print(
          fmt::format("{} = {}", head, value_text(d.values, v, display.format.letter)));
    const Addr at(d.values.number(v));
    d.out.print(head);
    (void)examine(d, display.format, at);
  } catch (const emulator::base::UserError& e) {
    d.out.print(fmt::format("{} = <{}>", head, e.what()));
  }
}

void show_displays(Debugger& d) {
  for (const Display& display : d.displays.all())
    if (display.enabled) show_display(d, display);
}

}  // namespace rt0::debug
