/// Expressions that are shown at each stop.
#pragma once

#include <string>
#include <vector>

#include "tools/rt0/debug/print.hpp"

namespace rt0::debug {

class Debugger;

struct Display {
  int number = 0;
  std::string text;  ///< the expression
  Format format;
  bool enabled = true;

  /// As `x` shows it, not as `print`: the format says how many, how large, or that it is code or
  /// text.
  bool examines() const;
  /// "/8gx ", with the blank; "" without a format.
  std::string format_text() const;
};

class Displays {
 public:
  Display& add(Display d);
  /// All of them when `number` is nothing. False: there is none of that number.
  bool remove(std::optional<int> number);
  bool enable(std::optional<int> number, bool on);
  const std::vector<Display>& all() const { return all_; }

 private:
  std::vector<Display> all_;
  int last_ = 0;
};

/// What has no value now says why.
void show_display(Debugger& d, const Display& display);
void show_displays(Debugger& d);

/// Shows memory at `from` as `x` does, and comes to where it ends. `head` is a line in front, `more`
/// what it says to tools.
Addr examine(Debugger& d, const Format& format, Addr from, Data::Fields more = {},
             std::string_view head = {});
/// An instruction for tools: address, where, bytes it is long, text, note.
Data::Fields code_fields(Debugger& d, const CodeLine& line);

}  // namespace rt0::debug
