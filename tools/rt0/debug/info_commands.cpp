// info …: registers, threads, memory, files: what the machine and the kernel hold.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/syscall.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using emulator::kernel::Thread;
using emulator::kernel::ThreadState;

namespace {

/// A register's line, and its value for tools: a number as hex, RFLAGS by name too, of vectors the
/// lanes, lowest first.
void add_register(Debugger& d, Listing& out, const std::string& name) {
  const auto reg = register_named(name);
  if (!reg) user_error("Invalid register `{}'", name);
  const Value v = d.values.of_register(*reg);
  if (v.kind == Value::Kind::vector) {
    Data::List lanes;
    for (unsigned i = 0; i < v.size / 8; ++i) lanes.emplace_back(hex(v.lanes[i]));
    return out.item({{"name", name}, {"lanes", std::move(lanes)}},
                    fmt::format("{:<15}{}", name, value_text(d.values, v, 0)));
  }
  Data::Fields fields = {{"name", name}, {"value", Addr(v.bits)}};
  const std::string known = v.bits < 4096 ? "" : d.target.name_of(Addr(v.bits));
  const bool flags = reg->kind == RegisterName::Kind::flags;
  if (flags) fields.emplace_back("flags", flags_text(v.bits));
  if (!flags && !known.empty()) fields.emplace_back("points_to", known);
  const std::string second = flags           ? flags_text(v.bits)
                             : known.empty() ? fmt::format("{}", static_cast<i64>(v.bits))
                                             : "<" + known + ">";
  out.item(std::move(fields), fmt::format("{:<15}{:<19}{}", name, hex(v.bits), second));
}

std::vector<std::string> usual_registers(Debugger& d) {
  if (d.target.parked() != Addr()) return {"rip", "rsp", "rbp"};
  return {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",    "rsp",     "r8",      "r9",   "r10",
          "r11", "r12", "r13", "r14", "r15", "rip", "eflags", "fs_base", "gs_base", "mxcsr"};
}

void tell_registers(Debugger& d, const std::vector<std::string>& names) {
  Listing answer("registers", "registers");
  for (const std::string& n : names) add_register(d, answer, n);
  if (const Addr g = d.target.parked(); g != Addr())
    answer.also(
        fmt::format("{} does not run: these are what it has saved.", d.target.names().object(g)),
        {{"saved_by", d.target.names().object(g)}});
  d.out.tell(answer);
}

void run_registers(Debugger& d, const Arguments& a) {
  d.require_process();
  auto names = a.words();
  for (std::string& n : names)
    if (n.starts_with('$')) n.erase(0, 1);
  tell_registers(d, names.empty() ? usual_registers(d) : names);
}

std::string state_text(const Thread& t) {
  if (t.state == ThreadState::dead) return "has ended";
  if (t.state == ThreadState::runnable) return "can run";
  const auto* row = emulator::kernel::find_syscall(t.syscall_number);
  return fmt::format("waits in {}", row != nullptr ? row->name : "the kernel");
}

void run_threads(Debugger& d, const Arguments&) {
  d.require_process();
  Table table("threads", {{"t", "Id", 4},
                          {"g", "Goroutine", 16},
                          {"state", "State", 20},
                          {"instructions", "Instructions", 13, true},
                          {"pc", "", 0},
                          {"fn", " Frame", 0}});
  table.mark("current");
  for (const auto& t : d.target.machine().kernel().threads()) {
    const Addr g = d.target.current_g(*t), pc(d.target.registers(*t).rip);
    const std::string name = g == Addr() ? "" : g_text(d, g);
    const std::string where = d.target.describe(pc);
    table.row({{t->tid, fmt::format("t{}", t->tid)},
               {name.empty() ? Data() : Data(name), name.empty() ? "-" : name},
               state_text(*t),
               {emulator::u64{t->instructions}, grouped(t->instructions)},
               {pc, ""},
               {where, " " + where}},
              t->tid == d.target.thread().tid);
  }
  d.out.tell(table);
}

std::string permissions(bool r, bool w, bool x) {
  return fmt::format("{}{}{}", r ? 'r' : '-', w ? 'w' : '-', x ? 'x' : '-');
}

void run_files(Debugger& d, const Arguments&) {
  const auto& p = d.target.program();
  const Addr entry = p.image->entry + p.symbols.bias();
  Listing answer("files", "segments");
  answer.also(fmt::format("program: {}", p.name), {{"program", p.name}});
  for (const auto& s : p.image->segments) {
    const Addr from = s.address + p.symbols.bias(), to = s.end() + p.symbols.bias();
    const std::string allowed = permissions(s.readable, s.writable, s.executable);
    answer.item({{"start", from}, {"end", to}, {"permissions", allowed}},
                fmt::format("  {:>14} - {:<14} {}", hex(from), hex(to), allowed));
  }
  answer.also(fmt::format("entry: {}", pointer_text(d.target, entry)), {{"entry", entry}});
  const std::string& goroot = d.sources.goroot();
  answer.also(fmt::format("source: {}", goroot.empty() ? "not on this machine" : goroot),
              {{"goroot", goroot.empty() ? Data() : Data(goroot)}});
  d.out.tell(answer);
}

void run_mappings(Debugger& d, const Arguments&) {
  Table table("mappings", {{"start", "Start Addr", 18, true},
                           {"end", "End Addr", 18, true},
                           {"size", "Size", 12, true},
                           {"permissions", " Perms", 7},
                           {"name", "Name", 0}});
  for (const auto& [start, r] : d.target.machine().memory().regions()) {
    const u8 p = r.protection;
    const std::string allowed =
        permissions((p & 1) != 0, (p & 2) != 0, (p & 4) != 0) + (r.shared ? "s" : "p");
    table.row({{Addr(start), hex(start)},
               {Addr(r.end), hex(r.end)},
               {r.end - start, hex(r.end - start)},
               {allowed, "  " + allowed},
               r.name});
  }
  d.out.tell(table);
}

struct AuxName {
  u64 tag;
  std::string_view name, text;
};
// elf.h, getauxval(3)
constexpr AuxName kAux[] = {{3, "AT_PHDR", "Program headers for program"},
                            {4, "AT_PHENT", "Size of program header entry"},
                            {5, "AT_PHNUM", "Number of program headers"},
                            {6, "AT_PAGESZ", "System page size"},
                            {7, "AT_BASE", "Base address of interpreter"},
                            {8, "AT_FLAGS", "Flags"},
                            {9, "AT_ENTRY", "Entry point of program"},
                            {11, "AT_UID", "Real user ID"},
                            {12, "AT_EUID", "Effective user ID"},
                            {13, "AT_GID", "Real group ID"},
                            {14, "AT_EGID", "Effective group ID"},
                            {15, "AT_PLATFORM", "String identifying platform"},
                            {16, "AT_HWCAP", "Machine-dependent CPU capability hints"},
                            {17, "AT_CLKTCK", "Frequency of times()"},
                            {23, "AT_SECURE", "Boolean, was exec setuid-like?"},
                            {25, "AT_RANDOM", "Address of 16 random bytes"},
                            {26, "AT_HWCAP2", "Extension of AT_HWCAP"},
                            {31, "AT_EXECFN", "File name of executable"},
                            {33, "AT_SYSINFO_EHDR", "System-supplied DSO's ELF header"},
                            {51, "AT_MINSIGSTKSZ", "Minimum stack size for signal delivery"}};

void run_auxv(Debugger& d, const Arguments&) {
  constexpr u64 kPlatform = 15, kExecFn = 31;  // their values are texts
  const auto& auxv = d.target.machine().kernel().auxv();
  Listing answer("auxv", "auxv");
  for (std::size_t i = 0; i + 1 < auxv.size() && auxv[i] != 0; i += 2) {
    const auto* const known = std::ranges::find(kAux, auxv[i], &AuxName::tag);
    const bool named = known != std::end(kAux);
    Data::Fields fields = {{"tag", auxv[i]}, {"value", Addr(auxv[i + 1])}};
    if (named) fields.emplace_back("name", known->name);
    std::string value = hex(auxv[i + 1]);
    if (auxv[i] == kPlatform || auxv[i] == kExecFn) {
      const std::string text = c_string_text(d.target, Addr(auxv[i + 1]));
      fields.emplace_back("text", text);
      value += " " + text;
    }
    answer.item(std::move(fields),
                fmt::format("{:<4} {:<20} {:<38} {}", auxv[i], named ? known->name : "?",
                            named ? known->text : "", value));
  }
  d.out.tell(answer);
}

void run_line(Debugger& d, const Arguments& a) {
  const Addr at = a.text.empty() ? d.frames()[d.frame].pc : locate_one(d, a.text);
  const auto line = d.target.symbols().line(at);
  if (!line)
    user_error("No line number information available for address {}", pointer_text(d.target, at));
  d.out.tell(Fact("line", {{"address", at}, {"file", line->file}, {"line", line->line}},
                  fmt::format("Line {} of \"{}\" holds {}.", line->line, line->file,
                              pointer_text(d.target, at))));
}

void run_symbol(Debugger& d, const Arguments& a) {
  const Addr at(a.text.empty() ? d.target.pc().value : evaluate_number(d.values, a.text));
  const std::string name = d.target.name_of(at);
  if (name.empty()) user_error("No symbol matches {}.", a.text);
  d.out.tell(
      Fact("symbol", {{"address", at}, {"name", name}}, fmt::format("{} is {}", hex(at), name)));
}

void run_functions(Debugger& d, const Arguments& a) {
  constexpr std::size_t kMost = 500;
  Listing answer("functions", "functions");
  std::size_t found = 0;
  for (const auto& f : d.target.symbols().functions()) {
    if (!a.text.empty() && f.name.find(a.text) == f.name.npos) continue;
    if (++found > kMost) continue;
    const bool wrapper = f.code == golang::Code::wrapper;
    answer.item({{"address", f.entry}, {"name", f.name}, {"wrapper", wrapper}},
                fmt::format("{}  {}{}", hex(f.entry), f.name, wrapper ? " (wrapper)" : ""));
  }
  if (found == 0) user_error("No function's name has \"{}\" in it.", a.text);
  answer.also(found <= kMost ? ""
                             : fmt::format("… only {} of {} are shown; say a part of the name.",
                                           kMost, grouped(found)),
              {{"matching", found}});
  d.out.tell(answer);
}

void run_program(Debugger& d, const Arguments&) {
  const auto& t = d.target.timeline();
  const u64 now = d.target.machine().now().value;
  const bool over = d.target.over();
  Data::Fields fields = {{"n", t.position()},
                         {"furthest", t.furthest()},
                         {"over", over},
                         {"ns", now},
                         {"checkpoints", t.checkpoints()},
                         {"checkpoint_bytes", t.checkpoint_bytes()}};
  if (!over) fields.insert(fields.end(), {{"t", t.thread()}, {"pc", d.target.pc()}});
  d.out.tell(Fact("program", std::move(fields),
                  fmt::format("{} instructions have been executed; the farthest so far is {}.\n{}\n"
                              "Virtual time: {:.3f} us. {} checkpoints hold {} KiB.",
                              grouped(t.position()), grouped(t.furthest()),
                              over ? "The process has ended here."
                                   : fmt::format("Thread t{} is next, at {}.", t.thread(),
                                                 pointer_text(d.target, d.target.pc())),
                              static_cast<double>(now) / 1000.0, t.checkpoints(),
                              t.checkpoint_bytes() / 1024)));
}

void run_all_registers(Debugger& d, const Arguments&) {
  constexpr unsigned kVectors = 16;
  d.require_process();
  auto names = usual_registers(d);
  const bool wide = d.target.machine().kernel().config().profile.level >= emulator::cpu::Level::v3;
  for (unsigned i = 0; i < kVectors && d.target.parked() == Addr(); ++i)
    names.push_back(fmt::format("{}{}", wide ? "ymm" : "xmm", i));
  tell_registers(d, names);
}

void run_address(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"info address\" needs the name of a function or variable.");
  const auto code = d.target.symbols().find(a.text);
  Listing answer("address", "places");
  for (const auto* f : code)
    answer.item({{"name", f->name}, {"address", f->entry}, {"function", true}},
                fmt::format("Symbol \"{}\" is a function at address {}.", f->name, hex(f->entry)));
  if (!code.empty()) return d.out.tell(answer);
  const Value v = evaluate(d.values, a.text);
  if (v.kind != Value::Kind::place) user_error("\"{}\" has no address.", a.text);
  answer.item({{"name", a.text}, {"address", v.at}, {"function", false}},
              fmt::format("Symbol \"{}\" is static storage at address {}.", a.text, hex(v.at)));
  d.out.tell(answer);
}

