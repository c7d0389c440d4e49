// Looking: values, memory, code, callers, source.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/displays.hpp"
#include "tools/rt0/debug/explain.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locals.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/telescope.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;

namespace {

constexpr u64 kMostShown = 10'000;  // lines

void run_print(Debugger& d, const Arguments& a) {
  const Value v = a.text.empty()
                      ? (d.variables.history.empty() ? Value::of(0) : d.variables.history.back())
                      : evaluate(d.values, a.text);
  Data::Fields fields = value_fields(d.values, v, a.format.letter);
  const std::string text = value_text(d.values, v, a.format.letter);
  d.variables.history.push_back(d.values.loaded(v));
  const auto number = d.variables.history.size();
  fields.insert(fields.begin(), {{"number", number}, {"of", a.text}});
  d.out.tell(Fact("value", std::move(fields), fmt::format("${} = {}", number, text)));
}

void run_examine(Debugger& d, const Arguments& a) {
  Format f = d.last_format;
  if (a.has_format) {
    f.count = a.format.count;
    if (a.format.letter != 0) f.letter = a.format.letter;
    if (a.format.size != 0) f.size = a.format.size;
  } else if (!a.repeated) {
    f.count = 1;
  }
  if (!a.text.empty() && !a.repeated)
    d.next_examined = Addr(evaluate_number(d.values, a.text));
  else if (d.next_examined == Addr())
    d.next_examined = d.target.sp();
  d.last_format = f;
  d.next_examined = examine(d, f, d.next_examined);
}

void run_disassemble(Debugger& d, const Arguments& a) {
  const auto comma = a.text.find(',');
  Addr from, to;
  Listing answer("disassembly", "instructions");
  if (comma != std::string::npos) {
    from = locate_one(d, "*" + a.text.substr(0, comma));
    std::string end(trimmed(std::string_view(a.text).substr(comma + 1)));
    to = end.starts_with('+') ? from + evaluate_number(d.values, std::string_view(end).substr(1))
                              : Addr(evaluate_number(d.values, end));
  } else {
    const Addr at = a.text.empty() ? d.frames()[d.frame].pc : locate_one(d, a.text);
    const auto* f = d.target.symbols().function_at(at);
    if (f == nullptr) user_error("No function contains the address {}.", hex(at));
    from = f->entry, to = f->end;
    answer.also(fmt::format("Dump of assembler code for function {}:", f->name),
                {{"function", f->name}});
  }
  constexpr std::size_t kSourceAt = 70, kTextAt = 24;
  const bool narrow = d.out.width() < kSourceAt + 30;
  const auto pc = d.target.over() ? Addr() : d.target.pc();
  std::string last_line;
  for (const CodeLine& line : d.target.code_from(from, kMostShown, d.settings.flavor, to)) {
    const std::string where = short_line(d.target, line.pc);
    std::string text = fmt::format("{} {} {:<8} {}", line.pc == pc ? "=>" : "  ", hex(line.pc),
                                   line.where, line.text);
    if (!line.note.empty()) text += "  # " + line.note;
    // Narrow lines have no room for the source behind them: it stands in front of its code.
    const bool other_line = where != last_line;
    last_line = where;
    if (other_line && narrow && !where.empty()) answer.also(d.out.paint().dim(where + ":"));
    if (other_line && !narrow) text = padded(text, kSourceAt) + "  " + where;
    answer.item(code_fields(d, line), line.pc == pc ? d.out.paint().green(text) : text, kTextAt);
  }
  d.out.tell(answer);
}

/// All variables of a frame, under it; nothing where none are known.
void add_variables(Debugger& d, const Frame& frame, std::string& text, Data::Fields& fields) {
  Data::List variables;
  for (const Local& local : known_locals_of(d.values, frame)) {
    auto [line, data] = variable_line(d.values, local);
    for (std::size_t at = line.find('\n'); at != line.npos; at = line.find('\n', at + 1))
      line.insert(at + 1, 8, ' ');
    text += "\n        " + line;
    variables.emplace_back(std::move(data));
  }
  if (!variables.empty()) fields.emplace_back("variables", std::move(variables));
}

void show_frames(Debugger& d, std::size_t first, std::size_t last, bool full) {
  const auto& frames = d.frames();
  Listing answer("backtrace", "frames");
  for (std::size_t i = first; i < last; ++i) {
    if (!frames[i].note.empty()) answer.also(d.out.paint().dim(frames[i].note));
    const std::string g = frames[i].g == Addr() ? "" : "  [" + g_text(d, frames[i].g) + "]";
    auto fields = frame_fields(d.target, i, frames[i]);
    std::string text =
        fmt::format("#{:<2} {}{}", i, frame_text(d.target, frames[i]), d.out.paint().dim(g));
    if (full) add_variables(d, frames[i], text, fields);
    answer.item(std::move(fields), std::move(text));
  }
  if (last < frames.size()) answer.also("(More stack frames follow...)");
  answer.also({}, {{"more", last < frames.size()}});
  d.out.tell(answer);
}

void run_backtrace(Debugger& d, const Arguments& a) {
  const std::size_t all = d.frames().size();
  std::string text = a.text;
  bool full = false;
  for (const std::string_view word : {"full", "-full"})
    if (text.starts_with(word))
      full = true, text = trimmed(std::string_view(text).substr(word.size()));
  const auto count =
      text.empty() ? static_cast<i64>(all) : static_cast<i64>(evaluate_number(d.values, text));
  const u64 shown = std::min<u64>(all, static_cast<u64>(count < 0 ? -count : count));
  // As in gdb, less than nothing: so many of the outermost.
  if (count < 0)
    show_frames(d, all - shown, all, full);
  else
    show_frames(d, 0, shown, full);
}

void choose_frame(Debugger& d, std::size_t n) {
  if (n >= d.frames().size()) user_error("No frame at level {}.", n);
  d.frame = n;
  const Frame& f = d.frames()[n];
  Data::Fields fields = frame_fields(d.target, n, f);
  std::string shown = fmt::format("#{:<2} {}", n, frame_text(d.target, f));
  if (const auto line = source_of(d.target, f))
    if (const auto text = d.sources.line(line->file, line->line)) {
      fields.emplace_back("source", *text);
      shown += fmt::format("\n{}\t{}", line->line, *text);
    }
  d.out.tell(Fact("frame", std::move(fields), std::move(shown)));
}

void run_frame(Debugger& d, const Arguments& a) {
  (void)d.frames();
  choose_frame(d, static_cast<std::size_t>(a.count(d, d.frame)));
}
void run_up(Debugger& d, const Arguments& a) {
  const std::size_t above = d.frames().size() - 1 - d.frame;
  if (above == 0) user_error("Initial frame selected; you can't go up.");
  choose_frame(d, d.frame + std::min<std::size_t>(above, a.count(d)));
}
void run_down(Debugger& d, const Arguments& a) {
  (void)d.frames();
  if (d.frame == 0) user_error("Bottom (innermost) frame selected; you can't go down.");
  choose_frame(d, d.frame - std::min<std::size_t>(d.frame, static_cast<std::size_t>(a.count(d))));
}

/// Where a listing begins, and in which file.
void list_from(Debugger& d, const std::string& text) {
  constexpr int kBefore = 5;
  const auto number = emulator::base::parse_number(text);
  if (number && !d.listed_file.empty()) {
    constexpr u64 kLast = 1u << 30;
    d.next_listed = static_cast<int>(std::min(*number, kLast)) - kBefore;
    return;
  }
  std::optional<golang::SourceLine> line;
  if (text.empty())
    line = source_of(d.target, d.frames()[d.frame]);
  else
    line = d.target.symbols().line(locate_one(d, text));
  if (!line) user_error("No line of source is known for this code.");
  d.listed_file = line->file;
  d.next_listed = line->line - kBefore;
}

void run_list(Debugger& d, const Arguments& a) {
  constexpr int kLines = 10;
  if (!a.repeated) list_from(d, a.text);
  const auto* lines = d.sources.file(d.listed_file);
  if (lines == nullptr)
    user_error(
        "The source {} is not on this machine: \"set goroot DIRECTORY\" names where {}'s is.",
        d.listed_file, d.target.program().build.version);
  d.next_listed = std::max(1, d.next_listed);
  if (d.next_listed > static_cast<int>(lines->size()))
    user_error("{} ends at line {}.", d.listed_file, lines->size());
  const auto here = d.target.over() ? std::nullopt : source_of(d.target, d.frames()[d.frame]);
  Listing answer("source", "lines");
  answer.also({}, {{"file", d.listed_file}});
  for (int i = 0; i < kLines && d.next_listed <= static_cast<int>(lines->size());
       ++i, ++d.next_listed) {
    const bool current = here && here->file == d.listed_file && here->line == d.next_listed;
    const std::string text = fmt::format("{}{}\t{}", d.next_listed, current ? " =>" : "",
                                         (*lines)[static_cast<std::size_t>(d.next_listed) - 1]);
    answer.item({{"line", d.next_listed},
                 {"text", (*lines)[static_cast<std::size_t>(d.next_listed) - 1]},
                 {"current", current}},
                current ? d.out.paint().green(text) : text);
  }
  d.out.tell(answer);
}

void run_telescope(Debugger& d, const Arguments& a) {
  const auto words = a.words();
  constexpr u64 kMostWords = 4096;  // below it, memory is never mapped
  u64 count = 10;
  std::string where = a.text;
  if (const auto n = emulator::base::parse_number(where); n && *n < kMostWords) {
    count = *n;
    where.clear();
  }
  if (words.size() > 1 && emulator::base::parse_number(words.back())) {
    count = *emulator::base::parse_number(words.back());
    where = std::string(trimmed(std::string_view(a.text).substr(0, a.text.rfind(words.back()))));
  }
  const Addr from = a.repeated      ? d.next_examined
                    : where.empty() ? d.target.sp()
                                    : Addr(evaluate_number(d.values, where));
  d.out.tell(telescope(d, from, std::min(count, kMostShown)));
  d.next_examined = from + 8 * count;
}

void run_vmmap(Debugger& d, const Arguments& a) {
  const auto wanted =
      a.text.empty() ? std::nullopt : std::optional(Addr(evaluate_number(d.values, a.text)));
  Listing answer("mappings", "mappings");
  for (const auto& [start, region] : d.target.machine().memory().regions()) {
    if (wanted && (wanted->value < start || wanted->value >= region.end)) continue;
    const u8 p = region.protection;
    const std::string allowed =
        fmt::format("{}{}{}{}", (p & 1) != 0 ? 'r' : '-', (p & 2) != 0 ? 'w' : '-',
                    (p & 4) != 0 ? 'x' : '-', region.shared ? 's' : 'p');
    std::string text = fmt::format("{:>14} {:>14} {} {:>10} {}", hex(start), hex(region.end),
                                   allowed, hex(region.end - start), region.name);
    while (text.ends_with(' ')) text.pop_back();
    answer.item({{"start", Addr(start)},
                 {"end", Addr(region.end)},
                 {"size", region.end - start},
                 {"permissions", allowed},
                 {"name", region.name}},
                text);
  }
  d.out.tell(answer);
}

void run_explain(Debugger& d, const Arguments& a) {
  const Addr at = a.text.empty() ? d.target.pc() : locate_one(d, a.text);
  d.out.tell(explain(d, at));
}

void run_context(Debugger& d, const Arguments&) {
  d.require_process();
  show_context(d, true);
}

constexpr Command kCommands[] = {
    {"print", "p inspect call", Group::looking, "[/FORMAT] EXPRESSION",
     "Show the value of an expression",
     "Registers ($rip, rip), symbols (runtime.main, 'runtime.(*mcache).refill'), the runtime's "
     "objects and their fields "
     "(g1.sched.sp, m0.curg, allp[0].runnext, sched.runqsize), memory (*ADDRESS, *(u32*)ADDRESS), "
     "C's operators. Formats: "
     "x hex, d signed, u unsigned, o octal, t binary, a address with its name, c character, f "
     "floating point, s string. "
     "The value is kept as $1, $2 …; $ is the last.",
     "print g1.sched.sp - g1.stack.lo", false, Completes::expressions, run_print},
    {"x", "", Group::looking, "[/NFU] [ADDRESS]", "Show memory: N units in format F of size U",
     "F as for print, and i for instructions, s for text; U is b, h, w or g for 1, 2, 4 or 8 "
     "bytes. An empty line goes on.",
     "x/8gx $rsp", true, Completes::expressions, run_examine},
    {"disassemble", "disas", Group::code, "[WHERE | FROM,TO | FROM,+BYTES]",
     "Show a function's instructions",
     "\"set disassembly-flavor\" chooses Go's, Intel's or AT&T's spelling.",
     "disassemble runtime.check", false, Completes::functions, run_disassemble},
    {"backtrace", "bt where", Group::stack, "[N|-N]", "Show who called whom",
     "N: so many of the innermost; -N: of the outermost. It goes on through runtime.systemstack, "
     "mcall and morestack to the goroutine that asked for "
     "g0's stack, and through "
     "signal handlers to what they interrupted.",
     "backtrace", false, Completes::nothing, run_backtrace},
    {"frame", "f", Group::stack, "[N]", "Look at frame N of the backtrace", "", "frame 0", false,
     Completes::nothing, run_frame},
    {"up", "", Group::stack, "[N]", "Look at the caller", "", "up", true, Completes::nothing,
     run_up},
    {"down", "dow", Group::stack, "[N]", "Look at the callee again", "", "down", true,
     Completes::nothing, run_down},
    {"list", "l", Group::code, "[WHERE]", "Show lines of Go's source",
     "A program's own source is found where it was built, or here. Go's needs the GOROOT of its "
     "release: the one in the environment, or that of \"set goroot\".",
     "list", true, Completes::functions, run_list},
    {"telescope", "tel stack", Group::stack, "[ADDRESS] [N]",
     "Show words of memory and what they point to", "A small number alone is N.",
     "telescope $rsp 6", true, Completes::expressions, run_telescope},
    {"vmmap", "", Group::status, "[ADDRESS]", "Show the memory that is mapped", "", "vmmap", false,
     Completes::expressions, run_vmmap},
    {"explain", "exp", Group::code, "[WHERE]", "Say in words what the next instruction does", "",
     "explain", false, Completes::functions, run_explain},
    {"context", "ctx", Group::status, "", "Show again what is shown after a stop", "", "context",
     false, Completes::nothing, run_context},
};

}  // namespace

std::span<const Command> looking_commands() { return kCommands; }

}  // namespace rt0::debug
