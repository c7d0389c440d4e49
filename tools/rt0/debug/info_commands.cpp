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

void show_register(Debugger& d, const std::string& name) {
  const auto reg = register_named(name);
  if (!reg) user_error("Invalid register `{}'", name);
  const Value v = d.values.of_register(*reg);
  if (v.kind == Value::Kind::vector)
    return d.out.print(fmt::format("{:<15}{}", name, value_text(d.values, v, 0)));
  const std::string second = reg->kind == RegisterName::Kind::flags ? flags_text(v.bits)
                             : d.target.name_of(Addr(v.bits)).empty() || v.bits < 4096
                                 ? fmt::format("{}", static_cast<i64>(v.bits))
                                 : "<" + d.target.name_of(Addr(v.bits)) + ">";
  d.out.print(fmt::format("{:<15}{:<19}{}", name, hex(v.bits), second));
}

void run_registers(Debugger& d, const Arguments& a) {
  d.require_process();
  auto names = a.words();
  for (std::string& n : names)
    if (n.starts_with('$')) n.erase(0, 1);
  if (names.empty()) {
    for (const char* n :
         {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp",    "rsp",     "r8",      "r9",   "r10",
          "r11", "r12", "r13", "r14", "r15", "rip", "eflags", "fs_base", "gs_base", "mxcsr"})
      names.emplace_back(n);
  }
  for (const std::string& n : names) show_register(d, n);
}

std::string state_text(const Thread& t) {
  if (t.state == ThreadState::dead) return "has ended";
  if (t.state == ThreadState::runnable) return "can run";
  const auto* row = emulator::kernel::find_syscall(t.syscall_number);
  return fmt::format("waits in {}", row != nullptr ? row->name : "the kernel");
}

void run_threads(Debugger& d, const Arguments&) {
  d.require_process();
  d.out.print(cut(fmt::format("  {:<4} {:<16} {:<20} {:>13}  {}", "Id", "Goroutine", "State",
                              "Instructions", "Frame"),
                  d.out.width()));
  for (const auto& t : d.target.machine().kernel().threads()) {
    const Addr g = d.target.current_g(*t);
    const bool here = t->tid == d.target.thread().tid;
    d.out.print(
        cut(fmt::format("{} t{:<3} {:<16} {:<20} {:>13}  {}", here ? '*' : ' ', t->tid,
                        g == Addr() ? "-" : g_text(d, g), state_text(*t), grouped(t->instructions),
                        d.target.describe(Addr(d.target.registers(*t).rip))),
            d.out.width()));
  }
}

void run_files(Debugger& d, const Arguments&) {
  const auto& p = d.target.program();
  d.out.print(fmt::format("program: {}", p.name));
  for (const auto& s : p.image->segments)
    d.out.print(fmt::format("  {:>14} - {:<14} {}{}{}", hex(s.address + p.symbols.bias()),
                            hex(s.end() + p.symbols.bias()), s.readable ? 'r' : '-',
                            s.writable ? 'w' : '-', s.executable ? 'x' : '-'));
  d.out.print(fmt::format("entry: {}", pointer_text(d.target, p.image->entry + p.symbols.bias())));
  d.out.print(fmt::format("source: {}",
                          d.sources.goroot().empty() ? "not on this machine" : d.sources.goroot()));
}

void run_mappings(Debugger& d, const Arguments&) {
  d.out.print(fmt::format("{:>18} {:>18} {:>12} {:>6} {}", "Start Addr", "End Addr", "Size",
                          "Perms", "Name"));
  for (const auto& [start, r] : d.target.machine().memory().regions()) {
    std::string text = fmt::format(
        "{:>18} {:>18} {:>12}   {}{}{}{} {}", hex(start), hex(r.end), hex(r.end - start),
        (r.protection & 1) != 0 ? 'r' : '-', (r.protection & 2) != 0 ? 'w' : '-',
        (r.protection & 4) != 0 ? 'x' : '-', r.shared ? 's' : 'p', r.name);
    while (text.ends_with(' ')) text.pop_back();
    d.out.print(text);
  }
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
  const auto& auxv = d.target.machine().kernel().auxv();
  for (std::size_t i = 0; i + 1 < auxv.size() && auxv[i] != 0; i += 2) {
    const auto* const known = std::ranges::find(kAux, auxv[i], &AuxName::tag);
    const bool named = known != std::end(kAux);
    const bool text = auxv[i] == 15 || auxv[i] == 31;
    d.out.print(fmt::format(
        "{:<4} {:<20} {:<38} {}", auxv[i], named ? known->name : "?", named ? known->text : "",
        text ? hex(auxv[i + 1]) + " " + c_string_text(d.target, Addr(auxv[i + 1]))
             : hex(auxv[i + 1])));
  }
}

