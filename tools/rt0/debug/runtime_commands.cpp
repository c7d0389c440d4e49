// Go's runtime: goroutines, Ms, Ps, the scheduler, stacks, the models' steps.
#include <algorithm>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "tools/rt0/debug/gmp.hpp"
#include "tools/rt0/debug/locations.hpp"
#include "tools/rt0/debug/moment.hpp"
#include "tools/rt0/landmarks.hpp"

namespace rt0::debug {

using emulator::base::hex;
using emulator::base::user_error;
using golang::G;
using golang::M;
using golang::P;

namespace {

std::string go_file(const std::string& place) { return place.empty() ? "-" : place; }

void run_goroutines(Debugger& d, const Arguments&) {
  const auto gs = all_gs(d);
  if (gs.empty()) return d.out.print(none_made(d.target, 'g'));
  d.out.print(
      cut(fmt::format("  {:<8} {:<20} {:<6} {:<34} {}", "G", "Status", "M", "At", "Started as"),
          d.out.width()));
  const Addr current = d.target.current_g();
  for (const G& g : gs) {
    const Addr start = g.startpc();
    d.out.print(
        cut(fmt::format("{} {:<8} {:<20} {:<6} {:<34} {}", g.address() == current ? '*' : ' ',
                        object_text(d, g.address()), g_status(d, g), object_text(d, g.m().get()),
                        go_file(g_place(d, g)), start == Addr() ? "-" : d.target.describe(start)),
            d.out.width()));
  }
}

void run_ms(Debugger& d, const Arguments&) {
  const auto ms = all_ms(d);
  if (ms.empty()) return d.out.print(none_made(d.target, 'm'));
  d.out.print(cut(fmt::format("  {:<5} {:<7} {:<5} {:<9} {:<9} {:<9} {:<6} {:<9} {}", "M", "Thread",
                              "P", "On", "curg", "g0", "Locks", "Spinning", "Waits"),
                  d.out.width()));
  for (const M& m : ms) {
    const auto* t = thread_of(d, m);
    const bool here = t != nullptr && t->tid == d.target.thread().tid;
    d.out.print(
        cut(fmt::format(
                "{} m{:<4} {:<7} {:<5} {:<9} {:<9} {:<9} {:<6} {:<9} {}", here ? '*' : ' ',
                m.id().get(), t == nullptr ? "-" : fmt::format("t{}", t->tid),
                object_text(d, m.p().get()), t == nullptr ? "-" : g_text(d, d.target.current_g(*t)),
                object_text(d, m.curg().get()), object_text(d, m.g0().get()), m.locks().get(),
                m.spinning() ? "yes" : "no",
                t != nullptr && t->state == emulator::kernel::ThreadState::waiting ? "yes" : "no"),
            d.out.width()));
  }
}

void run_ps(Debugger& d, const Arguments&) {
  const auto ps = all_ps(d);
  if (ps.empty()) return d.out.print(none_made(d.target, 'p'));
  d.out.print(fmt::format("  {:<5} {:<10} {:<5} {:<9} {:<6} {}", "P", "Status", "M", "runnext",
                          "Ticks", "Queue"));
  for (const P& p : ps) {
    const auto queue = run_queue(d, p);
    d.out.print(fmt::format("  p{:<4} {:<10} {:<5} {:<9} {:<6} {}", p.id().get(), p_status(d, p),
                            object_text(d, p.m().get()), object_text(d, p.runnext().get()),
                            p.schedtick().get(),
                            queue.empty() ? "-" : fmt::format("{}", fmt::join(queue, " "))));
  }
}

template <class Head>
std::string chain(Debugger& d, Head head, auto next) {
  std::vector<std::string> out;
  for (auto o = head; o && out.size() < 32; o = next(o)) out.push_back(object_text(d, o.address()));
  return out.empty() ? "-" : fmt::format("{}", fmt::join(out, " → "));
}

void run_sched(Debugger& d, const Arguments&) {
  const golang::Schedt s = d.target.views().sched();
  const auto line = [&](std::string_view name, const std::string& value, std::string_view what) {
    const std::string text = fmt::format("{:<14} {:<26} ", name, value);
    const std::size_t left = d.out.width() - std::min<std::size_t>(d.out.width(), columns(text));
    d.out.print(text + d.out.paint().dim(cut(std::string(what), left)));
  };
  const auto number = [&](std::string_view name, const auto& field, std::string_view what) {
    if (field.exists()) line(name, fmt::format("{}", field.get()), what);
  };
  line("runq", chain(d, G(s.runq().head()), [](const G& g) { return G(g.schedlink()); }),
       "goroutines that any P may take");
  number("runqsize", s.runqsize(), "how many");
  line("pidle", chain(d, P(s.pidle()), [](const P& p) { return P(p.link()); }), "Ps without work");
  number("npidle", s.npidle(), "how many");
  line("midle", chain(d, M(s.midle()), [](const M& m) { return M(m.schedlink()); }),
       "Ms that sleep until there is work");
  number("nmidle", s.nmidle(), "how many");
  number("nmspinning", s.nmspinning(), "Ms that look for work");
  number("mnext", s.mnext(), "the number of the next M");
  number("maxmcount", s.maxmcount(), "as many Ms there may be");
  number("goidgen", s.goidgen(), "where the next batch of goroutine numbers begins, less one");
  number("ngsys", s.ngsys(), "goroutines of the runtime's own");
  number("gcwaiting", s.gcwaiting(), "1: the collector wants the world stopped");
  number("sysmonwait", s.sysmonwait(), "1: sysmon sleeps");
}

void run_stackpool(Debugger& d, const Arguments&) {
  const auto pools = d.target.views().stackpool();
  bool any = false;
  d.out.print(fmt::format("{:<6} {:<9} {:<18} {:<6} {:<6} {}", "Order", "Bytes", "Span", "Used",
                          "Of", "First free stack"));
  for (u64 order = 0; order < pools.count(); ++order) {
    golang::Mspan span = pools[order].item().span().first();
    for (int i = 0; span && i < 64; ++i, span = span.next()) {
      any = true;
      const u64 bytes = u64{2048} << order, held = u64{span.npages()} * 8192 / bytes;
      d.out.print(fmt::format("{:<6} {:<9} {:<18} {:<6} {:<6} {}", order, bytes,
                              hex(span.startAddr().get()), span.allocCount().get(), held,
                              hex(span.manualFreeList().get())));
    }
  }
  if (!any)
    d.out.print("No span has free stacks: each P keeps some of its own (p0.mcache.stackcache).");
  for (const P& p : all_ps(d)) {
    if (!p.mcache()) continue;
    const auto cache = p.mcache()->stackcache();
    std::string text = fmt::format("p{} keeps", p.id().get());
    for (u64 order = 0; order < cache.count(); ++order)
      text += fmt::format("  {} KiB of {}", cache[order].size() / 1024, u64{2048} << order);
    d.out.print(text);
  }
}

void run_gmp(Debugger& d, const Arguments&) {
  for (const std::string& line : gmp_picture(d)) d.out.print(cut(line, d.out.width()));
}

void show_struct(Debugger& d, const Value& v, const std::string& name) {
  d.out.print(fmt::format("{} = {}", name, value_text(d.values, v, 0)));
}

/// "g 1", "m 0", "p 2": one of them; without a number, the current.
Value object_of(Debugger& d, char kind, const Arguments& a) {
  const std::string name = a.text.empty()
                               ? std::string(1, kind)
                               : fmt::format("{}{}", kind, evaluate_number(d.values, a.text));
  const auto found = d.target.object(name);
  if (!found) user_error("{}", no_object(d.target, name));
  return d.values.place(found->address, found->type, 8);
}

void run_g(Debugger& d, const Arguments& a) {
  const Value v = object_of(d, 'g', a);
  const G g = d.target.views().g(v.at);
  d.out.print(fmt::format("{}: {}, M {}, stack {}-{} ({} bytes), at {}", object_text(d, v.at),
                          g_status(d, g), object_text(d, g.m().get()), hex(g.stack().lo().get()),
                          hex(g.stack().hi().get()), g.stack().hi().get() - g.stack().lo().get(),
                          go_file(g_place(d, g))));
  for (const auto& t : d.target.machine().kernel().threads())
    if (d.target.current_g(*t) == v.at) {
      if (t->tid != d.target.thread().tid) {
        d.target.choose_thread(t.get());
        d.out.print(fmt::format("[Switching to thread t{}]", t->tid));
      }
      for (const auto& f : backtrace(d.target, *t, 16)) d.out.print("  " + frame_text(d.target, f));
      return;
    }
  for (const auto& f : backtrace_of(d.target, v.at, 16))
    d.out.print("  " + frame_text(d.target, f));
}

void run_m(Debugger& d, const Arguments& a) {
  const Value v = object_of(d, 'm', a);
  show_struct(d, v, object_text(d, v.at));
}
void run_proc(Debugger& d, const Arguments& a) {
  const Value v = object_of(d, 'p', a);
  show_struct(d, v, object_text(d, v.at));
}

/// "apply all COMMAND": once for each thread.
void apply_to_threads(Debugger& d, std::string_view text) {
  constexpr std::string_view kAll = "all";
  if (!text.starts_with(kAll) || trimmed(text.substr(kAll.size())).empty())
    user_error("\"thread apply\" needs \"all\" and a command, as in \"thread apply all bt 3\".");
  const std::string command(trimmed(text.substr(kAll.size())));
  const auto before = d.target.thread().tid;
  std::vector<emulator::kernel::Tid> tids;
  for (const auto& t : d.target.machine().kernel().threads()) tids.push_back(t->tid);
  for (const auto tid : tids) {
    const auto* t = d.target.machine().kernel().find_thread(tid);
    if (t == nullptr) continue;
    d.target.choose_thread(t);
    d.out.print(fmt::format("\nThread t{}:", tid));
    if (!d.execute(command)) break;
  }
  if (const auto* t = d.target.machine().kernel().find_thread(before)) d.target.choose_thread(t);
}

void run_thread(Debugger& d, const Arguments& a) {
  d.require_process();
  if (constexpr std::string_view kApply = "apply "; a.text.starts_with(kApply))
    return apply_to_threads(d, trimmed(std::string_view(a.text).substr(kApply.size())));
  if (!a.text.empty()) {
    const std::string_view digits =
        a.text.starts_with('t') ? std::string_view(a.text).substr(1) : std::string_view(a.text);
    const auto n = emulator::base::parse_number(digits);
    const auto* t =
        n && *n < 1'000'000
            ? d.target.machine().kernel().find_thread(static_cast<emulator::kernel::Tid>(*n))
            : nullptr;
    if (t == nullptr) user_error("Unknown thread {}.", a.text);
    d.target.choose_thread(t);
  }
  d.out.print(fmt::format("[Current thread is t{}]", d.target.thread().tid));
  d.out.print("#0  " + frame_text(d.target, d.frames().front()));
}

void run_model(Debugger& d, const Arguments&) {
  const u64 here = d.target.position();
  const ToldStep* step = d.story.previous(here, [](const ToldStep&) { return true; });
  if (step == nullptr) user_error("No model has told a step before this instruction.");
  d.out.print(step_text(d, *step, true));
}

constexpr Command kCommands[] = {
    {"gmp", "", Group::runtime, "", "Draw the Ms, their Ps and goroutines, and the queues", "",
     "gmp", false, Completes::nothing, run_gmp},
    {"g", "goroutine", Group::runtime, "[N]",
     "Show goroutine N, where it is, and who called whom on its stack",
     "If a thread runs it, that thread is looked at from now on.", "g 1", false,
     Completes::expressions, run_g},
    {"m", "", Group::runtime, "[N]", "Show the fields of M N", "", "m 0", false,
     Completes::expressions, run_m},
    {"proc", "", Group::runtime, "[N]", "Show the fields of P N", "", "proc 0", false,
     Completes::expressions, run_proc},
    {"sched", "", Group::runtime, "", "Show the scheduler: queues, idle Ps and Ms, counters", "",
     "sched", false, Completes::nothing, run_sched},
    {"stackpool", "", Group::runtime, "", "Show the pools that goroutines' stacks come from", "",
     "stackpool", false, Completes::nothing, run_stackpool},
    {"model", "", Group::runtime, "", "Show the step that a model told last, and what it changed",
     "", "model", false, Completes::nothing, run_model},
    {"thread", "t", Group::runtime, "[N | apply all COMMAND]",
     "Look at another of the guest's threads",
     "si, ni and the rest then go on with it. With apply all, COMMAND is done for each.",
     "thread 1", false, Completes::expressions, run_thread},
    {"info goroutines", "gor", Group::runtime, "", "List all goroutines", "", "info goroutines",
     false, Completes::nothing, run_goroutines},
    {"info ms", "", Group::runtime, "", "List all Ms", "", "info ms", false, Completes::nothing,
     run_ms},
    {"info ps", "", Group::runtime, "", "List all Ps", "", "info ps", false, Completes::nothing,
     run_ps},
    {"info sched", "", Group::runtime, "", "Show the scheduler, as sched does", "", "info sched",
     false, Completes::nothing, run_sched},
};

}  // namespace

std::span<const Command> runtime_commands() { return kCommands; }

}  // namespace rt0::debug