void run_variables(Debugger& d, const Arguments& a) {
  Listing answer("variables", "variables");
  for (const auto& g : d.target.guest().globals.entries()) {
    if (g.name.find(a.text) == g.name.npos) continue;
    const auto* type = d.target.layouts().variable(g.name);
    Data::Fields fields = {{"name", g.name}, {"address", g.address}};
    if (type != nullptr) fields.emplace_back("type", type->name);
    answer.item(std::move(fields), fmt::format("{}  {:<34} {}", hex(g.address), g.name,
                                               type == nullptr ? "" : type->name));
  }
  if (answer.size() == 0) user_error("No variable's name has \"{}\" in it.", a.text);
  d.out.tell(answer);
}

void run_frame_info(Debugger& d, const Arguments&) {
  const auto& frames = d.frames();
  const Frame& f = frames[d.frame];
  const auto named = [&](Addr at) { return pointer_text(d.target, at); };
  Data::Fields fields = frame_fields(d.target, d.frame, f);
  std::string text = fmt::format("Stack level {}, frame at {}:\n rip = {}", d.frame,
                                 f.cfa == Addr() ? "?" : hex(f.cfa), named(f.pc));
  if (!f.inlined.empty())
    text += fmt::format("\n inlined: {} has no frame of its own, it is part of {}'s", f.inlined,
                        f.function->name);
  if (f.cfa != Addr()) fields.emplace_back("cfa", f.cfa);
  if (const auto line = source_of(d.target, f))
    text += fmt::format(" ({}:{})", line->file, line->line);
  if (f.cfa != Addr())
    if (const auto back = d.target.memory().try_number(f.cfa - 8)) {
      text += fmt::format("; saved rip = {}", named(Addr(*back)));
      fields.emplace_back("returns_to", Addr(*back));
    }
  if (d.frame + 1 < frames.size()) {
    const Frame& caller = frames[d.frame + 1];
    text += fmt::format(
        "\n called by frame {}, {}{}", d.frame + 1,
        caller.inlined.empty() ? d.target.describe(caller.pc) : std::string(caller.inlined),
        caller.note.empty() ? "" : "  " + caller.note);
    fields.emplace_back("caller", frame_fields(d.target, d.frame + 1, caller));
  } else {
    text += "\n nobody called it";
  }
  text += fmt::format("\n stack pointer {}{}", hex(f.sp),
                      f.g == Addr() ? "" : ", on the stack of " + g_text(d, f.g));
  if (f.g == Addr()) text += "\n " + no_goroutine(d.target);
  d.out.tell(Fact("frame", std::move(fields), std::move(text)));
}