void run_line(Debugger& d, const Arguments& a) {
  const Addr at = a.text.empty() ? d.frames()[d.frame].pc : locate_one(d, a.text);
  const auto line = d.target.symbols().line(at);
  if (!line)
    user_error("No line number information available for address {}", pointer_text(d.target, at));
  d.out.print(fmt::format("Line {} of \"{}\" holds {}.", line->line, line->file,
                          pointer_text(d.target, at)));
}

void run_symbol(Debugger& d, const Arguments& a) {
  const Addr at(a.text.empty() ? d.target.pc().value : evaluate_number(d.values, a.text));
  const std::string name = d.target.name_of(at);
  if (name.empty()) user_error("No symbol matches {}.", a.text);
  d.out.print(fmt::format("{} is {}", hex(at), name));
}

void run_functions(Debugger& d, const Arguments& a) {
  constexpr std::size_t kMost = 500;
  std::size_t shown = 0;
  for (const auto& f : d.target.symbols().functions()) {
    if (!a.text.empty() && f.name.find(a.text) == f.name.npos) continue;
    if (++shown > kMost) break;
    d.out.print(fmt::format("{}  {}{}", hex(f.entry), f.name,
                            f.code == golang::Code::wrapper ? " (wrapper)" : ""));
  }
  if (shown == 0) user_error("No function's name has \"{}\" in it.", a.text);
  if (shown > kMost)
    d.out.print(fmt::format("… only {} are shown; say a part of the name.", kMost));
}

void run_program(Debugger& d, const Arguments&) {
  const auto& t = d.target.timeline();
  d.out.print(fmt::format("{} instructions have been executed; the farthest so far is {}.",
                          grouped(t.position()), grouped(t.furthest())));
  if (d.target.over())
    d.out.print("The process has ended here.");
  else
    d.out.print(fmt::format("Thread t{} is next, at {}.", t.thread(),
                            pointer_text(d.target, d.target.pc())));
  d.out.print(fmt::format("Virtual time: {:.3f} us. {} checkpoints hold {} KiB.",
                          static_cast<double>(d.target.machine().now().value) / 1000.0,
                          t.checkpoints(), t.checkpoint_bytes() / 1024));
}

void run_all_registers(Debugger& d, const Arguments&) {
  constexpr unsigned kVectors = 16;
  run_registers(d, {});
  const bool wide = d.target.machine().kernel().config().profile.level >= emulator::cpu::Level::v3;
  for (unsigned i = 0; i < kVectors; ++i)
    show_register(d, fmt::format("{}{}", wide ? "ymm" : "xmm", i));
}

void run_address(Debugger& d, const Arguments& a) {
  if (a.text.empty()) user_error("\"info address\" needs the name of a function or variable.");
  const auto code = d.target.symbols().find(a.text);
  for (const auto* f : code)
    d.out.print(fmt::format("Symbol \"{}\" is a function at address {}.", f->name, hex(f->entry)));
  if (!code.empty()) return;
  const Value v = evaluate(d.values, a.text);
  if (v.kind != Value::Kind::place) user_error("\"{}\" has no address.", a.text);
  d.out.print(fmt::format("Symbol \"{}\" is static storage at address {}.", a.text, hex(v.at)));
}

