#include "tools/rt0/debug/backtrace.hpp"

#include <algorithm>
#include <array>

#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/locals.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::cpu::rsp;

namespace {

// The kernel's signal frame (arch/x86/include/uapi/asm/sigcontext.h): uc_mcontext in a ucontext,
// and rsp and rip in it. The restorer is entered with its address just popped.
constexpr u64 kContextRegs = 40, kContextRsp = kContextRegs + 120, kContextRip = kContextRegs + 128;

/// Functions that nobody called (Go: runtime/traceback.go, topofstack; runtime/rt0_linux_amd64.s).
constexpr std::array kOutermost = {"runtime.rt0_go", "_rt0_amd64", "_rt0_amd64_linux",
                                   "runtime.goexit", "runtime.clone"};

/// A goroutine left off behind a call, or has not begun: then its pc is where a function starts.
bool has_not_begun(Target& target, Addr pc) {
  const auto* function = target.symbols().function_at(pc);
  return function != nullptr && function->entry == pc;
}

Frame caller_frame(Addr pc, Addr sp, Addr g, bool exact, std::string note = {}) {
  Frame f;
  f.pc = pc, f.sp = sp, f.g = g, f.exact = exact, f.note = std::move(note);
  return f;
}

class Unwinder {
 public:
  Unwinder(Target& target, std::size_t most) : target_(target), most_(most) {}

  std::vector<Frame> from(Frame f) {
    f.g = owner_of(f.sp, f.g);
    while (frames_.size() < most_) {
      f.function = target_.symbols().function_at(lookup_pc(f));
      f.cfa = canonical_frame(f);
      push(f);
      if (!step(f)) break;
    }
    return std::move(frames_);
  }

 private:
  /// With the frames of what was inlined there, innermost first.
  void push(Frame f) {
    const auto* code = f.function == nullptr ? nullptr : target_.inlined().at(lookup_pc(f));
    if (code != nullptr) {
      f.line_pc = lookup_pc(f);
      for (const auto& call : code->calls) {
        f.inlined = call.function;
        frames_.push_back(f);
        f.line_pc = call.parent;
        f.note.clear();
      }
      f.inlined = {};
    }
    frames_.push_back(f);
  }

  /// A call may be a function's last instruction.
  static Addr lookup_pc(const Frame& f) { return f.exact ? f.pc : f.pc - 1; }

  Addr canonical_frame(const Frame& f) const {
    if (f.function == nullptr) return {};
    auto size = target_.symbols().frame_size(lookup_pc(f));
    if (!size) size = f.pc == f.function->entry ? std::optional<u64>(0) : std::nullopt;
    return size ? f.sp + *size + 8 : Addr();
  }

  std::optional<u64> word(Addr a) { return target_.memory().try_number(a); }
  Addr word_or_zero(Addr a) { return Addr(word(a).value_or(0)); }

  /// To the caller of `f`. False when there is none.
  bool step(Frame& f) {
    if (f.function == nullptr) return false;
    const std::string_view name = f.function->name;
    for (const char* outermost : kOutermost)
      if (name == outermost) return false;
    if (name.starts_with("runtime.sigreturn")) return interrupted(f);
    if (switches(name) && has_switched(f)) return switched(f, name);
    if ((name == "gogo" || name == "runtime.gogo") && !on_g0(f) && f.g != Addr()) return going(f);
    if (name == "runtime.mstart" && f.pc != f.function->entry) return false;
    if (f.cfa == Addr()) return false;
    const Addr caller = word_or_zero(f.cfa - 8);
    if (target_.symbols().function_at(caller) == nullptr) return f.exact && reads_the_clock(f);
    f = caller_frame(caller, f.cfa, f.g, false);
    // The kernel made the signal handler's frame: its return address is the restorer's entry.
    const auto* function = target_.symbols().function_at(caller);
    if (function->name.starts_with("runtime.sigreturn")) f.exact = true;
    // So did the runtime's own handler with these two: the code was about to go on there (Go:
    // runtime/signal_amd64.go, preparePanic, pushCall).
    if (name == "runtime.sigpanic" || name == "runtime.asyncPreempt") f.exact = true;
    return true;
  }

  bool interrupted(Frame& f) {
    const auto sp = word(f.sp + kContextRsp), pc = word(f.sp + kContextRip);
    if (!sp || !pc) return false;
    f = caller_frame(Addr(*pc), Addr(*sp), owner_of(Addr(*sp), f.g), true,
                     "<signal handler called>");
    return true;
  }

  /// Which of an M's goroutines has a stack that holds `sp`; else `g`.
  Addr owner_of(Addr sp, Addr g) {
    if (g == Addr()) return g;
    const golang::Views rt = target_.views();
    try {
      const golang::M m = rt.g(g).m();
      if (!m) return g;
      for (const Addr other : {m.curg().get(), m.g0().get(), m.gsignal().get()})
        if (other != Addr() && rt.g(other).stack().lo() <= sp && sp < rt.g(other).stack().hi())
          return other;
    } catch (const std::exception&) {
    }
    return g;
  }

  static bool switches(std::string_view name) {
    return name == "runtime.systemstack" || name == "runtime.mcall" || name == "runtime.morestack";
  }
  bool on_g0(const Frame& f) {
    if (f.g == Addr()) return false;
    try {
      const golang::M m = target_.views().g(f.g).m();
      return m && m.g0() == f.g;
    } catch (const std::exception&) {
      return false;
    }
  }

  /// Innermost, it may also have been called on g0, or not be there yet: the stack that was
  /// switched to begins where g0's does.
  bool has_switched(const Frame& f) {
    constexpr u64 kPushed = 16;
    if (!on_g0(f)) return false;
    const Addr base = target_.views().g(f.g).sched().sp();
    return !f.exact || (base != Addr() && f.sp + kPushed >= base);
  }

