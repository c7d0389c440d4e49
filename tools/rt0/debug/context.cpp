// The display after each stop: registers, code, stack, callers, Gs Ms and Ps, the model's step.
#include <algorithm>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/telescope.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::cpu::Registers;

namespace {

/// "── code ─────…" over the whole width.
void heading(Debugger& d, const std::string& title) {
  std::string line = title.empty() ? "" : "── " + title + " ";
  for (std::size_t at = columns(line); at < d.out.width(); ++at) line += "─";
  d.out.print(d.out.paint().cyan(cut(line, d.out.width())));
}

struct Shown {
  std::string name;
  u64 value, before;
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
  const bool changed = r.value != r.before;
  std::string text = fmt::format("{}{:<7} {:<18}", changed ? '*' : ' ', r.name, hex(r.value));
  if (r.value >= 4096)
    if (const std::string name = d.target.name_of(Addr(r.value)); !name.empty()) text += " " + name;
  text = padded(cut(text, width), width);
  return changed ? d.out.paint().bold(text) : text;
}

void show_registers(Debugger& d) {
  heading(d, "registers");
  const Registers& now = d.target.registers();
  const Registers& before = d.before ? *d.before : now;
  const auto all = shown_registers(now, before);
  const std::size_t across = d.out.width() >= 96 ? 2 : 1;
  const std::size_t width = d.out.width() / across - (across - 1);
  const std::size_t rows = (all.size() + across - 1) / across;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (std::size_t column = 0; column < across; ++column)
      if (const std::size_t i = row + column * rows; i < all.size())
        line += register_text(d, all[i], width) + (column + 1 < across ? " " : "");
    while (line.ends_with(' ')) line.pop_back();
    d.out.print(line);
  }
  const bool changed = now.rflags() != before.rflags();
  const std::string flags = fmt::format("{}{:<7} {:<18} {}", changed ? '*' : ' ', "eflags",
                                        hex(now.rflags()), flags_text(now.rflags()));
  d.out.print(changed ? d.out.paint().bold(flags) : flags);
}

void show_code(Debugger& d) {
  const Addr pc = d.target.pc();
  std::string title = "code: " + d.target.describe(pc);
  if (const auto line = d.target.symbols().line(pc))
    title += fmt::format(", {}:{}", line->file, line->line);
  heading(d, title);
  const auto earlier = d.target.instructions_before(pc);
  const std::size_t back = std::min<std::size_t>(2, earlier.size() - 1);
  const auto* f = d.target.symbols().function_at(pc);
  for (const CodeLine& line :
       d.target.code_from(earlier[earlier.size() - 1 - back], d.settings.code_lines,
                          d.settings.flavor, f != nullptr ? std::optional(f->end) : std::nullopt)) {
    const bool here = line.pc == pc;
    std::string text =
        fmt::format("{} {} {:<7} {}", here ? "=>" : "  ", hex(line.pc), line.where, line.text);
    if (!line.note.empty()) text += "  # " + line.note;
    if (here)
      if (const std::string what = reads_text(d, line); !what.empty()) text += "  ; " + what;
    text = cut(text, d.out.width());
    d.out.print(here ? d.out.paint().green(text) : text);
  }
  if (const auto line = d.target.symbols().line(pc))
    if (const auto text = d.sources.line(line->file, line->line))
      d.out.print(
          d.out.paint().dim(cut(fmt::format("   {}\t{}", line->line, *text), d.out.width())));
}

void show_stack(Debugger& d) {
  heading(d, "stack");
  for (const std::string& line : telescope(d, d.target.sp(), d.settings.stack_lines))
    d.out.print(line);
}

void show_callers(Debugger& d) {
  heading(d, "callers");
  constexpr std::size_t kMost = 5;
  const auto& frames = d.frames();
  for (std::size_t i = 0; i < std::min(kMost, frames.size()); ++i) {
    const Frame& f = frames[i];
    const std::string where = short_line(d.target, f.exact ? f.pc : f.pc - 1);
    std::string text =
        fmt::format("#{:<2} {:<42} {:<22} {}", i, d.target.describe(f.pc), where, f.note);
    while (text.ends_with(' ')) text.pop_back();
    d.out.print(cut(text, d.out.width()));
  }
  if (frames.size() > kMost) d.out.print(fmt::format("    … {} more (bt)", frames.size() - kMost));
}

void show_runtime(Debugger& d) {
  heading(d, fmt::format("runtime: instruction {}, thread t{}", grouped(d.target.position()),
                         d.target.thread().tid));
  for (const std::string& line : gmp_strip(d)) d.out.print(cut(line, d.out.width()));
  if (const ToldStep* step = d.story.latest(d.target.position()))
    d.out.print(step_text(d, *step, false));
}

}  // namespace

void show_context(Debugger& d) {
  for (const auto& part : {show_registers, show_code, show_stack, show_callers, show_runtime}) try {
      part(d);
    } catch (const std::exception& e) {
      // A stop is told whatever the guest's memory holds; the part that cannot be shown says why.
      d.out.print(e.what());
    }
  heading(d, "");
}

}  // namespace rt0::debug
