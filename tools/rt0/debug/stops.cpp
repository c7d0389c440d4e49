// What is said when the program has stopped.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/syscall.hpp"
#include "tools/rt0/debug/debugger.hpp"
#include "tools/rt0/debug/displays.hpp"
#include "tools/rt0/debug/motions.hpp"
#include "tools/rt0/debug/source.hpp"
#include "tools/rt0/landmarks.hpp"
#include "tools/rt0/session.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::machine::StopEvent;
using emulator::machine::StopReason;
using Kind = Breakpoint::Kind;

namespace {

std::string syscall_name(u64 number) {
  const auto* row = emulator::kernel::find_syscall(number);
  return row != nullptr ? std::string(row->name) : fmt::format("{}", number);
}

std::string_view reason_name(StopReason r) {
  constexpr std::string_view kNames[] = {
      "step",           "breakpoint",   "watchpoint",  "watchpoint", "syscall-entry",
      "syscall-return", "thread",       "thread-exit", "signal",     "position",
      "start",          "thread-ended", "exit",        "error",      "interrupted"};
  return kNames[static_cast<std::size_t>(r)];
}

u64 number_of(const std::vector<u8>& bytes) {
  u64 v = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 8; ++i) v |= u64{bytes[i]} << (8 * i);
  return v;
}

/// A watched value as its place reads.
std::string watched_text(Debugger& d, const Breakpoint& b, const std::vector<u8>& bytes) {
  const u64 v = number_of(bytes);
  if (b.kind == Kind::memory && b.watched.type != 0 && bytes.size() == b.watched.size) {
    Value then = b.watched;
    then.held = std::make_shared<Held>(Held{bytes, std::vector<bool>(bytes.size(), true)});
    then.at = Addr(), then.is_cast = false;
    return value_text(d.values, then, 0);
  }
  constexpr std::size_t kShown = 16;
  if (bytes.size() > kShown)
    return emulator::base::hex_bytes(std::span(bytes).first(kShown)) +
           fmt::format(" … ({} bytes)", bytes.size());
  if (bytes.size() > 8) return emulator::base::hex_bytes(bytes);
  if (b.kind == Kind::reg) return pointer_text(d.target, Addr(v));
  const auto place = d.target.names().place(b.memory.bytes.start);
  if (place.type == 0) return pointer_text(d.target, Addr(v));
  std::string text = d.target.names().value_text(place, v);
  return text;
}

std::string thread_text(const emulator::kernel::Thread& t) {
  return t.name.empty() ? fmt::format("t{}", t.tid) : fmt::format("t{} \"{}\"", t.tid, t.name);
}

/// The line of source, or without it the instruction, as gdb shows it behind the frame.
void tell_place(Debugger& d, Debugger::Show show) {
  const auto& frames = d.frames();
  const CodeLine code = d.target.code_at(d.target.pc(), d.settings.flavor);
  Data::Fields fields = {{"instruction", code_fields(d, code)}};
  std::string shown = fmt::format("=> {} {}:\t{}{}", hex(code.pc), code.where, code.text,
                                  code.note.empty() ? "" : "  # " + code.note);
  if (const auto line = source_of(d.target, frames.front()); line && show == Debugger::Show::line)
    if (const auto text = d.sources.line(line->file, line->line)) {
      shown = fmt::format("{}\t{}", line->line, *text);
      fields.emplace_back("source", *text);
    }
  d.out.tell(Fact("place", std::move(fields), std::move(shown)));
}

}  // namespace

Data::Fields Debugger::stop_fields(const StopEvent& event) {
  Data::Fields out = {
      {"reason", reason_name(event.reason)}, {"n", event.position}, {"t", event.thread}};
  if (!hit_.empty()) out.emplace_back("breakpoints", hit_);
  if (!target.over()) {
    out.insert(out.end(), {{"pc", target.pc()}, {"fn", target.describe(target.pc())}});
    if (const Addr g = target.current_g(); g != Addr())
      out.emplace_back("g", target.names().object(g));
  }
  if (event.reason == StopReason::memory || event.reason == StopReason::register_write)
    out.insert(out.end(), {{"old", Addr(number_of(event.before))},
                           {"new", Addr(number_of(event.after))},
                           {"at", event.pc}});
  if (event.exit) {
    out.emplace_back("status", event.exit->status);
    if (event.exit->signal != 0) out.emplace_back("signal", event.exit->signal);
  }
  if (!event.message.empty()) out.emplace_back("text", event.message);
  return out;
}

std::string Debugger::watch_text(const StopEvent& event, const Breakpoint& b) {
  const bool read =
      event.before == event.after && b.memory.kind != emulator::machine::WatchKind::write;
  std::string text = kind_name(b);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  text = fmt::format("\n{} {}: {}\n\n", text, b.number, b.what);
  if (read)
    text += fmt::format("Value = {}", watched_text(*this, b, event.after));
  else
    text += fmt::format("Old value = {}\nNew value = {}", watched_text(*this, b, event.before),
                        watched_text(*this, b, event.after));
  const std::string_view verb = read         ? "read"
                                : came_back_ ? "undone: it had been written"
                                             : "written";
  const bool by_kernel = event.by != emulator::machine::WrittenBy::instruction;
  return fmt::format("{}\n{} by {} at {}", text, verb,
                     by_kernel ? "the kernel" : fmt::format("t{}", event.thread),
                     pointer_text(target, event.pc));
}