  /// gogo has the stack of the goroutine that it goes to, and no frame there.
  bool going(Frame& f) {
    const Addr pc = target_.views().g(f.g).sched().pc();
    f = caller_frame(pc, f.sp, f.g, true, "<gogo goes there>");
    return target_.symbols().function_at(pc) != nullptr;
  }

  /// Time is read on g0's stack, whoever asks for it (Go: sys_linux_amd64.s, nanotime1).
  bool reads_the_clock(Frame& f) {
    if (f.g == Addr()) return false;
    const golang::M m = target_.views().g(f.g).m();
    if (!m || !m.vdsoSP().exists()) return false;
    const Addr pc = m.vdsoPC(), sp = m.vdsoSP();
    f = caller_frame(pc, sp, owner_of(sp, f.g), false);
    return target_.symbols().function_at(pc) != nullptr;
  }

  /// On g0, below these three, is the goroutine that asked for g0's stack (Go: asm_amd64.s: mcall,
  /// systemstack, morestack save its registers in g.sched). None when that has been let go: nobody
  /// returns there.
  bool switched(Frame& f, std::string_view name) {
    const bool system = name == "runtime.systemstack";
    const golang::Views rt = target_.views();
    try {
      const golang::M m = rt.g(f.g).m();
      if (!m || !m.curg()) return false;
      const golang::G user = m.curg();
      const Addr sp = user.sched().sp(), pc = user.sched().pc();
      if (system) return behind_systemstack(f, user.address(), sp);
      const bool fresh = has_not_begun(target_, pc);
      f = caller_frame(pc, sp, user.address(), fresh, fmt::format("<{} switched stacks>", name));
      return target_.symbols().function_at(lookup_pc(f)) != nullptr;
    } catch (const std::exception&) {
      return false;
    }
  }

  /// systemstack itself has a frame on both stacks; sched.sp is the stack pointer in it (Go:
  /// gosave_systemstack_switch).
  bool behind_systemstack(Frame& f, Addr g, Addr sp) {
    const auto size = target_.symbols().frame_size(lookup_pc(f));
    const Addr at = sp + size.value_or(0);
    const Addr caller = word_or_zero(at);
    if (target_.symbols().function_at(caller) == nullptr) return false;
    f = caller_frame(caller, at + 8, g, false, "<runtime.systemstack switched stacks>");
    return true;
  }

  Target& target_;
  std::size_t most_;
  std::vector<Frame> frames_;
};

}  // namespace

std::vector<Frame> backtrace(Target& target, const emulator::kernel::Thread& thread,
                             std::size_t most) {
  const auto& regs = target.registers(thread);
  Frame innermost = caller_frame(Addr(regs.rip), Addr(regs[rsp]), target.current_g(thread), true);
  innermost.thread = thread.tid;
  return Unwinder(target, most).from(std::move(innermost));
}

std::vector<Frame> backtrace_of(Target& target, Addr g, std::size_t most) {
  const golang::G gp = target.views().g(g);
  const Addr pc = gp.sched().pc();
  return Unwinder(target, most)
      .from(caller_frame(pc, gp.sched().sp(), g, has_not_begun(target, pc)));
}

std::optional<golang::SourceLine> source_of(Target& target, const Frame& frame) {
  return target.symbols().line(line_place(frame));
}

Addr line_place(const Frame& frame) {
  if (frame.line_pc != Addr()) return frame.line_pc;
  return frame.exact ? frame.pc : frame.pc - 1;
}

std::string short_line(Target& target, Addr pc) {
  const auto line = target.symbols().line(pc);
  if (!line) return {};
  return fmt::format("{}:{}", line->file.substr(line->file.rfind('/') + 1), line->line);
}

Data::Fields frame_fields(Target& target, std::size_t number, const Frame& frame) {
  Data::Fields out = {{"frame", number}, {"pc", frame.pc}, {"sp", frame.sp}};
  if (frame.function != nullptr) out.emplace_back("fn", function_name(frame));
  if (!frame.inlined.empty())
    out.insert(out.end(), {{"inlined", true}, {"into", frame.function->name}});
  if (auto arguments = argument_fields(target, frame); !arguments.empty())
    out.emplace_back("args", std::move(arguments));
  if (const auto line = source_of(target, frame))
    out.insert(out.end(), {{"file", line->file}, {"line", line->line}});
  if (frame.g != Addr()) out.emplace_back("g", target.names().object(frame.g));
  if (!frame.note.empty()) out.emplace_back("note", frame.note);
  return out;
}

std::size_t caller_of(const std::vector<Frame>& frames, std::size_t i) {
  while (i < frames.size() && !frames[i].inlined.empty()) ++i;
  return std::min(i + 1, frames.size());
}

bool is_of_runtime(const Frame& frame) {
  const std::string_view name = function_name(frame);
  return name.starts_with("runtime.") || name.starts_with("runtime/internal/") ||
         name.starts_with("internal/runtime/") || name.find('.') == name.npos;
}

std::string_view function_name(const Frame& frame) {
  if (!frame.inlined.empty()) return frame.inlined;
  return frame.function == nullptr ? "??" : std::string_view(frame.function->name);
}

std::string frame_text(Target& target, const Frame& frame) {
  const bool at_entry =
      frame.function != nullptr && frame.pc == frame.function->entry && frame.inlined.empty();
  std::string out = at_entry ? "" : fmt::format("{:#018x} in ", frame.pc.value);
  out += fmt::format("{} ({})", function_name(frame), arguments_text(target, frame));
  if (!frame.inlined.empty()) out += " (inlined)";
  if (const auto line = source_of(target, frame))
    out += fmt::format(" at {}:{}", line->file, line->line);
  return out;
}

}  // namespace rt0::debug