constexpr Command kCommands[] = {
    {"info registers", "r reg", Group::status, "[REGISTER…]", "List registers and their values", "",
     "info registers rip rsp", false, Completes::expressions, run_registers},
    {"info all-registers", "all", Group::status, "", "List all registers, also those of vectors",
     "", "info all-registers", false, Completes::nothing, run_all_registers},
    {"info frame", "f", Group::stack, "", "Tell about the frame that is looked at",
     "Where it is on whose stack, and where it returns to.", "info frame", false,
     Completes::nothing, run_frame_info},
    {"info address", "addr", Group::code, "NAME", "Say where a function or variable is", "",
     "info address main.main", false, Completes::expressions, run_address},
    {"info variables", "var", Group::looking, "[PART]",
     "List the runtime's variables that rt0 knows, and their types", "", "info variables sched",
     false, Completes::expressions, run_variables},
    {"info threads", "th", Group::status, "", "List the guest's threads",
     "Ids are the kernel's; t1 is the process's first.", "info threads", false, Completes::nothing,
     run_threads},
    {"info files", "target", Group::status, "",
     "Say what is debugged: program, segments, entry, source", "", "info files", false,
     Completes::nothing, run_files},
    {"info proc", "", Group::status, "mappings", "List what is mapped where, as gdb does", "",
     "info proc mappings", false, Completes::nothing, run_mappings},
    {"info auxv", "", Group::status, "",
     "List the auxiliary vector that the kernel gave the program", "", "info auxv", false,
     Completes::nothing, run_auxv},
    {"info line", "", Group::code, "[WHERE]", "Name the line of source of some code", "",
     "info line runtime.check", false, Completes::functions, run_line},
    {"info symbol", "", Group::code, "ADDRESS", "Name what lies at an address", "",
     "info symbol $pc", false, Completes::expressions, run_symbol},
    {"info functions", "fun", Group::code, "[PART]", "List functions whose names have PART in them",
     "", "info functions schedinit", false, Completes::functions, run_functions},
    {"info program", "", Group::status, "", "Say where in time the program stands", "",
     "info program", false, Completes::nothing, run_program},
};

}  // namespace

std::span<const Command> info_commands() { return kCommands; }

}  // namespace rt0::debug