void run_variables(Debugger& d, const Arguments& a) {
  bool any = false;
  for (const auto& g : d.target.guest().globals.entries()) {
    if (g.name.find(a.text) == g.name.npos) continue;
    any = true;
    const auto* type = d.target.layouts().variable(g.name);
    d.out.print(
        fmt::format("{}  {:<34} {}", hex(g.address), g.name, type == nullptr ? "" : type->name));
  }
  if (!any) user_error("No variable's name has \"{}\" in it.", a.text);
}

void run_frame_info(Debugger& d, const Arguments&) {
  const auto& frames = d.frames();
  const Frame& f = frames[d.frame];
  const auto named = [&](Addr at) { return pointer_text(d.target, at); };
  d.out.print(
      fmt::format("Stack level {}, frame at {}:", d.frame, f.cfa == Addr() ? "?" : hex(f.cfa)));
  std::string text = fmt::format(" rip = {}", named(f.pc));
  if (const auto line = source_of(d.target, f))
    text += fmt::format(" ({}:{})", line->file, line->line);
  if (f.cfa != Addr())
    if (const auto back = d.target.memory().try_number(f.cfa - 8))
      text += fmt::format("; saved rip = {}", named(Addr(*back)));
  d.out.print(text);
  if (d.frame + 1 < frames.size())
    d.out.print(fmt::format(
        " called by frame {}, {}{}", d.frame + 1, d.target.describe(frames[d.frame + 1].pc),
        frames[d.frame + 1].note.empty() ? "" : "  " + frames[d.frame + 1].note));
  else
    d.out.print(" nobody called it");
  d.out.print(fmt::format(" stack pointer {}{}", hex(f.sp),
                          f.g == Addr() ? "" : ", on the stack of " + g_text(d, f.g)));
  if (f.g == Addr()) d.out.print(" " + no_goroutine(d.target));
}

constexpr Command kCommands[] = {
    {"info registers", "r reg", Group::looking, "[REGISTER…]", "List registers and their values",
     "", "info registers rip rsp", false, Completes::expressions, run_registers},
    {"info all-registers", "all", Group::looking, "", "List all registers, also those of vectors",
     "", "info all-registers", false, Completes::nothing, run_all_registers},
    {"info frame", "f", Group::looking, "", "Tell about the frame that is looked at",
     "Where it is on whose stack, and where it returns to.", "info frame", false,
     Completes::nothing, run_frame_info},
    {"info address", "addr", Group::looking, "NAME", "Say where a function or variable is", "",
     "info address main.main", false, Completes::expressions, run_address},
    {"info variables", "var", Group::looking, "[PART]",
     "List the runtime's variables that rt0 knows, and their types", "", "info variables sched",
     false, Completes::expressions, run_variables},
    {"info threads", "th", Group::looking, "", "List the guest's threads",
     "Ids are the kernel's; t1 is the process's first.", "info threads", false, Completes::nothing,
     run_threads},
    {"info files", "target", Group::looking, "",
     "Say what is debugged: program, segments, entry, source", "", "info files", false,
     Completes::nothing, run_files},
    {"info proc", "", Group::looking, "mappings", "List what is mapped where, as gdb does", "",
     "info proc mappings", false, Completes::nothing, run_mappings},
    {"info auxv", "", Group::looking, "",
     "List the auxiliary vector that the kernel gave the program", "", "info auxv", false,
     Completes::nothing, run_auxv},
    {"info line", "", Group::looking, "[WHERE]", "Name the line of source of some code", "",
     "info line runtime.check", false, Completes::functions, run_line},
    {"info symbol", "", Group::looking, "ADDRESS", "Name what lies at an address", "",
     "info symbol $pc", false, Completes::expressions, run_symbol},
    {"info functions", "fun", Group::looking, "[PART]",
     "List functions whose names have PART in them", "", "info functions schedinit", false,
     Completes::functions, run_functions},
    {"info program", "", Group::looking, "", "Say where in time the program stands", "",
     "info program", false, Completes::nothing, run_program},
};

}  // namespace

std::span<const Command> info_commands() { return kCommands; }

}  // namespace rt0::debug
