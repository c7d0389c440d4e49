// The display after each stop: the runtime and its step, registers, code, stack, callers.
#include <algorithm>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/displays.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/telescope.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::cpu::Registers;

namespace {

/// A part of the display. Its most important lines come first.
struct Part {
  std::string key;  ///< in JSON
  Data data;
  std::string heading;
  std::vector<std::string> lines;
  std::size_t least = 0;  ///< with fewer lines it says nothing, and is left out
};

struct Shown {
  std::string name;
  u64 value, before;
  bool changed() const { return value != before; }
};

std::vector<Shown> shown_registers(const Registers& now, const Registers& before) {
  std::vector<Shown> out;
  constexpr unsigned kOrder[] = {0, 3, 1, 2, 7, 6, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15};
  for (const unsigned i : kOrder)
    out.push_back({std::string(emulator::cpu::gpr_name(i)), now.gpr(i), before.gpr(i)});
  out.push_back({"rip", now.rip, before.rip});
  out.push_back({"fs_base", now.fs_base(), before.fs_base()});
  return out;
}

/// "*rax  0x4be8a0 m0", the star and colour when it has changed.
std::string register_text(Debugger& d, const Shown& r, std::size_t width) {
  const std::string name = r.value < 4096 ? "" : d.target.name_of(Addr(r.value));
  std::string text = fmt::format("{}{:<7} {}", r.changed() ? '*' : ' ', r.name, hex(r.value));
  if (!name.empty()) text = padded(text, width > 40 ? 28 : 24) + " " + name;
  text = padded(cut(text, width), width);
  return r.changed() ? d.out.paint().bold(text) : text;
}

/// As many columns as have room for a number; on a short terminal rows count more than names.
std::size_t registers_across(const Debugger& d) {
  constexpr std::size_t kNumber = 26, kNamed = 48;
  const std::size_t width = d.out.width();
  const bool is_short = d.out.rows() != 0 && d.out.rows() < 45;
  return std::max<std::size_t>(1, is_short ? width / kNumber : width / kNamed);
}

Part registers(Debugger& d) {
  Part part{"registers", {}, "registers", {}, 2};
  const Registers& now = d.target.registers();
  const Registers& before = d.before ? *d.before : now;
  const auto all = shown_registers(now, before);
  const std::size_t across = registers_across(d);
  const std::size_t width = d.out.width() / across - (across > 1 ? 1 : 0);
  const std::size_t rows = (all.size() + across - 1) / across;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t column = 0; column < across; ++column)
      if (const std::size_t i = row + column * rows; i < all.size())
        line += register_text(d, all[i], width) + (column + 1 < across ? " " : "");
    while (line.ends_with(' ')) line.pop_back();
    part.lines.push_back(line);
  }
  const bool changed = now.rflags() != before.rflags();
  const std::string flags = fmt::format("{}{:<7} {:<18} {}", changed ? '*' : ' ', "eflags",
                                        hex(now.rflags()), flags_text(now.rflags()));
  part.lines.push_back(changed ? d.out.paint().bold(flags) : flags);
  Data::List list;
  for (const Shown& r : all)
    list.emplace_back(
        Data::Fields{{"name", r.name}, {"value", Addr(r.value)}, {"changed", r.changed()}});
  list.emplace_back(
      Data::Fields{{"name", "eflags"}, {"value", Addr(now.rflags())}, {"changed", changed}});
  part.data = std::move(list);
  return part;
}

std::string code_text(Debugger& d, const CodeLine& line, bool here) {
  std::string text =
      fmt::format("{} {} {:<7} {}", here ? "=>" : "  ", hex(line.pc), line.where, line.text);
  if (!line.note.empty()) text += "  # " + line.note;
  if (here)
    if (const std::string what = reads_text(d, line); !what.empty()) text += "  ; " + what;
  text = cut(text, d.out.width());
  return here ? d.out.paint().green(text) : text;
}

Part code(Debugger& d) {
  const Addr pc = d.target.pc();
  Part part{"code", {}, "code: " + d.target.describe(pc), {}, 2};
  const auto source = d.target.symbols().line(pc);
  if (source) part.heading += fmt::format(", {}:{}", source->file, source->line);
  const auto earlier = d.target.instructions_before(pc);
  const std::size_t back =
      std::min<std::size_t>(d.out.rows() != 0 && d.out.rows() < 30 ? 1 : 2, earlier.size() - 1);
  const auto* f = d.target.symbols().function_at(pc);
  Data::List list;
  if (source)
    if (const auto text = d.sources.line(source->file, source->line))
      part.lines.push_back(
          d.out.paint().dim(cut(fmt::format("   {}  {}", source->line, *text), d.out.width())));
  for (const CodeLine& line :
       d.target.code_from(earlier[earlier.size() - 1 - back], d.settings.code_lines,
                          d.settings.flavor, f != nullptr ? std::optional(f->end) : std::nullopt)) {
    part.lines.push_back(code_text(d, line, line.pc == pc));
    list.emplace_back(code_fields(d, line));
  }
  part.least = part.lines.size() < 4 ? part.lines.size() : back + 2;
  part.data = std::move(list);
  return part;
}

