// Breakpoints, watchpoints, catchpoints: setting them.
#include <algorithm>
#include <regex>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/syscall.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/origin.hpp"
#include "tools/rt0/hint.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/step_ids.hpp"

namespace rt0::debug {

using emulator::base::user_error;
using emulator::machine::WatchKind;
using Kind = Breakpoint::Kind;

namespace {

/// "WHERE if CONDITION" apart.
std::pair<std::string, std::string> split_condition(std::string_view text) {
  if (text.starts_with("if ")) return {"", std::string(trimmed(text.substr(3)))};
  const auto at = text.find(" if ");
  if (at == text.npos) return {std::string(text), ""};
  return {std::string(trimmed(text.substr(0, at))), std::string(trimmed(text.substr(at + 4)))};
}

/// "WHERE thread 2", "WHERE thread g17", "WHERE goroutine 17" apart: whose doing is to stop it.
void take_whose(Breakpoint& b, std::string& where) {
  for (const std::string_view word : {"thread", "goroutine"}) {
    const std::string_view all = where;
    const auto at = all.starts_with(std::string(word) + " ") ? 0 : all.rfind(fmt::format(" {} ", word));
    if (at == all.npos) continue;
    std::string_view id = trimmed(all.substr(all.find(word, at) + word.size()));
    const bool goroutine = word == "goroutine" || id.starts_with('g');
    const std::string_view digits = id.starts_with(goroutine ? 'g' : 't') ? id.substr(1) : id;
    const auto n = emulator::base::parse_number(digits);
    if (!n || *n == 0 || *n > 1'000'000'000)
      user_error("\"{} {}\" names none: say \"thread 2\", \"thread g17\" or \"goroutine 17\".", word, id);
    if (goroutine)
      b.goroutine = *n;
    else
      b.only_thread = static_cast<emulator::kernel::Tid>(*n);
    where = trimmed(all.substr(0, at));
    return;
  }
}

/// What is no step may still be meant as one: neither a package's path nor a file's line.
void refuse_unknown_step(std::string_view where) {
  if (where.find('/') == where.npos || where.find(':') != where.npos ||
      where.find(".go") != where.npos)
    return;
  if (const std::string near = hint(where, step_ids()); !near.empty())
    user_error("No model tells a step \"{}\"{}", where, near);
  const auto slash = where.find('/');
  std::vector<std::string_view> steps;
  for (const std::string_view id : step_ids())
    if (id.starts_with(where.substr(0, slash + 1))) steps.push_back(id);
  if (!steps.empty())
    user_error("No model tells a step \"{}\"; those of {} are {}.", where, where.substr(0, slash),
               fmt::join(steps, ", "));
}


void add_step(Debugger& d, Breakpoint b) {
  b.kind = Kind::step;
  tell_breakpoint(d, d.breakpoints.add(std::move(b)));
}

void set_breakpoint(Debugger& d, const Arguments& a, bool temporary) {
  auto [where, condition] = split_condition(a.text);
  Breakpoint b;
  take_whose(b, where);
  b.temporary = temporary, b.what = where, b.condition = condition;
  if (!condition.empty()) check_expression(d.values, condition);
  if (is_step_id(where)) return add_step(d, std::move(b));
  if (where.starts_with("#")) {
    b.kind = Kind::position;
    if (!b.whose().empty()) user_error("One instruction has that number, whoever executes it.");
    b.position = evaluate_number(d.values, std::string_view(where).substr(1));
    return tell_breakpoint(d, d.breakpoints.add(std::move(b)));
  }
  if (d.target.symbols().find(where).empty()) refuse_unknown_step(where);
  b.locations = locate(d, where);
  if (b.what.empty()) b.what = d.target.describe(b.locations.front().address);
  tell_breakpoint(d, d.breakpoints.add(std::move(b)));
}

void run_break(Debugger& d, const Arguments& a) { set_breakpoint(d, a, false); }
void run_tbreak(Debugger& d, const Arguments& a) { set_breakpoint(d, a, true); }

void run_rbreak(Debugger& d, const Arguments& a) {
  if (a.text.empty())
    user_error("\"rbreak\" needs a regular expression, as in \"rbreak ^runtime\\.newm\".");
  std::regex pattern;
  try {
    pattern.assign(a.text, std::regex::ECMAScript);
  } catch (const std::regex_error& e) {
    user_error("\"{}\" is not a regular expression: {}", a.text, e.what());
  }
  constexpr std::size_t kMost = 500;
  std::vector<const golang::Function*> found;
  for (const auto& f : d.target.symbols().functions())
    if (std::regex_search(f.name.begin(), f.name.end(), pattern)) found.push_back(&f);
  if (found.empty()) user_error("No function matches \"{}\".", a.text);
  if (found.size() > kMost)
    user_error("{} functions match \"{}\", more than {}: say it more narrowly.", found.size(),
               a.text, kMost);
  for (const auto* f : found) {
    Breakpoint b;
    b.what = std::string(f->name);
    b.locations = {{f->entry, f->code == golang::Code::wrapper ? "wrapper" : ""}};
    tell_breakpoint(d, d.breakpoints.add(std::move(b)), std::string(f->name) + ";");
  }
}

void set_watch(Debugger& d, const Arguments& a, WatchKind kind) {
  auto [what, condition] = split_condition(a.text);
  // What is watched is always the place that the expression means now.
  for (const std::string_view option : {"-l ", "-location "})
    if (what.starts_with(option)) what = trimmed(std::string_view(what).substr(option.size()));
  if (what.empty())
    user_error(
        "A watchpoint needs a register, a field or *ADDRESS, as in \"watch g1.atomicstatus\".");
  if (!condition.empty()) check_expression(d.values, condition);
  Breakpoint b;
  take_whose(b, what);
  const Value v = as_place(d, evaluate(d.values, what));
  b.what = what, b.condition = condition;
  if (v.held)
    user_error("{} lies in registers here; watch the register, or where it lies in memory.", what);
  if (v.kind == Value::Kind::place) {
    b.kind = Kind::memory;
    b.watched = v;
    b.memory = {{v.at, std::max(1u, v.size)}, kind, std::nullopt};
  } else if (v.kind == Value::Kind::reg || v.kind == Value::Kind::vector) {
    if (kind != WatchKind::change)
      user_error(
          "Reads of registers are not recorded: \"watch\" can watch them, rwatch and awatch "
          "cannot.");
    if (v.reg.kind == RegisterName::Kind::rip)
      user_error("Every instruction changes rip: use a breakpoint.");
    b.kind = Kind::reg;
    b.thread = d.target.thread().tid;
    b.reg = {register_place(v.reg), kind, b.thread};
  } else {
    user_error("Cannot watch the number {}; for the memory at that address say *{}.", what, what);
  }
  tell_breakpoint(d, d.breakpoints.add(std::move(b)));
}

void run_watch(Debugger& d, const Arguments& a) { set_watch(d, a, WatchKind::change); }
void run_rwatch(Debugger& d, const Arguments& a) { set_watch(d, a, WatchKind::read); }
void run_awatch(Debugger& d, const Arguments& a) { set_watch(d, a, WatchKind::access); }

/// By its name in the manual pages.
u64 syscall_number(const std::string& name) {
  constexpr u64 kMost = 600;
  std::vector<std::string> known;
  for (u64 n = 0; n < kMost; ++n)
    if (const auto* row = emulator::kernel::find_syscall(n)) {
      if (row->name == name) return n;
      known.emplace_back(row->name);
    }
  const std::string near = hint(name, known);
  user_error("Unknown syscall name \"{}\"{}", name, near.empty() ? "." : near);
}

void catch_syscalls(Debugger& d, const std::vector<std::string>& names) {
  Breakpoint b;
  b.kind = Kind::syscall;
  for (const std::string& name : names) {
    const auto number = emulator::base::parse_number(name);
    b.syscalls.insert(number ? *number : syscall_number(name));
  }
  b.what = names.empty() ? "any syscall" : fmt::format("syscall {}", fmt::join(names, " "));
  tell_breakpoint(d, d.breakpoints.add(std::move(b)));
}

void run_catch(Debugger& d, const Arguments& a) {
  auto words = a.words();
  const std::string kind = words.empty() ? "" : words.front();
  if (!words.empty()) words.erase(words.begin());
  if (kind == "syscall") return catch_syscalls(d, words);
  Breakpoint b;
  if (kind == "clone" || kind == "thread") {
    b.kind = Kind::thread, b.what = "thread creation";
  } else if (kind == "exit" || kind == "thread-exit") {
    b.kind = Kind::thread_exit, b.what = "thread exit";
  } else if (kind == "signal") {
    b.kind = Kind::signal, b.what = "signal delivery";
  } else if (kind == "go" || kind == "goroutine") {
    b.kind = Kind::goroutine, b.what = "goroutine creation";
    b.locations = locate(d, "runtime.newproc1");
  } else {
    user_error("\"catch\" knows \"syscall [NAME…]\", \"clone\", \"exit\", \"go\" and \"signal\"{}",
               kind.empty() ? "." : fmt::format(", not \"{}\".", kind));
  }
  tell_breakpoint(d, d.breakpoints.add(std::move(b)));
}

constexpr Command kCommands[] = {
    {"break", "b br brea hbreak", Group::stops, "[WHERE] [thread tN|gN] [if CONDITION]",
     "Stop before an instruction executes",
     "WHERE is a function by Go's name (its body and the wrapper for the other calling convention, "
     "if "
     "there is one), FILE:LINE, *ADDRESS, #N for the instruction of number N, or the id of a "
     "model's step "
     "such as newproc1/gobuf; without it, here. With \"thread g17\", or \"goroutine 17\", only what that "
     "goroutine does stops it, on whatever thread, also what is done for it on g0; with "
     "\"thread 2\" only what thread t2 does.",
     "break runtime.schedinit", false, Completes::functions, run_break},
    {"tbreak", "tb tbr thbreak", Group::stops, "[WHERE] [thread tN|gN] [if CONDITION]",
     "Stop before an instruction executes, once", "", "tbreak runtime.main", false,
     Completes::functions, run_tbreak},
    {"rbreak", "", Group::stops, "REGEX", "Stop at every function whose name matches", "",
     "rbreak ^runtime\\.newm", false, Completes::functions, run_rbreak},
    {"watch", "wa", Group::stops, "REGISTER|FIELD|*ADDRESS [thread tN|gN] [if CONDITION]",
     "Stop behind an instruction that changes a value",
     "Old and new value are shown. CONDITION is asked when the change has been made. *ADDRESS is "
     "eight bytes; *(u32*)ADDRESS four. It works backwards too: then it stops before the change.",
     "watch g.atomicstatus", false, Completes::expressions, run_watch},
    {"rwatch", "rw", Group::stops, "FIELD|*ADDRESS [thread tN|gN] [if CONDITION]",
     "Stop behind an instruction that reads memory", "", "rwatch runtime.ncpu", false,
     Completes::expressions, run_rwatch},
    {"awatch", "aw", Group::stops, "FIELD|*ADDRESS [thread tN|gN] [if CONDITION]",
     "Stop behind an instruction that reads or writes memory", "", "awatch runtime.ncpu", false,
     Completes::expressions, run_awatch},
    {"catch", "cat", Group::stops, "syscall [NAME…]|clone|exit|go|signal",
     "Stop at an event of the kernel or the runtime",
     "syscall: before and behind a system call; clone: a thread was made; exit: one has ended by "
     "itself; go: a goroutine is being "
     "made; signal: "
     "one was delivered.",
     "catch syscall arch_prctl", false, Completes::nothing, run_catch},
};

}  // namespace

std::span<const Command> stop_commands() { return kCommands; }

}  // namespace rt0::debug