std::string Debugger::heading_of(const StopEvent& event, const Breakpoint& b) {
  std::string head =
      fmt::format("{} {}", b.temporary ? "Temporary breakpoint" : "Breakpoint", b.number);
  const std::string catchpoint = fmt::format("Catchpoint {}", b.number);
  switch (b.kind) {
    case Kind::position:
      return head + fmt::format(" (instruction {})", grouped(b.position));
    case Kind::step:
      return head + fmt::format(" (model step {})", b.what);
    case Kind::goroutine:
      return catchpoint + " (a goroutine is being created)";
    case Kind::syscall:
      return catchpoint +
             fmt::format(" ({} syscall {})",
                         event.reason == StopReason::syscall_entry ? "call to" : "returned from",
                         syscall_name(event.number));
    case Kind::thread:
      return catchpoint + fmt::format(" (thread t{} created)", event.number);
    case Kind::thread_exit:
      return catchpoint + fmt::format(" (thread t{} exits)", event.thread);
    case Kind::signal:
      return catchpoint + fmt::format(" (signal {} {})",
                                      emulator::kernel::signal_name(static_cast<int>(event.number)),
                                      event.at_fault ? "comes of this instruction" : "delivered");
    case Kind::code:
    case Kind::memory:
    case Kind::reg:
      break;
  }
  for (const auto& l : b.locations)
    if (l.address == event.address && !l.note.empty()) head += fmt::format(" ({})", l.note);
  return head;
}

std::string Debugger::end_text(const StopEvent& event) {
  switch (event.reason) {
    case StopReason::exit:
      if (event.exit && event.exit->signal != 0)
        return fmt::format("\nProgram terminated with signal {}.",
                           emulator::kernel::signal_name(event.exit->signal));
      if (event.exit && event.exit->status != 0)
        return fmt::format("[Process 1 exited with code {:02}]", event.exit->status);
      return "[Process 1 exited normally]";
    case StopReason::start:
      return "\nNo more reverse-execution history: this is the program's first instruction.";
    case StopReason::interrupted:
      return fmt::format("\nInterrupted, {} instructions after the start.",
                         grouped(event.position));
    case StopReason::thread_ended:
      return fmt::format("[Thread t{} has ended]", event.thread);
    default:
      return {};
  }
}

/// What is said of a stop, in lines; "" when there is nothing to say.
std::string Debugger::stop_text(const StopEvent& event, bool switched) {
  std::vector<std::string> lines;
  if (std::string text = end_text(event); !text.empty()) lines.push_back(std::move(text));
  if (event.reason != StopReason::exit && !target.over() && !silent()) {
    if (switched)
      lines.push_back(fmt::format("[Switching to thread {}]", thread_text(target.thread())));
    bool told = false;
    for (const int number : hit_) {
      const Breakpoint* b = breakpoints.find(number);
      if (b == nullptr) continue;
      lines.push_back(b->watches() ? watch_text(event, *b)
                                   : fmt::format("\n{}, {}", heading_of(event, *b),
                                                 frame_text(target, frames().front())));
      told |= !b->watches();
    }
    if (!told && !settings.context && event.reason != StopReason::error)
      lines.push_back(frame_text(target, frames().front()));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

void Debugger::announce(const StopEvent& what) {
  StopEvent event = what;
  // As gdb has it: the new value is the one that is there now, whichever way it came.
  if (came_back_) std::swap(event.before, event.after);
  const auto previous = shown_thread_;
  follow(event);
  if (!target.over()) shown_thread_ = target.thread().tid;
  if (event.reason == StopReason::exit || event.reason == StopReason::error) outcome_ = event;
  out.tell(Fact("stop", stop_fields(event),
                stop_text(event, previous != 0 && previous != shown_thread_)));
  if (event.reason == StopReason::error) {
    out.error("rt0: " + (event.limit || target.over()
                             ? event.message
                             : unimplemented_text(event.message, target.describe(target.pc()),
                                                  event.position)));
    if (!target.over() && hit_.empty() && !settings.context)
      out.tell(Fact("frame", frame_fields(target, 0, frames().front()),
                    frame_text(target, frames().front())));
  }
  if (event.reason == StopReason::exit || target.over()) return;
  bool step = false;
  for (const int number : hit_)
    if (Breakpoint* b = breakpoints.find(number)) {
      ++b->hits;
      step |= b->kind == Kind::step;
    }
  if (step && !silent()) tell_steps(*this, event.position);
}

void Debugger::stopped(const StopEvent& event, Show show) {
  announce(event);
  moved_ = true;
  if (event.reason == StopReason::error) show = Show::instruction;  // which it was
  if (!target.over() && !silent()) {
    if (settings.context)
      show_context(*this);
    else
      tell_place(*this, show);
    show_displays(*this);
  }
  const std::vector<int> hit = std::move(hit_);
  hit_.clear();
  std::vector<std::string> commands;
  for (const int number : hit)
    if (Breakpoint* b = breakpoints.find(number)) {
      commands.insert(commands.end(), b->commands.begin(), b->commands.end());
      if (b->temporary) breakpoints.remove(number);
    }
  if (!commands.empty()) run_commands(std::move(commands));
}

}  // namespace rt0::debug
