// Layouts of the Go releases, for programs without DWARF. layout_tables.inc has the text, written
// by make_layouts from the DWARF of programs that those releases built.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/layouts.hpp"

namespace runtime_model::golang {

namespace {

// A line is one of
//   release 19 go1.19.8                   where the layouts of 1.19 come from
//   struct 17-24 56 runtime.gobuf         a struct of these releases, of 56 bytes; its members
//   follow:
//     0 sp uintptr                        offset, name, Go type
//   type 17-27 uintptr runtime.guintptr   another name of a type of Go's own
//   var 17-24 runtime.ncpu int32          a global variable
constexpr std::string_view kTables =
#include "runtime_model/golang/layout_tables.inc"
    ;

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), word.size() + 1));
  return word;
}

u64 number(std::string_view word) {
  u64 value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  RT0_CHECK(error == std::errc{} && end == word.data() + word.size(),
            "a number in layout_tables.inc");
  return value;
}

bool holds(std::string_view range, int minor) {
  const auto dash = range.find('-');
  return static_cast<u64>(minor) >= number(range.substr(0, dash)) &&
         static_cast<u64>(minor) <= number(range.substr(dash + 1));
}

/// Takes the lines of one release.
class Reader {
 public:
  Reader(Layouts& layouts, int minor) : layouts_(layouts), minor_(minor) {}

  void line(std::string_view text) {
    if (text.starts_with("  ")) {
      text.remove_prefix(2);
      if (inside_) member(text);
      return;
    }
    finish();
    const std::string_view word = take_word(text);
    if (word == "release") return;
    if (!holds(take_word(text), minor_)) return;
    const std::string_view first = take_word(text);
    if (word == "struct") {
      inside_ = true;
      struct_ = {std::string(text), Kind::structure, number(first), {}, 0, 0};
    } else if (word == "type") {
      RT0_CHECK(layouts_.define_as(layouts_.refer(text), first), std::string(text));
    } else {
      layouts_.define_variable(std::string(first), layouts_.refer(text));
    }
  }

  void finish() {
    if (!inside_) return;
    inside_ = false;
    const TypeId id = layouts_.refer(struct_.name);
    RT0_CHECK(layouts_.define(id, struct_), "two structs of one name: " + struct_.name);
  }

 private:
  void member(std::string_view text) {
    const u64 offset = number(take_word(text));
    const std::string_view name = take_word(text);
    struct_.members.push_back({std::string(name), offset, layouts_.refer(text)});
  }

  Layouts& layouts_;
  int minor_;
  bool inside_ = false;
  StructLayout struct_;
};

template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty()) take(line);
  }
}

}  // namespace

Releases table_releases() {
  Releases out{0, 0};
  each_line(kTables, [&](std::string_view line) {
    if (take_word(line) != "release") return;
    const int minor = static_cast<int>(number(take_word(line)));
    out = {out.first == 0 ? minor : out.first, minor};
  });
  return out;
}

Layouts Layouts::of_release(int minor) {
  Layouts layouts;
  Reader reader(layouts, minor);
  each_line(kTables, [&](std::string_view line) { reader.line(line); });
  reader.finish();
  RT0_CHECK(layouts.settle(),
            fmt::format("layout_tables.inc does not hold together for 1.{}", minor));
  layouts.name_source(fmt::format("table for go1.{}", minor), fmt::format("go1.{}", minor));
  return layouts;
}

}  // namespace runtime_model::golang