Part stack(Debugger& d) {
  const Listing words = telescope(d, d.target.sp(), d.settings.stack_lines);
  Part part{"stack", words.data().front().second, "stack", {}, 2};
  Page page(d.out.width(), 0, d.out.paint());
  words.draw(page);
  for (std::string_view text = page.text(); !text.empty();) {
    const auto end = text.find('\n');
    part.lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return part;
}

Part callers(Debugger& d) {
  constexpr std::size_t kMost = 5;
  Part part{"callers", {}, "callers", {}, 2};
  const auto& frames = d.frames();
  Data::List list;
  for (std::size_t i = 0; i < std::min(kMost, frames.size()); ++i) {
    const Frame& f = frames[i];
    const std::string where = short_line(d.target, line_place(f));
    std::string text = fmt::format(
        "#{:<2} {:<{}} {:<22} {}", i,
        f.inlined.empty() ? d.target.describe(f.pc) : fmt::format("{} (inlined)", f.inlined),
        d.out.width() < 100 ? 34 : 42, where, f.note);
    while (text.ends_with(' ')) text.pop_back();
    part.lines.push_back(cut(text, d.out.width()));
    list.emplace_back(frame_fields(d.target, i, f));
  }
  if (frames.size() > kMost)
    part.lines.push_back(fmt::format("    … {} more (bt)", frames.size() - kMost));
  part.data = std::move(list);
  return part;
}

Part runtime(Debugger& d) {
  Part part{"runtime",
            {},
            fmt::format("runtime: instruction {}, thread t{}", grouped(d.target.position()),
                        d.target.thread().tid),
            {},
            1};
  Data::Fields fields = {{"n", d.target.position()}, {"gmp", GmpPicture(d).data()}};
  const ToldStep* step = d.story.latest(d.target.position());
  if (step != nullptr) fields.emplace_back("step", StepAnswer(d, *step).data());
  part.data = std::move(fields);
  // The step that was just told stands above already.
  if (step != nullptr && d.steps_told_at != d.target.position()) {
    Page page(d.out.width(), 1, d.out.paint());
    page.hanging(step_sentence(d, *step), 4);
    for (std::string_view text = page.text(); !text.empty();) {
      const auto end = text.find('\n');
      part.lines.emplace_back(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    part.least = part.lines.size();
  }
  for (const std::string& line : gmp_strip(d)) part.lines.push_back(cut(line, d.out.width()));
  return part;
}

/// All parts; on a terminal as much of them as it has lines left, what matters most first.
class Context : public Answer {
 public:
  Context(Debugger& d, bool all) {
    for (const auto& part : {runtime, registers, code, stack, callers}) try {
        parts_.push_back(part(d));
      } catch (const std::exception& e) {
        // A stop is told whatever the guest's memory holds; a part that cannot be shown says why.
        parts_.push_back({"problem", e.what(), {}, {e.what()}, 1});
      }
    shown_.resize(parts_.size());
    if (d.out.rows() == 0 || all) {
      for (std::size_t i = 0; i < parts_.size(); ++i) shown_[i] = parts_[i].lines.size();
      return;
    }
    // The prompt's line, and one that the terminal may be on.
    const std::size_t taken = d.out.filled() + 2;
    divide(d.out.rows() > taken + kFewest ? d.out.rows() - taken : kFewest);
  }

  std::string_view kind() const override { return "context"; }
  Data::Fields data() const override {
    Data::Fields out;
    for (const Part& p : parts_) out.emplace_back(p.key, p.data);
    return out;
  }
  void draw(Page& page) const override {
    bool whole = true;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      whole &= shown_[i] == parts_[i].lines.size();
      if (shown_[i] == 0) continue;
      rule(page, parts_[i].heading);
      for (std::size_t k = 0; k < shown_[i]; ++k) page.line(parts_[i].lines[k]);
    }
    rule(page, whole ? "" : "\"context\" shows more");
  }

 private:
  static constexpr std::size_t kFewest = 8;  // lines, however little room there is

  /// "── code ─────…" over the whole width.
  static void rule(Page& page, const std::string& title) {
    std::string line = title.empty() ? "" : "── " + title + " ";
    for (std::size_t at = columns(line); at < page.width(); ++at) line += "─";
    page.line(page.paint.cyan(cut(line, page.width())));
  }

  /// Each part its least, in order of importance; then more to each in the same order.
  void divide(std::size_t room) {
    constexpr std::size_t kOrder[] = {0, 2, 1, 4, 3};  // runtime, code, registers, callers, stack
    --room;                                            // the last rule
    for (const std::size_t i : kOrder) {
      const std::size_t least = std::min(parts_[i].least, parts_[i].lines.size());
      if (least == 0 || room < least + 1) continue;
      shown_[i] = least;
      room -= least + 1;
    }
    for (const std::size_t i : kOrder) {
      if (shown_[i] == 0) continue;
      const std::size_t more = std::min(parts_[i].lines.size() - shown_[i], room);
      shown_[i] += more;
      room -= more;
    }
  }

  std::vector<Part> parts_;
  std::vector<std::size_t> shown_;  ///< lines of each
};

}  // namespace

void show_context(Debugger& d, bool all) { d.out.tell(Context(d, all)); }

}  // namespace rt0::debug
